import { createHmac } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import OpenAI from 'openai'
import { afterEach, describe, expect, it } from 'vitest'
import { issueKey } from '../src/access/issue-key.ts'
import type { ConfigInput } from '../src/config/schema.ts'
import { SILENT_LOG } from '../src/gateway/log.ts'
import type { JobTimings } from '../src/jobs/job-desk.ts'
import { type Running, startRunning } from './running-gateway.ts'

/* Calls that are answered later, over HTTP: what is refused at once, what becomes of the others, and who may see it. */

interface Job {
  readonly id: string
  readonly status: string
  readonly trace_id: string
  readonly error_code: string | null
  readonly served_model: string | null
  readonly cost_usd: number
  readonly runs: number
  readonly response: Record<string, unknown> | null
  readonly error: { readonly code?: string; readonly type?: string } | null
}

let running: Running
let hooks: Server | null = null
afterEach(async () => {
  await running.stop()
  hooks?.close()
  hooks = null
})

async function start(more: Partial<ConfigInput> = {}, jobTimings: Partial<JobTimings> = {}): Promise<Running> {
  running = await startRunning(() => more, SILENT_LOG, { jobTimings })
  return running
}

const CONTEXT = { 'x-headgate-feature': 'digest' }
const LATER = { ...CONTEXT, 'x-headgate-mode': 'background' }
const CHAT = { model: 'via-openai', max_tokens: 50, messages: [{ role: 'user', content: 'Write the digest.' }] }

function post(path: string, body: object, headers: Record<string, string> = LATER): Promise<Response> {
  const type = { 'content-type': 'application/json' }
  return fetch(running.url + path, { method: 'POST', headers: { ...type, ...headers }, body: JSON.stringify(body) })
}

async function accepted(sent: Response | Promise<Response>): Promise<Job> {
  const reply = await sent
  const { status } = reply
  const told = (await reply.json()) as Job
  const job = { ...told, trace_id: reply.headers.get('x-headgate-trace-id') ?? '' }
  expect({ status, job }).toMatchObject({ status: 202, job: { status: 'queued' } })
  return job
}

async function jobOf(id: string, headers: Record<string, string> = {}): Promise<Job> {
  return (await (await fetch(`${running.url}/v1/jobs/${id}`, { headers })).json()) as Job
}

async function ended(id: string, headers: Record<string, string> = {}): Promise<Job> {
  await expect
    .poll(async () => (await jobOf(id, headers)).status, { timeout: 15_000, interval: 20 })
    .toMatch(/completed|failed|cancelled|expired/)
  return jobOf(id, headers)
}

const rowsOf = async (traceId: string) =>
  (await running.service.house.storage.reader.events({ limit: 50, traceId })).rows

describe('a call for the background', () => {
  it.each([
    ['Chat Completions', '/v1/chat/completions', CHAT, LATER, 'choices'],
    [
      'Chat Completions, streamed',
      '/v1/chat/completions',
      { ...CHAT, stream: true, stream_options: { include_usage: true } },
      LATER,
      'choices',
    ],
    [
      'Chat Completions by Prefer',
      '/v1/chat/completions',
      CHAT,
      { ...CONTEXT, prefer: 'wait=1, respond-async' },
      'choices',
    ],
    ['Responses', '/v1/responses', { model: 'via-anthropic', input: 'Hi.', background: true }, CONTEXT, 'output'],
    ['Responses, streamed', '/v1/responses', { model: 'via-openai', input: 'Hi.', stream: true }, LATER, 'output'],
    ['Messages', '/v1/messages', { ...CHAT, model: 'via-anthropic', stream: true }, LATER, 'content'],
    [
      'Gemini',
      '/v1beta/models/via-openai:generateContent',
      { contents: [{ role: 'user', parts: [{ text: 'Hi.' }] }] },
      LATER,
      'candidates',
    ],
    [
      'Gemini, streamed',
      '/v1beta/models/via-openai:streamGenerateContent?alt=sse',
      { contents: [{ role: 'user', parts: [{ text: 'Hi.' }] }] },
      LATER,
      'candidates',
    ],
    ['embeddings', '/v1/embeddings', { model: 'oa/m', input: 'Hi.' }, LATER, 'data'],
  ])('gives the whole answer in the caller’s own format: %s', async (_, path, body, headers, field) => {
    await start()
    const reply = await post(path, body, headers)
    const job = await accepted(reply)
    expect(reply.headers.get('location')).toBe(`/v1/jobs/${job.id}`)
    expect(reply.headers.get('preference-applied')).toBe('prefer' in headers ? 'respond-async' : null)
    const done = await ended(job.id)
    expect(done).toMatchObject({ status: 'completed', error: null, error_code: null, runs: 1 })
    expect(done.response).toHaveProperty(field)
    const [row, ...others] = await rowsOf(job.trace_id)
    expect({ row, others }).toMatchObject({ row: { status: 'completed', attempt: 1, feature: 'digest' }, others: [] })
    expect(done.cost_usd).toBeCloseTo(Number(row?.cost) / 1e9, 9)
    expect(done.served_model).toBe(row?.deployment)
  })

  it('goes on when its caller has hung up, and is one exchange with a span of its wait', async () => {
    await start()
    running.wall.plan({ tokens: 5, firstByteDelayMs: 200 })
    const job = await accepted(post('/v1/chat/completions', CHAT))
    await running.wall.waitFor(() => true)
    expect((await jobOf(job.id)).status).toBe('running')
    expect((await ended(job.id)).status).toBe('completed')
    const trace = await running.service.house.storage.reader.trace(job.trace_id, null)
    expect(trace?.spans.filter(({ name }) => name === 'wait for its turn')).toHaveLength(1)
  })

  it.each([
    ['a mode that is none', CHAT, { ...CONTEXT, 'x-headgate-mode': 'later' }, 400, 'invalid_request'],
    ['a bad body', { model: 'via-openai', messages: 'no' }, LATER, 400, 'invalid_request'],
    ['an unknown model', { ...CHAT, model: 'nothing' }, LATER, 404, 'model_not_found'],
    ['no context', CHAT, { 'x-headgate-mode': 'background' }, 400, 'metadata_missing'],
  ])('is refused at once as any call is, and is no job: %s', async (_, body, headers, status, code) => {
    await start()
    const reply = await post('/v1/chat/completions', body, headers)
    expect([reply.status, reply.headers.get('x-headgate-error')]).toEqual([status, code])
    expect((await running.service.house.jobs.list({ limit: 9 })).rows).toEqual([])
  })

  it('is refused at once by a limit and by a budget, which its job counts on once', async () => {
    await start({
      plans: { small: { rpm_limit: 2 } },
      tenants: { default: { plan: 'small' } },
      budgets: [{ per: 'feature', usd: 0.001, window: 'day', match: { feature: 'dear' } }],
    })
    const dear = await post(
      '/v1/chat/completions',
      { ...CHAT, max_tokens: 4_000 },
      { ...LATER, 'x-headgate-feature': 'dear' },
    )
    expect([dear.status, dear.headers.get('x-headgate-error')]).toEqual([429, 'budget_exceeded'])
    for (let count = 0; count < 2; count += 1) await ended((await accepted(post('/v1/chat/completions', CHAT))).id)
    const third = await post('/v1/chat/completions', CHAT)
    expect([third.status, third.headers.get('x-headgate-error')]).toEqual([429, 'rate_limited'])
  })

  it('is counted while it waits and while it runs, and no longer', async () => {
    await start({ jobs: { concurrency: 1 } })
    running.wall.plan({ fault: { kind: 'hang' } })
    const figures = async () => {
      const text = await (await fetch(`${running.url}/metrics`)).text()
      return ['queued', 'running'].map(
        (status) => new RegExp(`^headgate_jobs\\{status="${status}"\\} (\\d+)$`, 'm').exec(text)?.[1],
      )
    }
    expect(await figures()).toEqual(['0', '0'])
    const jobs = [
      await accepted(post('/v1/chat/completions', CHAT)),
      await accepted(post('/v1/chat/completions', CHAT)),
    ]
    await expect.poll(figures).toEqual(['1', '1'])
    for (const { id } of jobs.toReversed())
      await fetch(`${running.url}/v1/jobs/${id}`, { method: 'DELETE', headers: CONTEXT })
    await expect.poll(figures).toEqual(['0', '0'])
  })

  it('holds its budget while it waits for its turn', async () => {
    const cost = { model: 'via-openai', max_tokens: 100, messages: [{ role: 'user', content: 'Hi.' }] }
    await start({ jobs: { concurrency: 1 }, budgets: [{ per: 'tenant', usd: 0.0025, window: 'day' }] })
    running.wall.plan({ tokens: 100, firstByteDelayMs: 300 })
    const jobs = [
      await accepted(post('/v1/chat/completions', cost)),
      await accepted(post('/v1/chat/completions', cost)),
    ]
    const third = await post('/v1/chat/completions', cost, CONTEXT)
    expect([third.status, third.headers.get('x-headgate-error')]).toEqual([429, 'budget_exceeded'])
    expect((await jobOf(jobs[1]?.id ?? '')).status).toBe('queued')
    const ends = await Promise.all(jobs.map(({ id }) => ended(id)))
    expect(ends.map(({ status }) => status)).toEqual(['completed', 'completed'])
  })

  it('fails with the envelope of its format, and its trace says why', async () => {
    await start()
    running.wall.plan({ fault: 'http-500' } as never)
    const openai = await ended((await accepted(post('/v1/chat/completions', CHAT))).id)
    expect(openai).toMatchObject({ status: 'failed', response: null, error: { code: 'upstream_failed' } })
    const anthropic = await ended((await accepted(post('/v1/messages', CHAT))).id)
    expect(anthropic).toMatchObject({
      status: 'failed',
      error_code: 'upstream_failed',
      error: { type: expect.any(String) },
    })
    const [row] = await rowsOf(openai.trace_id)
    expect(row?.status).toBe('failed')
  })
})

describe('a call of Responses', () => {
  const clientOf = () =>
    new OpenAI({ apiKey: 'none', baseURL: `${running.url}/v1`, maxRetries: 0, defaultHeaders: CONTEXT })

  it('is made, polled and read with OpenAI’s own client', async () => {
    await start()
    running.wall.plan({ tokens: 5, firstByteDelayMs: 300 })
    const { responses } = clientOf()
    const made = await responses.create({ model: 'via-anthropic', input: 'Hi.', background: true })
    expect(made).toMatchObject({ object: 'response', status: 'queued', background: true, output: [] })
    await expect.poll(async () => (await responses.retrieve(made.id)).status).toBe('in_progress')
    await expect.poll(async () => (await responses.retrieve(made.id)).status).toBe('completed')
    const done = await responses.retrieve(made.id)
    expect(done).toMatchObject({ id: made.id, background: true, error: null })
    expect(done.output_text).not.toBe('')
  })

  it('that asks for a stream too is told of its job in events, none of which says that it is done', async () => {
    await start()
    running.wall.plan({ tokens: 5, firstByteDelayMs: 300 })
    const { responses } = clientOf()
    const told = []
    for await (const event of await responses.create({
      model: 'via-openai',
      input: 'Hi.',
      background: true,
      stream: true,
    })) {
      told.push(event)
    }
    expect(told.map(({ type }) => type)).toEqual(['response.created', 'response.queued'])
    const [first] = told
    const made = first?.type === 'response.created' ? first.response : null
    expect(made).toMatchObject({ status: 'queued', background: true })
    await expect.poll(async () => (await responses.retrieve(made?.id ?? '')).status).toBe('completed')
  })

  it('is fetched as a stream: as far as it is, then whole, then what is missing', async () => {
    await start()
    running.wall.plan({ text: 'All of it.', firstByteDelayMs: 300 })
    const { responses } = clientOf()
    const { id } = await responses.create({ model: 'via-anthropic', input: 'Hi.', background: true })
    const eventsAfter = async (last?: number) => {
      const said = []
      const more = last === undefined ? {} : { starting_after: last }
      for await (const event of await responses.retrieve(id, { stream: true, ...more })) said.push(event)
      return said
    }
    const early = await eventsAfter()
    expect(early[0]?.type).toBe('response.created')
    for (const { type } of early) expect(type).not.toMatch(/completed|failed|delta/)
    await expect.poll(async () => (await responses.retrieve(id)).status).toBe('completed')
    const whole = await eventsAfter()
    expect(whole.map(({ sequence_number: number }) => number)).toEqual(whole.map((_, at) => at))
    const text = whole.flatMap((event) => (event.type === 'response.output_text.delta' ? [event.delta] : []))
    expect(text.join('')).toBe('All of it.')
    expect(whole.at(-1)).toMatchObject({ type: 'response.completed', response: { id, status: 'completed' } })
    expect(await eventsAfter(2)).toEqual(whole.slice(3))
    await expect(eventsAfter(-1)).rejects.toMatchObject({ status: 400, param: 'starting_after' })

    running.wall.plan({ fault: { kind: 'status', status: 500 } })
    const failing = await responses.create({ model: 'via-openai', input: 'Hi.', background: true })
    await expect.poll(async () => (await responses.retrieve(failing.id)).status).toBe('failed')
    const last = []
    for await (const event of await responses.retrieve(failing.id, { stream: true })) last.push(event)
    expect(last.at(-1)).toMatchObject({ type: 'response.failed', response: { error: { code: 'upstream_failed' } } })
  })

  it('is cancelled so, and fails with its code', async () => {
    await start()
    running.wall.plan({ tokens: 5, firstByteDelayMs: 30_000 })
    const { responses } = clientOf()
    const { id } = await responses.create({ model: 'via-openai', input: 'Hi.', background: true })
    expect(await responses.cancel(id)).toMatchObject({ id, status: 'cancelled' })
    running.wall.plan({ fault: { kind: 'status', status: 500 } } as never)
    const failing = await responses.create({ model: 'via-openai', input: 'Hi.', background: true })
    await expect.poll(async () => (await responses.retrieve(failing.id)).status).toBe('failed')
    expect((await responses.retrieve(failing.id)).error).toMatchObject({ code: 'upstream_failed' })
  })

  it('is not found where it is none, or another tenant’s', async () => {
    await start()
    const job = await accepted(post('/v1/chat/completions', CHAT))
    for (const id of [job.id, 'resp_1']) {
      await expect(clientOf().responses.retrieve(id)).rejects.toMatchObject({ status: 404 })
      await expect(clientOf().responses.cancel(id)).rejects.toMatchObject({ status: 404 })
    }
    expect((await ended(job.id)).status).toBe('completed')
  })
})

describe('the path of a job', () => {
  it('says what it takes', async () => {
    await start()
    const reply = await post('/v1/jobs/job_1', {})
    expect(reply.status).toBe(404)
    expect(await reply.json()).toMatchObject({ error: { message: '/v1/jobs/job_1 takes GET and DELETE only.' } })
  })
})

describe('DELETE', () => {
  const cancel = async (id: string) => {
    const reply = await fetch(`${running.url}/v1/jobs/${id}`, { method: 'DELETE' })
    return { status: reply.status, job: (await reply.json()) as Job }
  }

  it('ends a job that runs: the provider’s connection is closed and what it used is settled', async () => {
    await start()
    running.wall.plan({ tokens: 50, firstByteDelayMs: 60_000 })
    const job = await accepted(post('/v1/chat/completions', CHAT))
    const call = await running.wall.waitFor(() => true)
    expect(await cancel(job.id)).toMatchObject({ status: 200, job: { status: 'cancelled', response: null } })
    await expect.poll(() => call.outcome).toBe('aborted')
    await expect.poll(async () => (await rowsOf(job.trace_id)).length).toBe(1)
    expect((await rowsOf(job.trace_id))[0]?.status).toBe('client_gone')
    await expect.poll(() => running.service.house.jobs.size).toBe(0)
    expect((await jobOf(job.id)).status).toBe('cancelled')
  })

  it('ends a job that waits, whose money is free again', async () => {
    await start({ jobs: { concurrency: 1 } })
    running.wall.plan({ tokens: 50, firstByteDelayMs: 400 })
    const first = await accepted(post('/v1/chat/completions', CHAT))
    const second = await accepted(post('/v1/chat/completions', CHAT))
    expect((await cancel(second.id)).job.status).toBe('cancelled')
    expect((await ended(first.id)).status).toBe('completed')
    await expect.poll(() => running.service.house.jobs.size).toBe(0)
    expect(running.wall.calls).toHaveLength(1)
  })

  it('changes nothing of a job that has ended', async () => {
    await start()
    const job = await accepted(post('/v1/chat/completions', CHAT))
    await ended(job.id)
    expect(await cancel(job.id)).toMatchObject({
      status: 200,
      job: { status: 'completed', response: { choices: [{}] } },
    })
  })
})

describe('who may see a job', () => {
  it('is its tenant; for others it does not exist, and admin keys operate elsewhere', async () => {
    await start({ auth: { mode: 'keys' } })
    const { storage, clock } = running.service.house
    const keyFor = async (ask: Parameters<typeof issueKey>[1]) => {
      const { key } = await issueKey(storage.keys, ask, clock.now())
      return { authorization: `Bearer ${key.reveal()}` }
    }
    const acme = await keyFor({ kind: 'tenant', tenantId: 'acme' })
    const globex = await keyFor({ kind: 'tenant', tenantId: 'globex' })
    const service = await keyFor({ kind: 'service', tenants: ['acme'] })
    const admin = await keyFor({ kind: 'admin' })
    const job = await accepted(post('/v1/chat/completions', CHAT, { ...LATER, ...acme }))
    await ended(job.id, acme)
    const statusFor = async (headers: Record<string, string>, method: string) =>
      (await fetch(`${running.url}/v1/jobs/${job.id}`, { method, headers })).status
    for (const method of ['DELETE', 'GET']) {
      expect(await statusFor(globex, method)).toBe(404)
      expect(await statusFor(service, method)).toBe(200)
      expect(await statusFor(admin, method)).toBe(403)
      expect(await statusFor({}, method)).toBe(401)
    }
    const [row] = await rowsOf(job.trace_id)
    expect(row).toMatchObject({ tenantId: 'acme', keyId: expect.stringMatching(/^key_/) })
  })
})

describe('a job whose deadline passes', () => {
  it('is expired: the call is ended, what it used is settled', async () => {
    await start({ jobs: { deadline: '1s' } })
    running.wall.plan({ tokens: 5, firstByteDelayMs: 4_000 })
    const job = await accepted(post('/v1/chat/completions', CHAT))
    expect(await ended(job.id)).toMatchObject({ status: 'expired', error: { code: 'deadline_exceeded' } })
    expect((await rowsOf(job.trace_id)).map(({ status }) => status)).toEqual(['client_gone'])
    const trace = await running.service.house.storage.reader.trace(job.trace_id, null)
    expect(trace?.request).toMatchObject({ status: 'failed', errorCode: 'deadline_exceeded' })
  })
})

describe('a call that may wait for room for longer than a connection should', () => {
  const PATIENT = {
    per: 'user' as const,
    requests: 1,
    window: '1m',
    on_limit: { action: 'queue' as const, max_wait: '10m' },
  }
  const user = { ...CONTEXT, 'x-headgate-user-id': 'u1' }

  it('becomes a job when it is known that there will be no room before', async () => {
    await start({ limits: [PATIENT] })
    expect((await post('/v1/chat/completions', CHAT, user)).status).toBe(200)
    const job = await accepted(post('/v1/chat/completions', CHAT, user))
    expect((await jobOf(job.id)).status).toBe('queued')
    expect(running.wall.calls).toHaveLength(1)
  })

  it('is an ordinary call when there is room', async () => {
    await start({ limits: [{ ...PATIENT, requests: 2 }] })
    const reply = await post('/v1/chat/completions', CHAT, user)
    expect(await reply.json()).toHaveProperty('choices')
    expect((await running.service.house.jobs.list({ limit: 9 })).rows).toEqual([])
  })

  it.each([
    ['who wants a stream', { ...CHAT, stream: true }, user],
    ['who says that it wants none', CHAT, { ...user, 'x-headgate-mode': 'foreground' }],
  ])('waits at its connection for a caller %s', async (_, body, headers) => {
    await start({ limits: [{ ...PATIENT, window: '1s', on_limit: { action: 'queue', max_wait: '10m' } }] })
    expect((await post('/v1/chat/completions', CHAT, user)).status).toBe(200)
    expect((await post('/v1/chat/completions', body, headers)).status).toBe(200)
  })

  it.each([
    ['a stream', { ...CHAT, stream: true }, { tokens: 500, betweenEventsMs: 20 }],
    ['a whole answer', CHAT, { tokens: 5, firstByteDelayMs: 30_000 }],
  ])('is ended when its caller leaves, as long as it is none: %s', async (_, body, plan) => {
    await start({ limits: [PATIENT] })
    running.wall.plan(plan)
    const leaving = new AbortController()
    const headers = { 'content-type': 'application/json', ...user }
    const ask = { method: 'POST', headers, body: JSON.stringify(body), signal: leaving.signal }
    const reply = fetch(`${running.url}/v1/chat/completions`, ask).then((one) => one.text())
    const call = await running.wall.waitFor(() => true)
    if ('stream' in body) await expect.poll(() => call.events).toBeGreaterThan(2)
    leaving.abort()
    await expect(reply).rejects.toThrow()
    await expect.poll(() => call.outcome).toBe('aborted')
  })

  it('becomes a job in the middle of its wait when that gets too long, and runs when there is room', async () => {
    const limits = [{ per: 'user' as const, concurrency: 1, on_limit: { action: 'queue' as const, max_wait: '10m' } }]
    await start({ limits }, { connectionWaitMs: 200 })
    running.wall.plan({ tokens: 5, firstByteDelayMs: 1_500 })
    const first = post('/v1/chat/completions', CHAT, user)
    await running.wall.waitFor(() => true)
    const job = await accepted(post('/v1/chat/completions', CHAT, user))
    expect((await first).status).toBe(200)
    expect((await ended(job.id)).status).toBe('completed')
    expect((await rowsOf(job.trace_id)).map(({ status }) => status)).toEqual(['completed'])
  })

  it('expires when there was no room in time, and is refused at once when that is known', async () => {
    const limits = [
      { per: 'user' as const, concurrency: 1, on_limit: { action: 'queue' as const, max_wait: '500ms' } },
      { ...PATIENT, per: 'feature' as const, requests: 2, on_limit: { action: 'queue' as const, max_wait: '1s' } },
    ]
    await start({ limits })
    running.wall.plan({ tokens: 5, firstByteDelayMs: 2_000 })
    const first = await accepted(post('/v1/chat/completions', CHAT, { ...LATER, ...user }))
    const second = await accepted(post('/v1/chat/completions', CHAT, { ...LATER, ...user }))
    expect(await ended(second.id)).toMatchObject({ status: 'expired', error: { code: 'concurrency_limited' }, runs: 0 })
    expect((await ended(first.id)).status).toBe('completed')
    await ended((await accepted(post('/v1/chat/completions', CHAT, LATER))).id)
    const known = await post('/v1/chat/completions', CHAT)
    expect([known.status, known.headers.get('x-headgate-error')]).toEqual([429, 'rate_limited'])
  })
})

describe('webhooks', () => {
  const SECRET = 'a-secret-that-is-long-enough-0123'

  it('hear of the end of a job, signed, and again when they did not take it', async () => {
    const heard: { signature: string; body: string }[] = []
    hooks = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        heard.push({ signature: String(request.headers['x-headgate-signature']), body })
        response.writeHead(heard.length === 1 ? 503 : 204).end()
      })
    })
    const server = hooks
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jobs`
    await start({ jobs: { webhooks: [{ url, secret: SECRET }] } })
    const job = await accepted(post('/v1/chat/completions', CHAT))
    await expect.poll(() => heard.length, { timeout: 20_000 }).toBe(2)
    const [, last] = heard
    const [, seconds, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(last?.signature ?? '') ?? []
    expect(mac).toBe(createHmac('sha256', SECRET).update(`${seconds}.${last?.body}`).digest('hex'))
    expect(JSON.parse(last?.body ?? '')).toMatchObject({
      type: 'job.completed',
      job: { id: job.id, status: 'completed' },
    })
    expect(last?.body).not.toContain('choices')
    expect(last?.body).not.toContain('Write the digest')
  })
})
