import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startWall } from '../src/testing/index.ts'
import { MODEL, type Running, startRunning } from './running-gateway.ts'

/*
 * Two attempts at once, through the public surface, over real connections: each order in which things can happen ends in one answer or one error, a row for
 * each attempt, and no money held.
 */

let running: Running
let primary: Running['wall']
let backup: Running['wall']

beforeEach(async () => {
  primary = await startWall()
  running = await startRunning((wall) => ({
    providers: {
      one: { type: 'openai', base_url: primary.openaiUrl, api_key: 'sk', models: { m: MODEL } },
      two: { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk', models: { m: MODEL } },
      claude: { type: 'anthropic', base_url: wall.url, api_key: 'sk', models: { m: MODEL } },
    },
    models: { large: ['one/m'], medium: ['two/m'] },
    tasks: {
      hedged: { default: 'large', fallback: 'medium', hedge: { after: '50ms' }, retry: { attempts: 0 } },
      translated: { default: 'large', fallback: 'claude/m', hedge: { after: '50ms' }, retry: { attempts: 0 } },
      held: { default: 'large', fallback: 'medium', hedge: { after: '50ms' }, delivery: 'whole' },
      urgent: { default: 'large', fallback: 'medium', hedge: { after: '50ms' }, max_latency_ms: 600 },
      plain: { default: 'large', fallback: 'medium' },
      dear: { default: 'large', fallback: 'medium', hedge: { after: '50ms' }, max_cost_usd: 0.03 },
    },
    budgets: [
      { per: 'user', usd: 10, window: 'day' },
      { per: 'model', usd: 10, window: 'day' },
      { per: 'team', usd: 0.1, window: 'day' },
    ],
  }))
  backup = running.wall
})
afterEach(async () => {
  await running.stop()
  await primary.close()
})

interface Asked {
  readonly stream?: boolean
  readonly signal?: AbortSignal
  readonly headers?: Record<string, string>
  readonly maxTokens?: number
}

async function send(model: string, { stream = false, signal, headers = {}, maxTokens = 1_000 }: Asked = {}) {
  const reply = await fetch(`${running.url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-headgate-feature': 'test',
      'x-headgate-user-id': 'u1',
      'x-headgate-trace-id': 'tr_hedged',
      ...headers,
    },
    body: JSON.stringify({ model, stream, max_tokens: maxTokens, messages: [{ role: 'user', content: 'Hi.' }] }),
    ...(signal ? { signal } : {}),
  })
  const header = (name: string) => reply.headers.get(`x-headgate-${name}`)
  return { status: reply.status, header, text: await reply.text() }
}

async function rows() {
  const { rows: all } = await running.service.house.storage.reader.events({ limit: 10 })
  return all.toSorted((one, other) => one.attempt - other.attempt)
}

/** The rows of a call, once both are there. */
async function told(): Promise<readonly (readonly [number, string | null, string, string | null])[]> {
  await vi.waitFor(async () => expect(await rows()).toHaveLength(primary.calls.length + backup.calls.length), {
    timeout: 20_000,
  })
  return (await rows()).map(({ attempt, deployment, status, errorCode }) => [attempt, deployment, status, errorCode])
}

/** Stops the gateway: what is held then would stay held. */
async function booksAreEven(): Promise<void> {
  const all = await rows()
  const { ledger } = running.service.house.storage
  await running.stop()
  const cost = (deployment?: string) =>
    all.reduce((sum, row) => (deployment && row.deployment !== deployment ? sum : sum + row.cost), 0n)
  for (const { key, posted, sliced } of await ledger.budgets()) {
    const model = /^model=.*\[model=(?<id>.*)\]/.exec(decodeURIComponent(key))?.groups?.id
    expect([key, sliced, posted]).toEqual([key, 0n, cost(model)])
  }
}

const SILENT = { fault: { kind: 'hang' } } as const
const WAYS = [
  { way: 'whole', stream: false, task: 'hedged' },
  { way: 'relayed stream', stream: true, task: 'hedged' },
  { way: 'translated whole', stream: false, task: 'translated' },
  { way: 'translated stream', stream: true, task: 'translated' },
  { way: 'held stream', stream: true, task: 'held' },
] as const

describe.each(WAYS)('two attempts at once, $way', ({ stream, task }) => {
  const second = task === 'translated' ? 'claude/m' : 'two/m'

  it('end when the second answers: it says that it was hedged, and the first is hung up', async () => {
    primary.plan(SILENT)
    backup.plan({ text: 'From the second.' })
    const sent = await send(task, { stream })
    expect([sent.status, sent.header('model'), sent.header('fallback')]).toEqual([200, second, 'hedged'])
    expect(sent.header('route')).toBe(`large -> ${task === 'translated' ? 'claude/m' : 'medium'}`)
    expect(await told()).toEqual([
      [1, 'one/m', 'client_gone', null],
      [2, second, 'completed', null],
    ])
    await primary.waitFor(({ outcome }) => outcome === 'aborted')
    const [lost] = await rows()
    expect(lost?.inputTokens).toBeGreaterThan(0)
    const { reader } = running.service.house.storage
    const trace = await reader.trace('tr_hedged', null)
    const attempts = trace?.spans
      .filter(({ name }) => name.startsWith('attempt'))
      .map(({ name, status, attributes }) => ({ name, status, attributes }))
    expect(attempts).toMatchObject([
      { name: 'attempt 1 one/m', status: 'ok', attributes: { 'headgate.outrun': true } },
      { name: `attempt 2 ${second}`, status: 'ok', attributes: { 'headgate.hedge': true } },
    ])
    await booksAreEven()
  })

  it('end when the first answers after all, and the answer is its own', async () => {
    primary.plan({ text: 'From the first.', firstByteDelayMs: 400 })
    backup.plan(SILENT)
    const sent = await send(task, { stream })
    expect([sent.status, sent.header('model'), sent.header('fallback'), sent.header('route')]).toEqual([
      200,
      'one/m',
      null,
      'large',
    ])
    expect(await told()).toEqual([
      [1, 'one/m', 'completed', null],
      [2, second, 'client_gone', null],
    ])
    await booksAreEven()
  })

  it('fail as one when both fail', async () => {
    primary.plan({ fault: { kind: 'status', status: 503 }, firstByteDelayMs: 300 })
    backup.plan({ fault: { kind: 'status', status: 400 } })
    const sent = await send(task, { stream })
    expect([sent.status, sent.header('error')]).toEqual([502, 'upstream_failed'])
    expect((await told()).map(([attempt, , status]) => [attempt, status])).toEqual(
      (await rows()).map((_, index) => [index + 1, 'failed']),
    )
    await booksAreEven()
  })

  it('end when the caller leaves', async () => {
    primary.plan(SILENT)
    backup.plan(SILENT)
    const caller = new AbortController()
    const sent = send(task, { stream, signal: caller.signal }).catch((error: unknown) => error)
    await backup.waitFor(() => true)
    caller.abort()
    await sent
    expect(await told()).toEqual([
      [1, 'one/m', 'client_gone', 'client_closed'],
      [2, second, 'client_gone', 'client_closed'],
    ])
    await booksAreEven()
  })

  it.each(['one', 'two'])('end when an operator switches off what is asked: %s', async (provider) => {
    primary.plan(SILENT)
    backup.plan(SILENT)
    const name = provider === 'two' ? (second.split('/')[0] ?? '') : provider
    const sent = send(task, { stream })
    await backup.waitFor(() => true)
    const { switches } = running.service.house
    await switches.on({ scope: { provider: name }, reason: 'it leaks', actor: 'test', cause: null, endsAt: null })
    expect((await sent).header('error')).toBe('kill_switch_on')
    expect((await told()).map(([attempt]) => attempt)).toEqual([1, 2])
    await booksAreEven()
  })
})

it('end at the deadline, when nobody answers in time', async () => {
  primary.plan(SILENT)
  backup.plan(SILENT)
  const sent = await send('urgent', { stream: true })
  expect(sent.status).toBe(504)
  expect((await told()).map(([attempt, deployment]) => [attempt, deployment]).slice(0, 2)).toEqual([
    [1, 'one/m'],
    [2, 'two/m'],
  ])
  await booksAreEven()
})

describe('a second attempt', () => {
  it('is not made of calls that write, nor where the task does not ask for it', async () => {
    primary.plan({ firstByteDelayMs: 300 })
    expect((await send('plain')).header('model')).toBe('one/m')
    expect((await send('hedged', { headers: { 'x-headgate-risk': 'write' } })).header('model')).toBe('one/m')
    expect(backup.calls).toHaveLength(0)
  })

  it('is not made when both could cost more than the call may', async () => {
    primary.plan({ firstByteDelayMs: 300 })
    expect((await send('dear', { maxTokens: 2_000 })).header('model')).toBe('one/m')
    expect(backup.calls).toHaveLength(0)
    expect((await send('dear', { maxTokens: 1_000 })).status).toBe(200)
    expect(backup.calls).toHaveLength(1)
  })
})

describe('the money for two attempts', () => {
  it('is held from the start', async () => {
    primary.plan(SILENT)
    backup.plan(SILENT)
    const caller = new AbortController()
    const sent = send('hedged', { signal: caller.signal, maxTokens: 8_000 }).catch(() => null)
    await primary.waitFor(() => true)
    const budgets = await running.service.house.storage.ledger.budgets()
    // An answer costs 8 cents at most, and two of them 16.
    expect(budgets.find(({ key }) => key.includes('user=u1'))?.sliced).toBeGreaterThanOrEqual(160_000_000n)
    caller.abort()
    await sent
  })

  it('may be too much: then the call is made as if nobody had asked for two', async () => {
    primary.plan({ firstByteDelayMs: 400 })
    const sent = await send('hedged', { maxTokens: 8_000, headers: { 'x-headgate-team-id': 'small' } })
    expect([sent.status, sent.header('model')]).toEqual([200, 'one/m'])
    expect(backup.calls).toHaveLength(0)
    await booksAreEven()
  })
})
