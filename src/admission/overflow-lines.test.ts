import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { GatewayError } from '../errors/gateway-error.ts'
import { OverflowLines, PLACES_PER_TENANT, type Waiting } from './overflow-lines.ts'

const LIMIT = new GatewayError('rate_limited', 'User u1 has used its 5 requests per 1m.', { retryAfterMs: 12_000 })

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Lines, and a gate that lets in as many as it is told to, in the order in which they ask. */
function setting() {
  const lines = new OverflowLines({ monotonic: () => Date.now() })
  const asking: { readonly name: string; readonly open: () => void; readonly shut: (error: Error) => void }[] = []
  const entered: string[] = []
  const wait = (name: string, tenantId = 'acme', more: Partial<Waiting<string>> = {}): Promise<string> =>
    lines.wait({
      line: 'user/requests',
      tenantId,
      mostMs: 10_000,
      signal: new AbortController().signal,
      refusal: LIMIT,
      enter: () =>
        new Promise((resolve, reject) => {
          asking.push({ name, open: () => resolve(name), shut: reject })
        }),
      ...more,
    })
  const join = (name: string, tenantId?: string, more?: Partial<Waiting<string>>) => {
    const place = wait(name, tenantId, more)
    place.then(
      (got) => entered.push(got),
      () => undefined,
    )
    return place
  }
  /** Lets in whoever asks, one after the other. */
  const letIn = async (count: number) => {
    for (let times = 0; times < count; times += 1) {
      asking.shift()?.open()
      await vi.advanceTimersByTimeAsync(0)
    }
  }
  return { lines, asking, entered, join, wait, letIn }
}

describe('a line', () => {
  it('lets one call at a time try, first come, first served', async () => {
    const { asking, entered, join, letIn, lines } = setting()
    for (const name of ['a', 'b', 'c']) void join(name)
    expect(asking.map(({ name }) => name)).toEqual(['a'])
    await letIn(2)
    expect(asking.map(({ name }) => name)).toEqual(['c'])
    expect([lines.size, lines.refusalOf('user/requests')]).toEqual([1, LIMIT])
    await letIn(1)
    expect(entered).toEqual(['a', 'b', 'c'])
    expect([lines.size, lines.refusalOf('user/requests')]).toEqual([0, null])
  })

  it('gives tenants turns, however many calls one of them has', async () => {
    const { entered, join, letIn } = setting()
    for (const name of ['a1', 'a2', 'a3', 'a4']) void join(name, 'acme')
    for (const name of ['b1', 'b2']) void join(name, 'globex')
    void join('c1', 'initech')
    await letIn(7)
    expect(entered).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4'])
  })

  it('is apart from every other line', () => {
    const { asking, join } = setting()
    void join('a')
    void join('b', 'acme', { line: 'team/tokens' })
    expect(asking.map(({ name }) => name)).toEqual(['a', 'b'])
  })

  it('goes on with the next when one does not get in', async () => {
    const { asking, join, letIn, entered } = setting()
    const first = join('a')
    void join('b')
    asking.shift()?.shut(LIMIT)
    await expect(first).rejects.toBe(LIMIT)
    await letIn(1)
    expect(entered).toEqual(['b'])
  })
})

describe('a call that waits', () => {
  it('is told why it had to, when its time is over before its turn came', async () => {
    const { join, lines, letIn } = setting()
    void join('a')
    const late = expect(join('b', 'acme', { mostMs: 500 })).rejects.toBe(LIMIT)
    await vi.advanceTimersByTimeAsync(499)
    expect(lines.size).toBe(2)
    await vi.advanceTimersByTimeAsync(1)
    await late
    expect(lines.size).toBe(1)
    await letIn(1)
    expect(lines.refusalOf('user/requests')).toBeNull()
  })

  it('may try for as long as it has left', async () => {
    const { join, letIn } = setting()
    const enter = vi.fn(async (_mostMs: number) => 'in')
    void join('a')
    const second = join('b', 'acme', { mostMs: 3_000, enter })
    await vi.advanceTimersByTimeAsync(1_000)
    await letIn(1)
    await second
    expect(enter).toHaveBeenCalledExactlyOnceWith(2_000)
  })

  it('leaves the line when its caller leaves, and those behind it move up', async () => {
    const { entered, join, letIn, lines } = setting()
    const caller = new AbortController()
    void join('a')
    const gone = expect(join('b', 'acme', { signal: caller.signal })).rejects.toMatchObject({ code: 'client_closed' })
    void join('c')
    caller.abort()
    await gone
    expect(lines.size).toBe(2)
    await letIn(2)
    expect(entered).toEqual(['a', 'c'])
  })

  it('is told why it is sent away', async () => {
    const { join, wait } = setting()
    const caller = new AbortController()
    const killed = new GatewayError('kill_switch_on', 'off')
    void join('a')
    const gone = expect(join('b', 'acme', { signal: caller.signal })).rejects.toBe(killed)
    caller.abort(killed)
    await gone
    await expect(wait('c', 'acme', { signal: caller.signal })).rejects.toBe(killed)
  })

  it('finds no place when a hundred of its tenant wait, and others still do', async () => {
    const { join, wait, asking } = setting()
    for (let count = 0; count < PLACES_PER_TENANT; count += 1) void join(`a${count}`)
    await expect(wait('late')).rejects.toMatchObject({ code: 'queue_full', retryAfterSeconds: 12 })
    void join('b', 'globex')
    void join('other line', 'acme', { line: 'team/tokens' })
    expect(asking.map(({ name }) => name)).toEqual(['a0', 'other line'])
  })
})
