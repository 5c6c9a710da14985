import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { issueKey } from '../src/access/issue-key.ts'
import type { ConfigInput } from '../src/config/schema.ts'
import type { Gateway } from '../src/gateway/create-gateway.ts'
import { MODEL, type Running, startRunning } from './running-gateway.ts'

/*
 * One key, one call. The wall's log is the outside truth: however often a call is sent, by whichever client, at once or one after another, the
 * provider sees it once.
 */

let running: Running
const keys: Record<string, string> = {}

const config: Partial<ConfigInput> = {
  auth: { mode: 'keys' },
  metadata: { required: ['tenant_id'] },
  idempotency: { max_reply: '32kb' },
  models: { 'via-openai': ['oa/m'], 'via-anthropic': ['an/m'], capped: ['oa/m'] },
  plans: { poor: { daily_usd_limit: 0.0000001 }, slow: { rpm_limit: 1 } },
  tenants: { poor: { plan: 'poor' }, slow: { plan: 'slow' } },
}

beforeEach(async () => {
  running = await startRunning((wall) => ({
    ...config,
    providers: {
      oa: { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk', models: { m: MODEL, embedding: MODEL } },
      an: { type: 'anthropic', base_url: wall.url, api_key: 'sk', models: { m: MODEL } },
    },
  }))
  const { storage, clock } = running.service.house
  for (const [name, tenantId] of Object.entries({
    acme: 'acme',
    twin: 'acme',
    globex: 'globex',
    poor: 'poor',
    slow: 'slow',
  })) {
    keys[name] = (await issueKey(storage.keys, { kind: 'tenant', tenantId }, clock.now())).key.reveal()
  }
})
afterEach(() => running.stop())

const messages = [{ role: 'user' as const, content: 'Say something.' }]
const CHAT = { model: 'via-openai', max_tokens: 200, messages }

interface Sent {
  readonly path?: string
  readonly body?: object
  readonly as?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

function send(key: string, { path = '/v1/chat/completions', body = CHAT, as = 'acme', headers, signal }: Sent = {}) {
  return fetch(running.url + path, {
    method: 'POST',
    headers: { 'x-api-key': keys[as] ?? '', 'idempotency-key': key, ...headers },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  })
}

async function rows(tenantId = 'acme') {
  return (await running.service.house.storage.reader.events({ limit: 1_000, tenantId })).rows
}

const errorOf = async (reply: Response) => ({
  status: reply.status,
  code: reply.headers.get('x-headgate-error'),
  text: await reply.text(),
})

/** Until a call has reached the provider. */
const upstream = () => running.wall.waitFor(() => true)

describe('twenty calls with one key at once', () => {
  it('become one upstream call, whose reply all of them get', async () => {
    running.wall.plan({ text: 'Once.', firstByteDelayMs: 200 })
    const replies = await Promise.all(Array.from({ length: 20 }, () => send('k')))
    const texts = await Promise.all(replies.map((reply) => reply.text()))
    expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200))
    expect(new Set(texts).size).toBe(1)
    expect(running.wall.calls).toHaveLength(1)
    expect(replies.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(19)
    const written = await rows()
    expect(written.filter(({ status }) => status === 'completed')).toHaveLength(1)
    expect(written.filter(({ status, cost }) => status === 'cached' && cost === 0n)).toHaveLength(19)
  })

  it('run once more all together when they failed together, and are told so', async () => {
    running.wall.plan({ firstByteDelayMs: 1_000, fault: { kind: 'status', status: 500 } })
    const replies = await Promise.all(Array.from({ length: 20 }, () => send('k')))
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([502]))
    const asked = running.wall.calls.length
    expect(asked).toBeLessThanOrEqual(3)
    running.wall.plan({ text: 'Better.' })
    const again = await send('k')
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, null])
    expect(running.wall.calls).toHaveLength(asked + 1)
  })

  it('are refused but one where they are streams, with a time to come again', async () => {
    running.wall.plan({ text: 'Once.', firstByteDelayMs: 1_000 })
    const body = { ...CHAT, stream: true }
    const replies = await Promise.all(Array.from({ length: 20 }, () => send('k', { body })))
    const refused = replies.filter(({ status }) => status === 409)
    expect(refused).toHaveLength(19)
    for (const reply of refused) {
      expect(reply.headers.get('retry-after')).toBe('1')
      expect(await errorOf(reply)).toMatchObject({
        code: 'idempotency_conflict',
        text: expect.stringMatching(/still runs/),
      })
    }
    await Promise.all(replies.filter(({ status }) => status === 200).map((reply) => reply.text()))
    expect(running.wall.calls).toHaveLength(1)
  })
})

const GEMINI = { contents: [{ role: 'user', parts: [{ text: 'Say something.' }] }] }

describe('a call that is sent again after its end', () => {
  it.each([
    ['/v1/chat/completions', CHAT],
    ['/v1/chat/completions', { ...CHAT, model: 'via-anthropic' }],
    ['/v1/chat/completions', { ...CHAT, stream: true, stream_options: { include_usage: true } }],
    ['/v1/chat/completions', { ...CHAT, model: 'via-anthropic', stream: true }],
    ['/v1/responses', { model: 'via-openai', input: 'Say something.' }],
    ['/v1/responses', { model: 'via-openai', input: 'Say something.', stream: true }],
    ['/v1/messages', { ...CHAT, model: 'via-anthropic' }],
    ['/v1/messages', { ...CHAT, stream: true }],
    ['/v1beta/models/via-openai:generateContent', GEMINI],
    ['/v1beta/models/via-openai:streamGenerateContent?alt=sse', GEMINI],
    ['/v1beta/models/via-openai:streamGenerateContent', GEMINI],
    ['/v1/embeddings', { model: 'oa/embedding', input: 'Say something.' }],
  ])('gets the same bytes for nothing: %s %j', async (path, body) => {
    running.wall.plan((call) => (call.path.endsWith('embeddings') ? undefined : { tokens: 40 }))
    const first = await send('k', { path, body })
    const text = await first.text()
    expect(first.status).toBe(200)
    expect(first.headers.get('idempotent-replayed')).toBeNull()
    const again = await send('k', { path, body })
    expect([again.status, await again.text()]).toEqual([200, text])
    expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'))
    expect(again.headers.get('x-headgate-model')).toBe(first.headers.get('x-headgate-model'))
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(again.headers.get('x-headgate-original-trace-id')).toBe(first.headers.get('x-headgate-trace-id'))
    expect(again.headers.get('x-headgate-trace-id')).not.toBe(first.headers.get('x-headgate-trace-id'))
    if (first.headers.has('x-headgate-cost-usd')) expect(again.headers.get('x-headgate-cost-usd')).toBe('0')
    expect(running.wall.calls).toHaveLength(1)
    const [replayed, ran] = await rows()
    expect(ran?.cost).toBeGreaterThan(0n)
    expect(replayed).toMatchObject({ status: 'cached', cost: 0n, inputTokens: 0, outputTokens: 0, attempt: 0 })
    const { storage } = running.service.house
    const trace = await storage.reader.trace(replayed?.traceId ?? '', 'acme')
    expect(trace?.request?.flags).toEqual(['idempotent_replay'])
  })

  it('is answered within a budget that is used up and a rate that is', async () => {
    expect((await send('k', { as: 'slow' })).status).toBe(200)
    expect((await send('other', { as: 'slow' })).status).toBe(429)
    const again = await send('k', { as: 'slow' })
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true'])
    expect(again.headers.get('x-ratelimit-limit-requests')).toBeNull()
  })
})

describe('a key', () => {
  it('of another call is refused, and told what differs', async () => {
    await send('k')
    const body = { ...CHAT, max_tokens: 100, temperature: 0.5 }
    const other = await errorOf(await send('k', { body, headers: { 'x-headgate-user-id': 'u2' } }))
    expect(other).toMatchObject({ status: 409, code: 'idempotency_conflict' })
    expect(other.text).toContain('the context (user_id) and the body (max_tokens, temperature) differ')
    const elsewhere = await send('k', { path: '/v1/messages' })
    expect(elsewhere.headers.get('x-should-retry')).toBe('false')
    expect((await errorOf(elsewhere)).text).toMatch(
      /"type":"error".*the address or the headers that say how to answer differ/,
    )
    expect(running.wall.calls).toHaveLength(1)
  })

  it('of another call is refused while the first one runs', async () => {
    running.wall.plan({ firstByteDelayMs: 200 })
    const first = send('k')
    await upstream()
    expect((await send('k', { body: { ...CHAT, max_tokens: 100 } })).status).toBe(409)
    expect((await first).status).toBe(200)
  })

  it('is the same whatever the order and the spaces of the body are', async () => {
    await send('k')
    const { model, max_tokens } = CHAT
    const reply = await fetch(`${running.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${keys.acme}`, 'idempotency-key': 'k' },
      body: JSON.stringify({ messages, max_tokens, model }, null, 2),
    })
    expect(reply.headers.get('idempotent-replayed')).toBe('true')
  })

  it('belongs to one virtual key of one tenant', async () => {
    const texts = []
    for (const as of ['acme', 'twin', 'globex']) {
      running.wall.plan({ text: `For ${as}.` })
      const reply = await send('k', { as })
      expect(reply.headers.get('idempotent-replayed')).toBeNull()
      texts.push(await reply.text())
    }
    expect(texts.map((text) => /For \w+\./.exec(text)?.[0])).toEqual(['For acme.', 'For twin.', 'For globex.'])
    expect(running.wall.calls).toHaveLength(3)
  })

  it('belongs to one tenant of a service key that speaks for several', async () => {
    const { storage, clock } = running.service.house
    const service = await issueKey(storage.keys, { kind: 'service', tenants: ['*'] }, clock.now())
    keys.service = service.key.reveal()
    for (const tenant of ['acme', 'globex']) {
      const headers = { 'x-headgate-tenant-id': tenant }
      const first = await send('k', { as: 'service', headers })
      const again = await send('k', { as: 'service', headers })
      expect([first, again].map((reply) => reply.headers.get('idempotent-replayed'))).toEqual([null, 'true'])
      expect(await again.text()).toBe(await first.text())
    }
    expect(running.wall.calls).toHaveLength(2)
  })

  it.each([[''], ['k'.repeat(256)]])('has 1 to 255 characters: %s', async (key) => {
    const refused = await errorOf(await send(key))
    expect(refused).toMatchObject({ status: 400, code: 'invalid_request' })
    expect(refused.text).toContain('"param":"idempotency-key"')
    expect((await send('k'.repeat(255))).status).toBe(200)
    expect(running.wall.calls).toHaveLength(1)
  })
})

describe('what never ran', () => {
  it('leaves the key free: a body that is wrong, a rate, a budget, a switch', async () => {
    expect((await send('a', { body: { ...CHAT, messages: 5 } })).status).toBe(400)
    expect((await send('a')).status).toBe(200)

    expect((await send('b', { body: { ...CHAT, model: 'nobody' } })).status).toBe(404)
    expect((await send('b')).status).toBe(200)

    expect((await send('x', { as: 'slow' })).status).toBe(200)
    const limited = await send('c', { as: 'slow' })
    const again = await send('c', { as: 'slow' })
    expect([limited.status, again.status, again.headers.get('idempotent-replayed')]).toEqual([429, 429, null])

    expect((await send('d', { as: 'poor' })).status).toBe(429)
    expect((await send('d', { as: 'poor' })).headers.get('idempotent-replayed')).toBeNull()

    const { switches } = running.service.house
    const on = await switches.on({
      scope: { tenant: 'acme' },
      reason: 'test',
      actor: 'test',
      cause: null,
      endsAt: null,
    })
    expect((await send('e')).status).toBe(403)
    await switches.off(on?.id ?? '', { actor: 'test', reason: null })
    expect((await send('e')).status).toBe(200)
  })
})

describe('what failed', () => {
  it('runs again where the failure may pass', async () => {
    running.wall.plan([{ fault: { kind: 'status', status: 500 } }, { fault: { kind: 'status', status: 500 } }])
    const body = { ...CHAT, model: 'oa/m' }
    const failed = await send('k', { body })
    expect(failed.status).toBe(502)
    const asked = running.wall.calls.length
    running.wall.plan({ text: 'Better.' })
    const again = await send('k', { body })
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, null])
    expect(running.wall.calls).toHaveLength(asked + 1)
  })

  it('is told again where the same request would fail again', async () => {
    running.wall.plan({ fault: { kind: 'status', status: 400 } })
    const first = await errorOf(await send('k'))
    expect(first.status).toBe(400)
    running.wall.plan({ text: 'Never seen.' })
    const again = await send('k')
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(again.headers.get('x-should-retry')).toBe('false')
    expect(await errorOf(again)).toEqual(first)
    expect(running.wall.calls).toHaveLength(1)
  })

  it('is never run again where tools may have acted at the provider', async () => {
    const mcp = { type: 'mcp', server_label: 'crm', server_url: 'https://mcp.example.com' }
    const sent = { path: '/v1/responses', body: { model: 'via-openai', input: 'Do it.', tools: [mcp] } }
    running.wall.plan({ fault: { kind: 'status', status: 500 } })
    const first = await errorOf(await send('k', sent))
    expect(first.status).toBe(502)
    running.wall.plan({ text: 'Done twice.' })
    const again = await send('k', sent)
    expect(again.headers.get('x-should-retry')).toBe('false')
    expect(await errorOf(again)).toEqual(first)
    expect(running.wall.calls).toHaveLength(1)
  })

  it('is not given again as a whole when it was cut: the stream runs again', async () => {
    const body = { ...CHAT, stream: true }
    running.wall.plan({ tokens: 40, fault: { kind: 'cut', after: 5 } })
    const cut = await (await send('k', { body })).text()
    expect(cut).not.toContain('[DONE]')
    running.wall.plan({ text: 'Whole.' })
    const again = await send('k', { body })
    expect(again.headers.get('idempotent-replayed')).toBeNull()
    expect(await again.text()).toContain('[DONE]')
  })
})

describe('an answer that is too large to be kept', () => {
  it.each([[false], [true]])('is given once, and its key is used up; streamed: %s', async (stream) => {
    running.wall.plan({ tokens: 12_000 })
    const body = { ...CHAT, max_tokens: undefined, stream }
    const first = await send('k', { body })
    expect(first.status).toBe(200)
    expect((await first.text()).length).toBeGreaterThan(32 * 1024)
    const again = await errorOf(await send('k', { body }))
    expect(again).toMatchObject({ status: 409, code: 'idempotency_conflict' })
    expect(again.text).toContain('idempotency.max_reply')
    expect(running.wall.calls).toHaveLength(1)
  })
})

describe('a caller who leaves', () => {
  it('and asks again gets the answer of the call that ran on', async () => {
    running.wall.plan({ text: 'Patience.', firstByteDelayMs: 300 })
    const left = new AbortController()
    const first = send('k', { signal: left.signal })
    await upstream()
    left.abort()
    await expect(first).rejects.toThrow()
    const again = await send('k')
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true'])
    expect(await again.text()).toContain('Patience.')
    expect(running.wall.calls).toHaveLength(1)
    expect(running.wall.completed).toHaveLength(1)
  })

  it('does not take the answer from those who wait for it', async () => {
    running.wall.plan({ text: 'For all.', firstByteDelayMs: 300 })
    const left = new AbortController()
    const first = send('k', { signal: left.signal })
    await upstream()
    const waiting = [send('k'), send('k')]
    const leaving = new AbortController()
    const gone = send('k', { signal: leaving.signal })
    left.abort()
    leaving.abort()
    await expect(first).rejects.toThrow()
    await expect(gone).rejects.toThrow()
    for (const reply of await Promise.all(waiting)) expect(await reply.text()).toContain('For all.')
    expect(running.wall.calls).toHaveLength(1)
  })

  it('ends a stream, whose key is free then', async () => {
    running.wall.plan({ tokens: 4_000, betweenEventsMs: 5 })
    const left = new AbortController()
    const body = { ...CHAT, stream: true }
    const first = await send('k', { body, signal: left.signal })
    const reader = first.body?.getReader()
    await reader?.read()
    left.abort()
    await expect.poll(() => running.wall.calls[0]?.abortedAtEvent).not.toBeNull()
    running.wall.plan({ text: 'Anew.' })
    await expect.poll(async () => (await send('k', { body })).text()).toContain('Anew.')
  })

  it('is told at once in process, where the call runs on', async () => {
    running.wall.plan({ text: 'Patience.', firstByteDelayMs: 300 })
    const left = new AbortController()
    const chat = (signal?: AbortSignal) =>
      running.gateway.chat({
        tenantId: 'acme',
        feature: 'test',
        model: 'via-openai',
        messages,
        idempotencyKey: 'k',
        ...(signal ? { signal } : {}),
      })
    const first = chat(left.signal)
    await upstream()
    left.abort()
    await expect(first).rejects.toMatchObject({ code: 'client_closed' })
    expect(running.wall.completed).toHaveLength(0)
    expect(await chat()).toMatchObject({ text: 'Patience.', costUsd: 0 })
    expect(running.wall.calls).toHaveLength(1)
  })
})

describe('the library', () => {
  const asking = { tenantId: 'acme', feature: 'test', model: 'via-openai', messages, idempotencyKey: 'k' }
  let gateway: Gateway
  beforeEach(() => {
    gateway = running.gateway
  })

  it('gives the same answer again, for nothing', async () => {
    const first = await gateway.chat(asking)
    const again = await gateway.chat(asking)
    expect(first.replayOf).toBeNull()
    expect(omit(again)).toEqual(omit(first))
    expect([again.costUsd, again.replayOf]).toEqual([0, first.traceId])
    expect(again.traceId).not.toBe(first.traceId)
    expect(running.wall.calls).toHaveLength(1)
  })

  const omit = ({ traceId: _, costUsd: __, replayOf: ___, ...rest }: Awaited<ReturnType<Gateway['chat']>>) => rest

  it('streams the same events again', async () => {
    running.wall.plan({ tokens: 30 })
    const collect = async () => {
      const stream = gateway.stream(asking)
      const events = []
      for await (const event of stream) events.push(event)
      return { events, answer: await stream.answer }
    }
    const first = await collect()
    const again = await collect()
    expect(again.events).toEqual(first.events)
    expect(omit(again.answer)).toEqual(omit(first.answer))
    expect(running.wall.calls).toHaveLength(1)
  })

  it('is refused for another call, and for a key that is too long', async () => {
    await gateway.chat(asking)
    await expect(gateway.chat({ ...asking, temperature: 1 })).rejects.toMatchObject({
      code: 'idempotency_conflict',
      message: expect.stringContaining('the body (temperature) differ'),
    })
    const long = { ...asking, idempotencyKey: 'k'.repeat(256) }
    await expect(gateway.chat(long)).rejects.toMatchObject({ code: 'invalid_request', param: 'idempotencyKey' })
  })

  it('leaves a failure that may pass to be tried again, and tells one that will not again', async () => {
    running.wall.plan({ fault: { kind: 'status', status: 400 } })
    const first = await gateway.chat(asking).catch((error: unknown) => error)
    const again = await gateway.chat(asking).catch((error: unknown) => error)
    expect(again).toEqual(first)
    expect(running.wall.calls).toHaveLength(1)
  })

  it('takes the header in a fetch that is bound to a context', async () => {
    const post = () =>
      gateway.fetchFor({ tenantId: 'acme', feature: 'test' })('http://headgate/v1/chat/completions', {
        method: 'POST',
        headers: { 'idempotency-key': 'k' },
        body: JSON.stringify(CHAT),
      })
    const first = await (await post()).text()
    const again = await post()
    expect([again.headers.get('idempotent-replayed'), await again.text()]).toEqual(['true', first])
  })
})

describe('calls that are answered later', () => {
  it('become one job, however often they are sent', async () => {
    running.wall.plan({ text: 'In the night.', firstByteDelayMs: 200 })
    const headers = { 'x-headgate-mode': 'background' }
    const replies = await Promise.all(Array.from({ length: 10 }, () => send('k', { headers })))
    const jobs = await Promise.all(
      replies.map(async (reply) => [reply.status, ((await reply.json()) as { id: string }).id]),
    )
    expect(new Set(jobs.map(String)).size).toBe(1)
    expect(jobs[0]?.[0]).toBe(202)
    await expect.poll(() => running.wall.completed.length).toBe(1)
    const again = await send('k', { headers })
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([202, 'true'])
    expect(((await again.json()) as { id: string }).id).toBe(jobs[0]?.[1])
    expect((await send('k')).status).toBe(409)
    expect(running.wall.calls).toHaveLength(1)
  })

  it('leave the key free when they are not accepted', async () => {
    const headers = { 'x-headgate-mode': 'background' }
    expect((await send('k', { headers, body: { ...CHAT, model: 'nobody' } })).status).toBe(404)
    expect((await send('k', { headers })).status).toBe(202)
  })
})

describe('the official clients', () => {
  const headers = { 'idempotency-key': 'k' }

  it('of OpenAI gets the answer that its first try was too impatient for', async () => {
    running.wall.plan({ text: 'Late.', firstByteDelayMs: 1_500 })
    const client = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: keys.acme ?? '', timeout: 700, maxRetries: 5 })
    const answer = await client.chat.completions.create(CHAT, { headers })
    expect(answer.choices[0]?.message.content).toBe('Late.')
    expect(running.wall.calls).toHaveLength(1)
  })

  it('of OpenAI sends a key by itself when it is told of the header, the same with each try', async () => {
    running.wall.plan({ text: 'Late.', firstByteDelayMs: 1_500 })
    const client = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: keys.acme ?? '', timeout: 700, maxRetries: 5 })
    Object.assign(client, { idempotencyHeader: 'Idempotency-Key' })
    expect((await client.responses.create({ model: 'via-openai', input: 'Hi.' })).output_text).toBe('Late.')
    expect(running.wall.calls).toHaveLength(1)
    await client.responses.create({ model: 'via-openai', input: 'Hi.' })
    expect(running.wall.calls).toHaveLength(2)
  })

  it('of Anthropic gets the answer that its first try was too impatient for, and reads a stream again', async () => {
    running.wall.plan({ text: 'Late.', firstByteDelayMs: 1_500 })
    const client = new Anthropic({ baseURL: running.url, apiKey: keys.acme ?? '', timeout: 700, maxRetries: 5 })
    const ask = { model: 'via-anthropic', max_tokens: 100, messages }
    expect((await client.messages.create(ask, { headers })).content).toMatchObject([{ text: 'Late.' }])
    expect(running.wall.calls).toHaveLength(1)

    running.wall.plan({ text: 'In pieces.' })
    const stream = () =>
      client.messages.stream(ask, { headers: { 'idempotency-key': 's' }, timeout: 20_000 }).finalText()
    expect([await stream(), await stream()]).toEqual(['In pieces.', 'In pieces.'])
    expect(running.wall.calls).toHaveLength(2)
  })

  it('do not try again by themselves what conflicts', async () => {
    const client = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: keys.acme ?? '', maxRetries: 3 })
    await client.chat.completions.create(CHAT, { headers })
    const before = (await rows()).length
    const other = client.chat.completions.create({ ...CHAT, max_tokens: 7 }, { headers })
    await expect(other).rejects.toMatchObject({ status: 409, code: 'idempotency_conflict' })
    expect(await rows()).toHaveLength(before + 1)
  })
})
