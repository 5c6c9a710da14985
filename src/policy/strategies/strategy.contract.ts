/*
 * What every strategy must do, whatever it goes by.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Choice, Draw, Strategy } from './strategy.ts'

/** A deployment to choose that has nothing special about it. */
export function choice(id: string, change: Partial<Choice> = {}): Choice {
  return { id, weight: 1, cost: 1n, p95Ms: null, running: 0, ...change }
}

/** A call. */
export function draw(seed: string, prefix = 'p'): Draw {
  return { seed, prefix: () => prefix }
}

/** Which choice is first, as a share of many calls. */
export function shares(strategy: Strategy, choices: readonly Choice[], calls = 5_000): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { id } of choices) counts[id] = 0
  for (let call = 0; call < calls; call += 1) {
    const [first] = strategy.order(choices, draw(`tr_${call}`))
    if (first) counts[first.id] = (counts[first.id] ?? 0) + 1 / calls
  }
  return counts
}

const anyChoices = fc.uniqueArray(
  fc.record({
    id: fc.string({ minLength: 1 }),
    weight: fc.double({ min: 0, max: 1_000, noNaN: true }),
    cost: fc.bigInt({ min: 0n, max: 1_000_000n }),
    p95Ms: fc.option(fc.nat()),
    running: fc.nat({ max: 1_000 }),
  }),
  { minLength: 1, maxLength: 8, selector: ({ id }) => id },
)

/** The tests that a strategy must pass. */
export function strategyContract(strategy: Strategy): void {
  describe(strategy.name, () => {
    test('gives every choice once, adds none, and leaves what it was given', () => {
      fc.assert(
        fc.property(anyChoices, fc.string(), (choices, seed) => {
          const before = [...choices]
          const ordered = strategy.order(choices, draw(seed))
          expect(new Set(ordered)).toEqual(new Set(choices))
          expect(ordered).toHaveLength(choices.length)
          expect(choices).toEqual(before)
        }),
      )
    })

    test('gives the same order for the same call', () => {
      fc.assert(
        fc.property(anyChoices, fc.string(), (choices, seed) => {
          expect(strategy.order(choices, draw(seed))).toEqual(strategy.order(choices, draw(seed)))
        }),
      )
    })

    test('has no choice where there is one', () => {
      const only = choice('a/m', { weight: 0, running: 1_000 })
      expect(strategy.order([only], draw('s'))).toEqual([only])
    })
  })
}
