import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { LimitAsk, LimitVerdict, RateTake, Slot } from '../storage/contracts/limit-store.ts'
import { createMemoryLimits } from '../storage/memory/limit-store.ts'
import type { RedisLimits } from '../storage/redis/limit-store.ts'
import { shareLimits } from './shared-limits.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const clock = { now: () => 0, monotonic: () => performance.now() }
const RULE = { id: 'tenant/requests', limit: 8, windowMs: 80_000 }
const PLACES = { id: 'total/concurrency', limit: 4 }

const rate = (amount = 1): RateTake => ({ rule: RULE, value: 'acme', amount })
const slot = (lease: string): Slot => ({ rule: PLACES, value: '', holder: 'acme', lease })
const ask = (rates: readonly RateTake[], slots: readonly Slot[] = []): LimitAsk => ({
  rates,
  slots,
  patience: 'none',
  wantMs: 0,
})

/** A server of limits that can hang, be gone, and come back, and an instance that shares through it. */
function world(instances = 1) {
  const counts = createMemoryLimits({ clock })
  const own = createMemoryLimits({ clock })
  let state: 'up' | 'hangs' | 'gone' = 'up'
  const held: (() => void)[] = []
  const answer = <Value>(work: () => Value): Promise<Value> => {
    if (state === 'gone') return Promise.reject(new Error('connection refused'))
    if (state === 'up') return Promise.resolve(work())
    return new Promise((resolve) => held.push(() => resolve(work())))
  }
  const tell = (work: () => void): void => void answer(work).catch(() => undefined)
  const server: RedisLimits = {
    take: (one) => answer(() => counts.take(one)),
    peek: (looks) => answer(() => counts.peek(looks)),
    correct: (changes) => tell(() => counts.correct(changes)),
    hold: (slots) => tell(() => counts.hold(slots)),
    release: (slots) => tell(() => counts.release(slots)),
    beat: () => answer(() => instances),
  }
  const log = { info: vi.fn(), warn: vi.fn() }
  const shared = shareLimits({ server, own, log, complaint: () => (state === 'gone' ? 'ECONNREFUSED' : '') })
  return {
    shared,
    log,
    counts,
    own,
    hang: () => {
      state = 'hangs'
    },
    vanish: () => {
      state = 'gone'
    },
    /** What was sent to a server that hung is done now, in its order. */
    comeBack: () => {
      state = 'up'
      for (const work of held.splice(0)) work()
    },
    remaining: () => counts.take(ask([rate(0)])).rates[0]?.remaining,
  }
}

/** A take that has to wait for a server that does not answer. */
async function late(taken: LimitVerdict | Promise<LimitVerdict>): Promise<LimitVerdict> {
  await vi.advanceTimersByTimeAsync(60)
  return taken
}

const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1_000)
const admittedOf = async (under: ReturnType<typeof world>, times: number) => {
  let admitted = 0
  for (let count = 0; count < times; count += 1) if ((await under.shared.take(ask([rate()]))).admitted) admitted += 1
  return admitted
}

describe('limits through a server', () => {
  it('are what the server says', async () => {
    const under = world(2)
    await seconds(1)
    under.counts.take(ask([rate(6)]))
    expect(await admittedOf(under, 5)).toBe(2)
    expect(under.shared.condition()).toEqual({ store: 'redis', state: 'ok', instances: 2 })
    under.shared.close()
  })

  it('renew the places that calls hold, and no others', async () => {
    const under = world()
    await under.shared.take(ask([], [slot('a')]))
    await under.shared.take(ask([], [slot('b')]))
    under.shared.release([slot('b')])
    under.counts.release([slot('a'), slot('b')])
    await seconds(3)
    expect(under.counts.slotsHeld()).toBe(1)
    under.shared.close()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('who looks at shared limits', () => {
  const looks = [
    { rule: RULE, value: 'acme' },
    { rule: PLACES, value: '' },
  ]

  it('sees what the server counts of all instances, and the values that this one knows', async () => {
    const under = world(2)
    await seconds(1)
    under.counts.take(ask([rate(3)], [slot('of another instance')]))
    await under.shared.take(ask([rate(1)], [slot('own')]))
    await under.shared.take(ask([{ ...rate(2), value: 'globex' }]))
    expect(await under.shared.peek(looks)).toEqual([
      { used: 4, left: 4, resetMs: 40_000 },
      { used: 2, left: 2, resetMs: null },
    ])
    expect(under.shared.busiest(RULE, 10)).toEqual(['globex', 'acme'])
    expect(under.shared.busiest(PLACES, 10)).toEqual([''])
    // By the whole limit globex would be done here after 20 s; by the half that this instance has it takes twice as long.
    await seconds(25)
    expect(under.shared.busiest(RULE, 10)).toEqual(['globex'])
    under.shared.close()
  })

  it.each(['hang', 'vanish'] as const)('of a server that is away (%s) sees the share of this instance', async (go) => {
    const under = world(2)
    await seconds(1)
    await under.shared.take(ask([rate(1)], [slot('own')]))
    under[go]()
    const seen = under.shared.peek(looks)
    await seconds(go === 'hang' ? 1.1 : 0)
    const shares = [
      { used: 1, left: 3 },
      { used: 1, left: 1, resetMs: null },
    ]
    expect(await seen).toMatchObject(shares)
    // Once it is known to be away nobody waits for it.
    await late(under.shared.take(ask([rate(0)])))
    expect(await under.shared.peek(looks)).toMatchObject(shares)
    under.shared.close()
  })
})

describe.each(['hang', 'vanish'] as const)('a server that is away (%s)', (go) => {
  it('holds one call up for 50 ms at most, and then none; it is told of once, and that it is back', async () => {
    const under = world()
    await seconds(1)
    under[go]()
    const began = performance.now()
    const first = under.shared.take(ask([rate()]))
    expect((await late(first)).admitted).toBe(true)
    expect(performance.now() - began).toBeLessThanOrEqual(60)
    expect((await under.shared.take(ask([rate()]))).admitted).toBe(true)
    await seconds(60)
    expect(under.log.warn).toHaveBeenCalledOnce()
    expect(under.log.warn).toHaveBeenCalledWith(
      { reason: go === 'hang' ? 'it does not answer' : 'ECONNREFUSED', instances: 1 },
      expect.stringContaining('away'),
    )
    expect(under.shared.condition().state).toBe('away')
    under.comeBack()
    await seconds(1)
    expect(under.shared.condition().state).toBe('ok')
    expect(under.log.info).toHaveBeenCalledOnce()
    under.shared.close()
  })

  it('leaves this instance its share of the limit: neither all nor nothing', async () => {
    const under = world(4)
    await seconds(1)
    under[go]()
    await late(under.shared.take(ask([rate()])))
    // 8 in all, 2 for each of 4 instances; and one comes back every 40 s.
    expect(await admittedOf(under, 20)).toBe(1)
    await seconds(40)
    expect(await admittedOf(under, 20)).toBe(1)
    under.shared.close()
  })

  it('gives nobody a second burst: what was let in before counts', async () => {
    const under = world()
    await seconds(1)
    expect(await admittedOf(under, 20)).toBe(8)
    under[go]()
    expect((await late(under.shared.take(ask([rate()])))).admitted).toBe(false)
    expect(await admittedOf(under, 20)).toBe(0)
    under.shared.close()
  })

  it('does not shut an instance out that had let in more than its share', async () => {
    const under = world(4)
    await seconds(1)
    expect(await admittedOf(under, 20)).toBe(8)
    under[go]()
    expect((await late(under.shared.take(ask([rate()])))).admitted).toBe(false)
    await seconds(40)
    expect(await admittedOf(under, 20)).toBe(1)
    under.shared.close()
  })

  it('hears of everything that was counted meanwhile when it is back, once', async () => {
    const under = world()
    await seconds(1)
    await under.shared.take(ask([rate()], [slot('a')]))
    under[go]()
    await late(under.shared.take(ask([rate(2)], [slot('b')])))
    await under.shared.take(ask([rate(3)], [slot('c')]))
    under.shared.correct([{ ...rate(), amount: -1 }])
    under.shared.release([slot('a'), slot('b')])
    under.comeBack()
    await vi.advanceTimersByTimeAsync(600)
    expect(under.remaining()).toBe(3)
    await seconds(3)
    expect(under.counts.slotsHeld()).toBe(1)
    under.shared.release([slot('c')])
    expect([under.counts.slotsHeld(), under.own.slotsHeld()]).toEqual([0, 0])
    under.shared.close()
  })

  it('keeps its places taken for the calls that still run', async () => {
    const under = world(2)
    await seconds(1)
    for (const lease of ['a', 'b', 'c']) await under.shared.take(ask([], [slot(lease)]))
    under[go]()
    expect((await late(under.shared.take(ask([], [slot('d')])))).admitted).toBe(false)
    under.shared.release([slot('a'), slot('b')])
    expect((await under.shared.take(ask([], [slot('e')]))).admitted).toBe(true)
    expect((await under.shared.take(ask([], [slot('f')]))).admitted).toBe(false)
    under.shared.close()
  })
})

it('takes nothing from a caller whose refusal came before the server’s late yes', async () => {
  const under = world()
  await seconds(1)
  const other = { ...rate(), value: 'other' }
  await admittedOf(under, 8)
  under.hang()
  // Here there is no room any more; the server, by the time it wakes up, has some.
  const refused = await late(under.shared.take(ask([rate(), other], [slot('a')])))
  expect(refused.admitted).toBe(false)
  await seconds(20)
  under.comeBack()
  await seconds(1)
  expect(under.counts.slotsHeld()).toBe(0)
  expect(under.counts.take(ask([{ ...other, amount: 0 }])).rates).toMatchObject([{ remaining: 8 }])
  under.shared.close()
})

it('that begins without its server says so once and goes on', async () => {
  const counts = createMemoryLimits({ clock })
  const log = { info: vi.fn(), warn: vi.fn() }
  const gone = () => Promise.reject(new Error('connection refused'))
  const server = { ...counts, take: gone, peek: gone, beat: gone }
  const shared = shareLimits({ server, own: createMemoryLimits({ clock }), log })
  await seconds(10)
  expect(log.warn).toHaveBeenCalledOnce()
  expect((await shared.take(ask([rate()]))).admitted).toBe(true)
  shared.close()
  expect(vi.getTimerCount()).toBe(0)
})
