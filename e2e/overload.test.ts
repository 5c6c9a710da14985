import { afterEach, describe, expect, it } from 'vitest'
import type { LoadLimits } from '../src/admission/load.ts'
import type { ConfigInput } from '../src/config/schema.ts'
import { type Running, startRunning } from './running-gateway.ts'

/* The event loop of the gateway is blocked for real, by work that takes it for a third of a second at a time. */

let running: Running
let blocking = false
afterEach(async () => {
  blocking = false
  await running.stop()
})

const BLOCK_MS = 300

/** The default limits take a block of seconds, and a test with it. */
const sensitive = (): Partial<ConfigInput> => ({
  server: {
    port: 0,
    drain: '5s',
    overload: { busy: { lag: '100ms', heap: null, for: '500ms' }, overloaded: { lag: '150ms', heap: null, for: '1s' } },
  },
})
const watchLoad = true
function block(): void {
  if (!blocking) return
  const until = performance.now() + BLOCK_MS
  while (performance.now() < until) {
    // Nothing else has a turn.
  }
  setImmediate(block)
}

/** Busy from the first moments on, and never more than that. */
const ALWAYS_BUSY: LoadLimits = {
  busy: { enter: { lagMs: 0, heapShare: 1 }, leave: { lagMs: 0, heapShare: 0 }, forMs: 0 },
  overloaded: { enter: { lagMs: 1e9, heapShare: 2 }, leave: { lagMs: 1e9, heapShare: 2 }, forMs: 1e9 },
}

interface Asked {
  readonly model?: string
  readonly stream?: boolean
  readonly priority?: string
  readonly background?: boolean
}

const ask = ({ model = 'via-openai', stream = false, priority, background = false }: Asked = {}) =>
  fetch(`${running.url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      'x-headgate-feature': 'test',
      ...(priority === undefined ? {} : { 'x-headgate-priority': priority }),
      ...(background ? { 'x-headgate-mode': 'background' } : {}),
    },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'Hi.' }] }),
  })

const level = async () =>
  ((await (await fetch(`${running.url}/readyz`)).json()) as { load: { level: string } }).load.level
const reaches = (wanted: string) => expect.poll(level, { timeout: 30_000 }).toBe(wanted)

describe('a gateway whose event loop is blocked', () => {
  it('refuses what is new, goes on with what runs, stays ready, and takes calls again when it is over', async () => {
    const said: string[] = []
    const hear = (_facts: object, message: string) => void said.push(message)
    running = await startRunning(sensitive, { info: hear, warn: hear, error: hear }, { watchLoad })
    running.wall.plan([{ tokens: 400, betweenEventsMs: 10 }])
    const stream = await ask({ stream: true })
    blocking = true
    setImmediate(block)
    await reaches('overloaded')

    const refused = await ask()
    expect([refused.status, refused.headers.get('x-headgate-error')]).toEqual([503, 'queue_full'])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(refused.headers.get('x-should-retry')).toBeNull()
    expect((await fetch(`${running.url}/readyz`)).status).toBe(200)
    expect(await (await fetch(`${running.url}/metrics`)).text()).toContain('headgate_load_level 2')

    blocking = false
    expect(await stream.text()).toMatch(/data: \[DONE\]\n\n$/)
    await reaches('normal')
    expect((await ask()).status).toBe(200)
    const changes = said.filter((message) => message.startsWith('this gateway is '))
    expect(changes.at(-1)).toBe('this gateway is normal again: all calls are taken')
    // Each change is told once. On a busy machine there may be more of them than the test makes.
    for (const [index, change] of changes.entries()) expect(change).not.toBe(changes[index - 1])
  })

  it('puts off calls of low priority while it is busy, and others not', async () => {
    running = await startRunning(sensitive, undefined, { watchLoad })
    blocking = true
    setImmediate(block)
    await reaches('overloaded')
    blocking = false
    await reaches('busy')
    const [low, other] = await Promise.all([ask({ priority: 'low' }), ask({ priority: 'high' })])
    expect([low.status, low.headers.get('x-headgate-error')]).toEqual([503, 'queue_full'])
    expect(other.status).toBe(200)
  })

  it('hedges nothing and begins one job after the other while it is busy', async () => {
    running = await startRunning(
      () => ({ tasks: { hedged: { default: 'via-openai', fallback: 'via-anthropic', hedge: { after: '10ms' } } } }),
      undefined,
      { watchLoad: ALWAYS_BUSY },
    )
    await reaches('busy')
    running.wall.plan({ firstByteDelayMs: 150 })
    await (await ask({ model: 'hedged' })).text()
    expect(running.wall.calls).toHaveLength(1)
    running.wall.clear()
    const jobs = await Promise.all(Array.from({ length: 4 }, () => ask({ model: 'via-openai', background: true })))
    expect(jobs.map(({ status }) => status)).toEqual([202, 202, 202, 202])
    await expect.poll(() => running.wall.completed.length, { timeout: 20_000 }).toBe(4)
    const times = running.wall.calls.toSorted((one, other) => one.receivedAt - other.receivedAt)
    for (const [index, { receivedAt }] of times.entries()) {
      if (index > 0) expect(receivedAt).toBeGreaterThanOrEqual(times[index - 1]?.endedAt ?? Number.NaN)
    }
  })

  it('is not measured inside of a program of somebody else', async () => {
    running = await startRunning()
    expect(running.service.house.load).toEqual({ level: 'normal', lagMs: 0, heapShare: 0 })
  })
})
