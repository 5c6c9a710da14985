import { afterEach, describe, expect, it } from 'vitest'
import { nanoUsdFrom } from '../src/canonical/money.ts'
import { PRICE, type Running, startRunning } from './running-gateway.ts'

/*
 * Answers in one piece, and little money. Nobody names a cap, so each call holds far more than it costs until its answer has come, and gives the rest back then.
 */

const TOKENS = 400
/** Longer than any call waits for another. */
const FOR_EVER_MS = 60_000

let running: Running | null = null
afterEach(async () => {
  await running?.stop()
  running = null
})

async function start(usd: number): Promise<Running> {
  running = await startRunning((wall) => ({
    providers: {
      oa: {
        type: 'openai',
        base_url: wall.openaiUrl,
        api_key: 'sk',
        models: { m: { price: PRICE, context: 200_000, max_output: 64_000 } },
      },
    },
    models: { large: ['oa/m'] },
    tasks: { hasty: { default: 'large', max_latency_ms: 100 } },
    budgets: [{ per: 'tenant', usd, window: 'day' }],
  }))
  running.wall.plan({ tokens: TOKENS })
  return running
}

interface Ask {
  readonly task?: string
  readonly cap?: number
  readonly text?: string
  readonly signal?: AbortSignal
}

function call({ gateway }: Running, { task, cap, text = 'Tell me.', signal }: Ask = {}): Promise<Response> {
  const context = { tenantId: 'acme', feature: 'crowd', ...(task === undefined ? {} : { task }) }
  return gateway.fetchFor(context)('http://headgate/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify({
      model: task ?? 'large',
      messages: [{ role: 'user', content: text }],
      ...(cap === undefined ? {} : { max_tokens: cap }),
    }),
    ...(signal ? { signal } : {}),
  })
}

/** A call that is at its provider for so long, and holds most of five cents meanwhile. */
async function callThatHolds(on: Running, firstByteDelayMs: number, signal?: AbortSignal) {
  on.wall.plan({ tokens: TOKENS, firstByteDelayMs })
  const reply = call(on, { text: 'first', ...(signal ? { signal } : {}) })
  await expect.poll(() => on.wall.calls.length).toBe(1)
  on.wall.plan({ tokens: TOKENS })
  return { reply }
}

const told = (reply: Response) => [reply.status, reply.headers.get('x-headgate-error')]

async function hasWaited(on: Running, reply: Response): Promise<boolean> {
  const trace = await on.service.house.storage.reader.trace(reply.headers.get('x-headgate-trace-id') ?? '', null)
  return trace?.spans.some(({ name }) => name === 'wait for running calls') ?? false
}

/** Texts of the conversations that reached the wall, in order. */
const asked = ({ wall }: Running) =>
  wall.calls.map(({ body }) => (body as unknown as { messages: readonly { content: string }[] }).messages[0]?.content)

describe('calls whose answers come in one piece, when money is short', () => {
  it('wait for what those that run give back: ten cents let twenty agents work at once', async () => {
    const on = await start(0.1)
    on.wall.plan({ tokens: TOKENS, firstByteDelayMs: 20 })
    const replies = await Promise.all(Array.from({ length: 20 }, () => call(on)))
    expect(replies.map(told)).toEqual(Array(20).fill([200, null]))
    const { rows } = await on.service.house.storage.reader.events({ limit: 100, tenantId: 'acme' })
    expect(rows.reduce((sum, { cost }) => sum + cost, 0n)).toBeLessThanOrEqual(nanoUsdFrom(0.1))
  })

  it('wait for a moment only', async () => {
    const on = await start(0.05)
    const caller = new AbortController()
    const first = await callThatHolds(on, FOR_EVER_MS, caller.signal)
    const second = await call(on)
    expect(told(second)).toEqual([429, 'budget_exceeded'])
    expect(await hasWaited(on, second)).toBe(true)
    caller.abort()
    await expect(first.reply).rejects.toThrow()
  })

  it('do not wait beyond the deadline of their task', async () => {
    const on = await start(0.05)
    const first = await callThatHolds(on, 600)
    const [hasty, other] = await Promise.all([call(on, { task: 'hasty' }), call(on)])
    expect([hasty, other, await first.reply].map(told)).toEqual([
      [429, 'budget_exceeded'],
      [200, null],
      [200, null],
    ])
  })

  it('do not wait when somebody asked for that length', async () => {
    const on = await start(0.05)
    const first = await callThatHolds(on, 100)
    const capped = await call(on, { cap: 2_000 })
    expect(told(capped)).toEqual([429, 'budget_exceeded'])
    expect(await hasWaited(on, capped)).toBe(false)
    await first.reply
  })

  it('are never sent when their callers leave meanwhile', async () => {
    const on = await start(0.05)
    const first = await callThatHolds(on, 500)
    const caller = new AbortController()
    const gone = call(on, { text: 'gone', signal: caller.signal })
    const next = call(on, { text: 'next' })
    // Both have been refused once by the time that a call after them was.
    expect(told(await call(on, { cap: 2_000 }))).toEqual([429, 'budget_exceeded'])
    caller.abort()
    await expect(gone).rejects.toThrow()
    expect([await first.reply, await next].map(told)).toEqual([
      [200, null],
      [200, null],
    ])
    expect(asked(on)).toEqual(['first', 'next'])
  })
})
