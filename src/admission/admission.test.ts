import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { REJECT } from '../config/sections/on-limit.ts'
import { LimitRefusal } from './limit-refusal.ts'
import { limitOf, limitWorld, placesOf, USED } from './limit-world.contract.ts'
import type { Ticket } from './ticket.ts'

/** What a call that must be decided on the spot got. */
function ticketOf(entered: Ticket | Promise<Ticket>): Ticket {
  if (entered instanceof Promise) throw new Error('the call waits')
  return entered
}

function refusalOf(enter: () => unknown): LimitRefusal {
  try {
    enter()
  } catch (error) {
    if (error instanceof LimitRefusal) return error
  }
  throw new Error('the call was let in')
}

describe('a call', () => {
  it('that no limit applies to touches no count', () => {
    const world = limitWorld([limitOf({ per: 'team', amount: 1 })])
    const take = vi.spyOn(world.store, 'take')
    expect(ticketOf(world.enter()).rates).toEqual([])
    expect(ticketOf(world.admission.enter(world.call({}, { rules: [] }))).rates).toEqual([])
    expect(take).not.toHaveBeenCalled()
  })

  it('is told which limit is in the way, what is left of it and to the millisecond when it fits', () => {
    const world = limitWorld([
      limitOf({ per: 'user', amount: 2, windowMs: 3_600_000 }),
      limitOf({ per: 'total', amount: 99 }),
    ])
    ticketOf(world.enter())
    world.time.nowMs = 1_234
    expect(ticketOf(world.enter()).rates).toEqual([{ unit: 'requests', limit: 2, remaining: 0, resetMs: 3_598_766 }])
    const refusal = refusalOf(world.enter)
    expect(refusal).toMatchObject({
      code: 'rate_limited',
      message: 'User u1 has used its 2 requests per 1h; the next one fits in 1798766ms.',
      retryAfterMs: 1_798_766,
      retryAfterSeconds: 1_799,
      whenFreeMs: 1_798_766,
      rates: [{ unit: 'requests', limit: 2, remaining: 0 }],
      details: {
        limit: 'user/requests/1h',
        per: 'user',
        unit: 'requests',
        amount: 2,
        window: '1h',
        left: 0,
        on_limit: 'reject',
      },
    })
    world.time.nowMs += 1_798_765
    expect(refusalOf(world.enter).whenFreeMs).toBe(1)
    world.time.nowMs += 1
    ticketOf(world.enter())
  })

  it('is refused by the limit that takes longest, and told what that one wants done', () => {
    const onLimit = { ...REJECT, action: 'downgrade', downgradeTo: 'small' } as const
    const world = limitWorld([
      limitOf({ per: 'user', amount: 1 }),
      limitOf({ per: 'tenant', amount: 1, windowMs: 3_600_000, onLimit }),
      placesOf('tenant', 5),
    ])
    ticketOf(world.enter())
    const refusal = refusalOf(world.enter)
    expect([refusal.rule.id, refusal.onLimit]).toEqual(['tenant/requests/1h', onLimit])
  })

  it.each([
    [3_600_000, 'rate_limited', true],
    [86_399_999, 'rate_limited', true],
    [86_400_000, 'quota_exceeded', false],
    [31 * 86_400_000, 'quota_exceeded', false],
  ])('above a limit of %d ms gets %s', (windowMs, code, retryable) => {
    const world = limitWorld([limitOf({ per: 'tenant', amount: 50, unit: 'tokens', windowMs })])
    ticketOf(world.enter())
    expect(refusalOf(world.enter)).toMatchObject({ code, retryable })
  })

  it('says what tokens it needs', () => {
    const world = limitWorld([limitOf({ per: 'team', amount: 150, unit: 'tokens', match: { feature: ['chat'] } })])
    const ask = world.call({ teamId: 't1' })
    ticketOf(world.enter(ask))
    expect(refusalOf(() => world.enter(ask)).message).toBe(
      'Team t1 has 50 left of its 150 tokens per 1m (for feature=chat), and this call needs about 100; it fits in 20s.',
    )
  })

  it('whose tenant runs as many as it may is told so', () => {
    const world = limitWorld([placesOf('tenant', 2)])
    ticketOf(world.enter())
    ticketOf(world.enter())
    const refusal = refusalOf(world.enter)
    expect(refusal).toMatchObject({
      code: 'concurrency_limited',
      message: 'Tenant acme has 2 running calls and may have 2; send the call again when one has ended.',
      retryAfterSeconds: 1,
      whenFreeMs: null,
    })
  })

  it.each(['requests', 'tokens', 'concurrency'] as const)('is never let in where %s are limited to 0', (unit) => {
    const world = limitWorld([
      limitOf({ per: 'total', amount: 0, unit, windowMs: unit === 'concurrency' ? null : 60_000 }),
    ])
    expect(refusalOf(world.enter).message).toContain('its limit is 0')
  })
})

describe('the ticket of a call', () => {
  const remaining = (world: ReturnType<typeof limitWorld>, unit: 'requests' | 'tokens') => {
    const ticket = ticketOf(world.enter(world.call({}, { tokens: 1 })))
    ticket.close({ counts: false, attempts: [] })
    return ticket.rates.find((rate) => rate.unit === unit)?.remaining
  }

  it('gives its places back once, however often it is closed', () => {
    const world = limitWorld([placesOf('tenant', 2), placesOf('user', 5)])
    const [one] = [ticketOf(world.enter()), ticketOf(world.enter())]
    expect(world.store.slotsHeld()).toBe(4)
    for (let count = 0; count < 3; count += 1) one?.close(USED)
    expect(world.store.slotsHeld()).toBe(2)
  })

  it('puts expected tokens right by what was used, more or less', () => {
    const world = limitWorld([limitOf({ per: 'tenant', amount: 1_000, unit: 'tokens' })])
    const ticket = ticketOf(world.enter())
    for (let count = 0; count < 3; count += 1)
      ticket.close({ counts: true, attempts: [{ model: 'gpt-4o', tokens: 40 }] })
    expect(remaining(world, 'tokens')).toBe(959)
    const failing = { model: 'gpt-4o', tokens: 300 }
    ticketOf(world.enter()).close({ counts: true, attempts: [failing, { model: 'gpt-4o', tokens: 200 }] })
    expect(remaining(world, 'tokens')).toBe(459)
  })

  it('counts nothing for a call that was refused further on', () => {
    const world = limitWorld([
      limitOf({ per: 'tenant', amount: 10 }),
      limitOf({ per: 'tenant', amount: 1_000, unit: 'tokens' }),
    ])
    ticketOf(world.enter()).close({ counts: false, attempts: [] })
    expect([remaining(world, 'requests'), remaining(world, 'tokens')]).toEqual([9, 999])
  })

  it('counts a request, and no tokens, for a call that something else answered', () => {
    const world = limitWorld([
      limitOf({ per: 'tenant', amount: 10 }),
      limitOf({ per: 'tenant', amount: 1_000, unit: 'tokens' }),
    ])
    ticketOf(world.enter()).close({ counts: true, attempts: [] })
    expect([remaining(world, 'requests'), remaining(world, 'tokens')]).toEqual([8, 999])
  })

  it('counts attempts on the models that were asked, a fallback’s on its own', () => {
    const world = limitWorld([
      limitOf({ per: 'model', amount: 10 }),
      limitOf({ per: 'model', amount: 1_000, unit: 'tokens' }),
    ])
    const left = (model: string) => {
      const ticket = ticketOf(world.enter(world.call({}, { tokens: 1, deployment: { id: model, model } })))
      ticket.close({ counts: false, attempts: [] })
      return ticket.rates.map((rate) => rate.remaining)
    }
    const attempts = [
      { model: 'gpt-4o', tokens: 0 },
      { model: 'gpt-4o', tokens: 5 },
      { model: 'claude', tokens: 70 },
    ]
    ticketOf(world.enter()).close({ counts: true, attempts })
    expect([left('gpt-4o'), left('claude')]).toEqual([
      [7, 994],
      [8, 929],
    ])
  })

  it('of a hundred thousand calls that end in any way leaves nothing behind', () => {
    const world = limitWorld([placesOf('tenant', 50), placesOf('total', 80), placesOf('user', 40)])
    const open: Ticket[] = []
    for (let count = 0; count < 100_000; count += 1) {
      try {
        open.push(ticketOf(world.enter(world.call({ userId: `u${count % 7}` }))))
      } catch (error) {
        expect(error).toBeInstanceOf(LimitRefusal)
      }
      if (count % 3 > 0)
        open.splice((count * 31) % (open.length || 1), 1)[0]?.close({ counts: count % 2 === 0, attempts: [] })
    }
    for (const ticket of open) ticket.close(USED)
    expect(world.store.slotsHeld()).toBe(0)
  })
})

describe('a tenant with fewer running calls than its share', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  const A = { tenantId: 'noisy' }
  const B = { tenantId: 'quiet' }
  const full = () => {
    const world = limitWorld([placesOf('total', 4)])
    const running = Array.from({ length: 4 }, () => ticketOf(world.enter(world.call(A))))
    return { world, running }
  }

  it('gets the next place that comes free, before one that has more and asks all the time', async () => {
    const { world, running } = full()
    const waiting = world.enter(world.call(B))
    for (let count = 0; count < 50; count += 1) refusalOf(() => world.enter(world.call(A)))
    running[0]?.close(USED)
    for (let count = 0; count < 50; count += 1) refusalOf(() => world.enter(world.call(A)))
    const ticket = await waiting
    expect(world.store.slotsHeld()).toBe(4)
    ticket.close(USED)
    ticketOf(world.enter(world.call(A)))
  })

  it('waits a second at most, is then refused like everybody, and keeps no place from others', async () => {
    const { world, running } = full()
    const waiting = expect(world.enter(world.call(B))).rejects.toMatchObject({ code: 'concurrency_limited' })
    for (let count = 0; count < 25; count += 1) {
      world.time.nowMs += 50
      await vi.advanceTimersByTimeAsync(50)
    }
    await waiting
    running[0]?.close(USED)
    ticketOf(world.enter(world.call(A)))
  })

  it('whose caller leaves while it waits keeps no place from others', async () => {
    const { world, running } = full()
    const caller = new AbortController()
    const waiting = expect(world.enter(world.call(B, { signal: caller.signal }))).rejects.toMatchObject({
      code: 'client_closed',
    })
    caller.abort()
    await waiting
    running[0]?.close(USED)
    ticketOf(world.enter(world.call(A)))
    expect(vi.getTimerCount()).toBe(0)
  })

  it('does not wait for a place where a rate refuses it', () => {
    const world = limitWorld([placesOf('total', 1), limitOf({ per: 'tenant', amount: 1 })])
    ticketOf(world.enter(world.call(B))).close(USED)
    ticketOf(world.enter(world.call(A)))
    expect(refusalOf(() => world.enter(world.call(B))).code).toBe('rate_limited')
  })
})

describe('a call that may queue', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  const pass = async (world: ReturnType<typeof limitWorld>, ms: number) => {
    world.time.nowMs += ms
    await vi.advanceTimersByTimeAsync(ms)
  }

  it('waits for its rate as long as that takes, and goes in then', async () => {
    const world = limitWorld([limitOf({ per: 'user', amount: 60 })])
    for (let count = 0; count < 60; count += 1) ticketOf(world.enter())
    const waiting = world.enter(world.call({}, { queueMs: 5_000 }))
    await pass(world, 999)
    expect(refusalOf(world.enter).whenFreeMs).toBe(1)
    await pass(world, 1)
    expect((await waiting).rates).toMatchObject([{ remaining: 0 }])
  })

  it('is refused at once when its rate will not be there in time', async () => {
    const world = limitWorld([limitOf({ per: 'user', amount: 6 })])
    for (let count = 0; count < 6; count += 1) ticketOf(world.enter())
    await expect(world.enter(world.call({}, { queueMs: 5_000 }))).rejects.toMatchObject({ whenFreeMs: 10_000 })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('waits for a place in the order in which it came', async () => {
    const world = limitWorld([placesOf('tenant', 1)])
    const first = ticketOf(world.enter())
    const order: string[] = []
    const queue = async (name: string) => {
      const ticket = await world.enter(world.call({}, { queueMs: 5_000 }))
      order.push(name)
      ticket.close(USED)
    }
    const waiting = [queue('one'), queue('two'), queue('three')]
    await pass(world, 10)
    first.close(USED)
    await Promise.all(waiting)
    expect(order).toEqual(['one', 'two', 'three'])
    expect(world.store.slotsHeld()).toBe(0)
  })
})
