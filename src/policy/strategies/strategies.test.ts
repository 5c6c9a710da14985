import { describe, expect, test } from 'vitest'
import { cheapest } from './cheapest.ts'
import { EXPLORED_SHARE, fastest } from './fastest.ts'
import { leastBusy } from './least-busy.ts'
import { prefixAffinity } from './prefix-affinity.ts'
import { STRATEGIES } from './registry.ts'
import { choice, draw, shares, strategyContract } from './strategy.contract.ts'
import { STRATEGY_NAMES, type Strategy } from './strategy.ts'
import { weighted } from './weighted.ts'

for (const name of STRATEGY_NAMES) strategyContract(STRATEGIES[name])

const order = (strategy: Strategy, choices: Parameters<Strategy['order']>[0], seed = 's', prefix = 'p') =>
  strategy.order(choices, draw(seed, prefix)).map(({ id }) => id)

describe('weighted', () => {
  test('gives each its part of the calls', () => {
    const parts = shares(weighted, [
      choice('a', { weight: 80 }),
      choice('b', { weight: 15 }),
      choice('c', { weight: 5 }),
    ])
    expect(parts.a).toBeCloseTo(0.8, 1)
    expect(parts.b).toBeCloseTo(0.15, 1)
    expect(parts.c).toBeCloseTo(0.05, 1)
  })

  test('gives nothing to a weight of 0 but to take over', () => {
    const choices = [choice('never', { weight: 0 }), choice('a'), choice('b')]
    expect(shares(weighted, choices).never).toBe(0)
    expect(order(weighted, choices).at(-1)).toBe('never')
  })

  test('moves no call between two when a third comes', () => {
    const two = [choice('a'), choice('b')]
    for (let call = 0; call < 500; call += 1) {
      const [before] = order(weighted, two, `tr_${call}`)
      const [after] = order(weighted, [...two, choice('c')], `tr_${call}`)
      expect([before, 'c']).toContain(after)
    }
  })
})

describe('cheapest', () => {
  test('puts what costs least first, and keeps the order of what costs the same', () => {
    const choices = [choice('dear', { cost: 9n }), choice('one', { cost: 2n }), choice('two', { cost: 2n })]
    expect(order(cheapest, choices)).toEqual(['one', 'two', 'dear'])
  })
})

describe('fastest', () => {
  const slow = choice('slow', { p95Ms: 900 })
  const quick = choice('quick', { p95Ms: 90 })
  const unknown = choice('unknown')

  test('puts the quickest first', () => {
    expect(order(fastest, [slow, quick])).toEqual(['quick', 'slow'])
  })

  test('tries what is not known now and then', () => {
    const parts = shares(fastest, [slow, unknown, quick])
    expect(parts.unknown).toBeCloseTo(EXPLORED_SHARE, 1)
    expect(parts.unknown).toBeGreaterThan(0)
    expect(parts.slow).toBe(0)
  })

  test('begins as written when nothing is known, and tries each of the others', () => {
    const parts = shares(fastest, [choice('a'), choice('b'), choice('c')])
    expect(parts.a).toBeGreaterThan(0.85)
    expect(Math.min(parts.b ?? 0, parts.c ?? 0)).toBeGreaterThan(0.01)
  })
})

describe('least-busy', () => {
  test('puts where the fewest calls run first', () => {
    expect(
      order(leastBusy, [choice('a', { running: 3 }), choice('b', { running: 1 }), choice('c', { running: 2 })]),
    ).toEqual(['b', 'c', 'a'])
  })

  test('shares by chance where as many run', () => {
    const parts = shares(leastBusy, [choice('a'), choice('b'), choice('c', { running: 1 })])
    expect(parts.a).toBeCloseTo(0.5, 1)
    expect(parts.b).toBeCloseTo(0.5, 1)
    expect(parts.c).toBe(0)
  })
})

describe('prefix-affinity', () => {
  const replicas = ['a', 'b', 'c', 'd'].map((id) => choice(id, { running: 4 }))
  const prefixes = Array.from({ length: 2_000 }, (_, index) => `prefix ${index}`)
  const home = (prefix: string, choices = replicas) => order(prefixAffinity, choices, `tr_${Math.random()}`, prefix)[0]

  test('sends the same beginning to the same replica, whatever the call, and spreads different ones', () => {
    expect(new Set(Array.from({ length: 50 }, () => home('one'))).size).toBe(1)
    for (const { id } of replicas) {
      expect(prefixes.filter((prefix) => home(prefix) === id).length / prefixes.length).toBeCloseTo(0.25, 1)
    }
  })

  test('moves only the beginnings of a replica that goes', () => {
    const fewer = replicas.slice(1)
    for (const prefix of prefixes.slice(0, 300)) {
      const before = home(prefix)
      if (before !== 'a') expect(home(prefix, fewer)).toBe(before)
    }
  })

  test('passes over a replica that has a quarter more than its share', () => {
    const full = home('one')
    const busy = replicas.map((replica) => (replica.id === full ? { ...replica, running: 8 } : replica))
    expect(home('one', busy)).not.toBe(full)
    const fair = replicas.map((replica) => (replica.id === full ? { ...replica, running: 5 } : replica))
    expect(home('one', fair)).toBe(full)
  })
})
