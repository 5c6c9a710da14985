import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limitStoreContract } from '../contracts/limit-store.contract.ts'
import { createMemoryLimits } from './limit-store.ts'

const RULE = { id: 'user/requests', limit: 10, windowMs: 60_000 }

function opened(valuesPerRule?: number) {
  const time = { nowMs: 1_000_000 }
  const clock = { now: () => 0, monotonic: () => time.nowMs + 0.7 }
  return { time, store: createMemoryLimits({ clock, ...(valuesPerRule === undefined ? {} : { valuesPerRule }) }) }
}

describe('limits in memory', () => limitStoreContract(async () => ({ ...opened(), close: async () => undefined })))

describe('the memory of limits', () => {
  const ask = (value: string) => ({
    rates: [{ rule: RULE, value, amount: 1 }],
    slots: [],
    patience: 'none' as const,
    wantMs: 0,
  })

  it('stays bounded under a million values that nobody will use again', () => {
    const { store, time } = opened(10_000)
    let admitted = 0
    for (let count = 0; count < 1_000_000; count += 1) {
      if (count % 100 === 0) time.nowMs += 1
      if (store.take(ask(`user-${Math.random()}`)).admitted) admitted += 1
    }
    expect(admitted).toBe(1_000_000)
    expect(store.size()).toBe(10_000)
  })

  it('keeps what one rule counts whatever floods another', () => {
    const { store } = opened(100)
    const own = { ...RULE, id: 'tenant/requests' }
    for (let count = 0; count < 10; count += 1)
      store.take({ ...ask(''), rates: [{ rule: own, value: 'acme', amount: 1 }] })
    for (let count = 0; count < 1_000; count += 1) store.take(ask(`user-${count}`))
    expect(store.take({ ...ask(''), rates: [{ rule: own, value: 'acme', amount: 1 }] }).admitted).toBe(false)
  })

  it('knows the busiest values of a rule, and no more of them than it is asked for', () => {
    const { store, time } = opened()
    const take = (value: string, amount: number) => store.take({ ...ask(''), rates: [{ rule: RULE, value, amount }] })
    for (let count = 0; count < 1_000; count += 1) take(`user-${count}`, 1 + (count % 7))
    take('first', 10)
    take('second', 9)
    const busiest = store.busiest(RULE, 3)
    expect(busiest.slice(0, 2)).toEqual(['first', 'second'])
    expect(store.busiest(RULE, 5_000)).toHaveLength(1_002)
    expect(store.peek([{ rule: RULE, value: busiest[2] ?? '' }])).toMatchObject([{ used: 7 }])
    // Ten a minute come back: after 57 s only the busiest one has something left to pay.
    time.nowMs += 57_000
    expect(store.busiest(RULE, 3)).toEqual(['first'])
    expect(store.busiest({ ...RULE, id: 'another' }, 3)).toEqual([])
  })

  it('finds the busiest in whatever order they came', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 60 }), fc.integer({ min: 1, max: 12 }), (amounts, most) => {
        const { store } = opened()
        store.correct(amounts.map((amount, index) => ({ rule: RULE, value: `user-${index}`, amount })))
        const used = store
          .peek(store.busiest(RULE, most).map((value) => ({ rule: RULE, value })))
          .map((use) => use.used)
        const busy = amounts.filter((amount) => amount > 0).sort((left, right) => right - left)
        expect(used).toEqual(busy.slice(0, most))
      }),
    )
  })

  it('knows the values with the most running calls, and none that only wait', () => {
    const { store } = opened()
    const slot = (value: string, lease: string) => ({ rule: { id: 'feature', limit: 3 }, value, holder: lease, lease })
    store.hold([slot('chat', 'a'), slot('search', 'b'), slot('search', 'c')])
    const none = { ...slot('idle', 'd'), rule: { id: 'feature', limit: 0 } }
    store.take({ rates: [], slots: [none], patience: 'any', wantMs: 1_000 })
    expect(store.busiest({ id: 'feature', limit: 3 }, 10)).toEqual(['search', 'chat'])
  })

  it('keeps nobody longer for being looked at', () => {
    const { store } = opened(2)
    for (const value of ['a', 'b']) store.take(ask(value))
    store.peek([{ rule: RULE, value: 'a' }])
    store.busiest(RULE, 2)
    store.take(ask('c'))
    expect(store.peek(['a', 'b', 'c'].map((value) => ({ rule: RULE, value })))).toMatchObject([
      { used: 0 },
      { used: 1 },
      { used: 1 },
    ])
  })

  it('forgets places with the last call that has or wants one', () => {
    const { store } = opened()
    const slot = (lease: string) => ({ rule: { id: 'run', limit: 1 }, value: lease, holder: 'acme', lease })
    for (let count = 0; count < 100_000; count += 1) {
      const slots = [slot(`run-${count}`)]
      store.take({ rates: [], slots, patience: 'none', wantMs: 0 })
      store.release(slots)
      store.release(slots)
    }
    expect(store.slotsHeld()).toBe(0)
  })
})
