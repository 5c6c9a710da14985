import Anthropic, { RateLimitError as AnthropicRateLimit } from '@anthropic-ai/sdk'
import OpenAI, { RateLimitError } from 'openai'
import { afterEach, describe, expect, it } from 'vitest'
import type { ConfigInput } from '../src/config/schema.ts'
import { type Running, startRunning } from './running-gateway.ts'

/*
 * Limits as callers meet them: the official clients over a socket, the headers they read, and the wall's own log of what came through.
 */

let running: Running
afterEach(() => running.stop())

const ASK = { model: 'via-openai', messages: [{ role: 'user' as const, content: 'Say something.' }] }

async function start(config: Partial<ConfigInput>): Promise<void> {
  running = await startRunning(() => config)
}

function client({ user = 'u1', maxRetries = 0 } = {}): OpenAI {
  const defaultHeaders = { 'x-headgate-feature': 'e2e', 'x-headgate-user-id': user }
  return new OpenAI({ baseURL: `${running.url}/v1`, apiKey: 'anything', maxRetries, defaultHeaders })
}

/** One call over HTTP. */
function call(headers: Record<string, string> = {}, body: object = ASK): Promise<Response> {
  return fetch(`${running.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-headgate-feature': 'e2e', ...headers },
    body: JSON.stringify(body),
  })
}

/** One call of a tenant, which the process vouches for. */
function callOf(tenantId: string, body: object = ASK, signal?: AbortSignal): Promise<Response> {
  const bound = running.gateway.fetchFor({ tenantId, feature: 'e2e' })
  return bound('http://headgate/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  })
}

async function refusalOf(asked: Promise<unknown>): Promise<RateLimitError> {
  const error = await asked.catch((caught: unknown) => caught)
  if (error instanceof RateLimitError) return error
  throw new Error(`no refusal but ${JSON.stringify(error)}`)
}

async function rows(status: 'refused' | 'completed') {
  return (await running.service.house.storage.reader.events({ limit: 1000 })).rows.filter(
    (row) => row.status === status,
  )
}

describe('a limit on requests', () => {
  it('lets a burst of all of it through, and tells the next caller exactly when to come back', async () => {
    await start({ limits: [{ per: 'user', requests: 3, window: '1h' }] })
    const left: (string | null)[] = []
    for (let count = 0; count < 3; count += 1) {
      const { response } = await client().chat.completions.create(ASK).withResponse()
      expect(response.headers.get('x-ratelimit-limit-requests')).toBe('3')
      expect(response.headers.get('x-ratelimit-reset-requests')).toMatch(/^(\d+h)?\d+m\d+(\.\d+)?s$/)
      left.push(response.headers.get('x-ratelimit-remaining-requests'))
    }
    expect(left).toEqual(['2', '1', '0'])
    const { headers, code, status, message } = await refusalOf(client().chat.completions.create(ASK))
    expect([status, code, headers.get('x-headgate-error')]).toEqual([429, 'rate_limited', 'rate_limited'])
    expect(message).toContain('User u1 has used its 3 requests per 1h; the next one fits in ')
    // A third of an hour after the first, less what the test took.
    const ms = Number(headers.get('retry-after-ms'))
    expect(ms).toBeLessThanOrEqual(1_200_000)
    expect(ms).toBeGreaterThan(1_140_000)
    expect(headers.get('retry-after')).toBe(String(Math.ceil(ms / 1000)))
    expect(headers.get('x-should-retry')).toBeNull()
    expect(headers.get('x-ratelimit-remaining-requests')).toBe('0')
    expect(running.wall.calls).toHaveLength(3)
    await client({ user: 'u2' }).chat.completions.create(ASK)
    expect((await rows('refused')).map((row) => [row.errorCode, row.cost])).toEqual([['rate_limited', 0n]])
  })

  it('is waited for by the official client, which then succeeds', async () => {
    await start({ limits: [{ per: 'user', requests: 2, window: '2s' }] })
    const patient = client({ maxRetries: 3 })
    for (let count = 0; count < 4; count += 1) await patient.chat.completions.create(ASK)
    expect(running.wall.calls).toHaveLength(4)
    expect((await rows('refused')).length).toBeGreaterThan(0)
  })

  it('of a day is a quota: the official client does not try again', async () => {
    await start({ limits: [{ per: 'user', requests: 1, window: '1d' }] })
    const patient = client({ maxRetries: 3 })
    await patient.chat.completions.create(ASK)
    const { code, headers } = await refusalOf(patient.chat.completions.create(ASK))
    expect([code, headers.get('x-should-retry')]).toEqual(['quota_exceeded', 'false'])
    expect(await rows('refused')).toHaveLength(1)
  })

  it('speaks to callers of Anthropic’s format in theirs', async () => {
    await start({ limits: [{ per: 'model', requests: 1, window: '1h' }] })
    const anthropic = new Anthropic({
      baseURL: running.url,
      apiKey: 'anything',
      maxRetries: 0,
      defaultHeaders: { 'x-headgate-feature': 'e2e' },
    })
    const ask = { model: 'via-anthropic', max_tokens: 50, messages: ASK.messages }
    await anthropic.messages.create(ask)
    const error = await anthropic.messages.create(ask).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(AnthropicRateLimit)
    expect(error).toMatchObject({ error: { error: { type: 'rate_limit_error', code: 'rate_limited' } } })
    // Another upstream model has a count of its own; the same model at another provider has not.
    expect((await call({}, { ...ASK, model: 'oa/other' })).status).toBe(200)
    expect((await call({}, { ...ASK, model: 'oa/m' })).status).toBe(429)
  })

  it('does not count calls that are refused further on', async () => {
    await start({
      limits: [{ per: 'total', requests: 2, window: '1h' }],
      budgets: [{ per: 'user', usd: 0, window: 'day' }],
    })
    for (let count = 0; count < 5; count += 1) {
      const reply = await call({ 'x-headgate-user-id': 'poor' })
      expect(reply.headers.get('x-headgate-error')).toBe('budget_exceeded')
    }
    expect([(await call()).status, (await call()).status, (await call()).status]).toEqual([200, 200, 429])
  })

  it('comes into force with a reload, and keeps what was used', async () => {
    await start({ tenants: { default: { rpm_limit: 5 } } })
    for (let count = 0; count < 3; count += 1) expect((await call()).status).toBe(200)
    const { house } = running.service
    const config = house.config()
    const tenant = config.tenants.get('default')
    if (!tenant) throw new Error('no tenant')
    house.reload({ ...config, tenants: new Map([['default', { ...tenant, rpmLimit: 4 }]]) })
    expect((await call()).headers.get('x-ratelimit-remaining-requests')).toBe('0')
    expect((await call()).status).toBe(429)
  })
})

describe('a limit on tokens', () => {
  it('is on what was really used, though nobody knew that before', async () => {
    const LIMIT = 5_000
    await start({ limits: [{ per: 'tenant', tokens: LIMIT, window: '1h' }] })
    running.wall.plan({ tokens: 60 })
    let last: Response | null = null
    for (let count = 0; count < 200; count += 1) {
      last = await call()
      await last.text()
      if (last.status === 429) break
    }
    expect(last?.headers.get('x-headgate-error')).toBe('rate_limited')
    const used = running.wall.completed.reduce((sum, { billed }) => sum + billed.inputTokens + billed.outputTokens, 0)
    expect(used).toBeLessThanOrEqual(LIMIT * 1.05)
    expect(used).toBeGreaterThanOrEqual(LIMIT * 0.95)
    expect(Number(last?.headers.get('x-ratelimit-limit-tokens'))).toBe(LIMIT)
  })

  it('tells in the headers what the call was counted for, and the next one what it used', async () => {
    await start({ limits: [{ per: 'tenant', tokens: 100_000, window: '31d' }] })
    running.wall.plan({ tokens: 10, usage: { prompt_tokens: 990, completion_tokens: 10, total_tokens: 1000 } })
    const first = await call()
    const reserved = 100_000 - Number(first.headers.get('x-ratelimit-remaining-tokens'))
    expect(reserved).toBeGreaterThan(0)
    const second = await call()
    const after = 100_000 - Number(second.headers.get('x-ratelimit-remaining-tokens'))
    expect(after).toBeGreaterThanOrEqual(1_000)
    expect(second.headers.has('x-ratelimit-limit-requests')).toBe(false)
  })
})

describe('a limit on running calls', () => {
  it('is its tenant’s own, comes from its plan, and a call that ended makes room', async () => {
    await start({
      plans: { small: { concurrency_limit: 2 } },
      tenants: { acme: { plan: 'small' }, globex: { plan: 'small', concurrency_limit: 1 } },
    })
    running.wall.plan({ tokens: 5, fault: { kind: 'hang' } })
    const [acme, globex] = [new AbortController(), new AbortController()]
    const open = [
      callOf('acme', ASK, acme.signal),
      callOf('acme', ASK, acme.signal),
      callOf('globex', ASK, globex.signal),
    ]
    for (const one of open) one.catch(() => undefined)
    await expect.poll(() => running.wall.calls.length).toBe(3)
    running.wall.plan(null)
    for (const tenant of ['acme', 'globex']) {
      const refused = await callOf(tenant)
      expect([refused.status, refused.headers.get('x-headgate-error')]).toEqual([429, 'concurrency_limited'])
      expect(refused.headers.get('retry-after')).toBe('1')
    }
    expect((await callOf('initech')).status).toBe(200)
    globex.abort()
    await expect.poll(async () => (await callOf('globex')).status).toBe(200)
    expect((await callOf('acme')).status).toBe(429)
    acme.abort()
    await expect.poll(async () => (await callOf('acme')).status).toBe(200)
    await expect.poll(() => running.service.house.limits.slotsHeld()).toBe(0)
  })

  it('keeps no place for calls that were aborted, however many and whenever', async () => {
    await start({
      limits: [
        { per: 'total', concurrency: 30 },
        { per: 'tenant', concurrency: 20 },
      ],
    })
    running.wall.plan({ tokens: 20, firstByteDelayMs: 2, betweenEventsMs: 1 })
    const outcomes = { served: 0, refused: 0, aborted: 0 }
    const worker = async (lane: number) => {
      for (let turn = 0; turn < 25; turn += 1) {
        const caller = new AbortController()
        const stream = turn % 2 === 0
        const timer = setTimeout(() => caller.abort(), (lane * 7 + turn * 13) % 40)
        try {
          const reply = await callOf(`tenant-${lane % 3}`, { ...ASK, stream }, caller.signal)
          await reply.text()
          outcomes[reply.status === 200 ? 'served' : 'refused'] += 1
        } catch {
          outcomes.aborted += 1
        } finally {
          clearTimeout(timer)
        }
      }
    }
    await Promise.all(Array.from({ length: 40 }, (_, lane) => worker(lane)))
    expect(outcomes.served + outcomes.refused + outcomes.aborted).toBe(1_000)
    expect(outcomes.aborted).toBeGreaterThan(100)
    await expect.poll(() => running.service.house.limits.slotsHeld()).toBe(0)
    expect((await callOf('tenant-0')).status).toBe(200)
  })

  it('is shared fairly: a tenant that calls all the time does not lock out one that calls now and then', async () => {
    await start({ limits: [{ per: 'total', concurrency: 4 }] })
    running.wall.plan({ tokens: 2, firstByteDelayMs: 20 })
    let quietIsDone = false
    const noisy = { served: 0, refused: 0 }
    const flood = async () => {
      while (!quietIsDone) {
        const reply = await callOf('noisy')
        await reply.text()
        noisy[reply.status === 200 ? 'served' : 'refused'] += 1
        if (reply.status !== 200) await new Promise((resolve) => setTimeout(resolve, 1))
      }
    }
    const floods = Array.from({ length: 50 }, flood)
    await expect.poll(() => noisy.refused).toBeGreaterThan(100)
    const statuses: number[] = []
    for (let count = 0; count < 15; count += 1) {
      const reply = await callOf('quiet')
      await reply.text()
      statuses.push(reply.status)
    }
    quietIsDone = true
    await Promise.all(floods)
    expect(statuses).toEqual(Array.from({ length: 15 }, () => 200))
    expect(noisy.served).toBeGreaterThan(15)
    expect(running.service.house.limits.slotsHeld()).toBe(0)
  })
})

it('a gateway without limits says nothing of rates', async () => {
  await start({})
  const reply = await call()
  expect([...reply.headers.keys()].filter((name) => name.startsWith('x-ratelimit'))).toEqual([])
})

it('the library throws the same refusals', async () => {
  await start({ tenants: { acme: { rpm_limit: 1 } } })
  const ask = { ...ASK, tenantId: 'acme', feature: 'e2e' }
  await running.gateway.chat(ask)
  await expect(running.gateway.chat(ask)).rejects.toMatchObject({
    code: 'rate_limited',
    message: expect.stringMatching(/^Tenant acme has used its 1 requests per 1m/),
    details: { limit: 'tenant/requests/1m', on_limit: 'reject' },
  })
})
