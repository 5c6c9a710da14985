import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { charged, debtAt, PAID, type RateState, standingOf } from './gcra.ts'

const rules = fc.record({
  id: fc.constant('r'),
  limit: fc.integer({ min: 1, max: 5_000 }),
  windowMs: fc.constantFrom(1_000, 60_000, 3_600_000, 86_400_000),
})
const steps = fc.array(
  fc.record({ afterMs: fc.nat(30_000), amount: fc.integer({ min: 1, max: 400 }), reallyUsed: fc.nat(500) }),
  { minLength: 1, maxLength: 80 },
)

/** What was let through and when, by the arithmetic under test. */
function run(
  rule: { id: string; limit: number; windowMs: number },
  asks: readonly { afterMs: number; amount: number }[],
) {
  let state: RateState = PAID
  let nowMs = 1_000
  return asks.map(({ afterMs, amount }) => {
    nowMs += afterMs
    const debt = debtAt(state, rule, nowMs)
    const { waitMs, remaining } = standingOf(debt, rule, amount)
    if (waitMs === 0) state = { debt: charged(debt, rule, amount), atMs: nowMs }
    return { nowMs, amount, admitted: waitMs === 0, waitMs, remaining, debt }
  })
}

describe('a rate', () => {
  it('lets no more through in any stretch of time than its limit and what came back in it', () => {
    fc.assert(
      fc.property(rules, steps, (rule, asks) => {
        const admitted = run(rule, asks).filter((one) => one.admitted && one.amount <= rule.limit)
        for (const [from, first] of admitted.entries()) {
          let sum = 0
          for (const one of admitted.slice(from)) {
            sum += one.amount
            const cameBack = ((one.nowMs - first.nowMs) * rule.limit) / rule.windowMs
            expect(sum).toBeLessThanOrEqual(rule.limit + cameBack + 1e-6)
          }
        }
      }),
    )
  })

  it('is exact: what fits, when the next one does, and not a millisecond before, as fractions without rounding say', () => {
    fc.assert(
      fc.property(rules, steps, (rule, asks) => {
        // Units as exact fractions over windowMs.
        const [limit, windowMs] = [BigInt(rule.limit), BigInt(rule.windowMs)]
        let used = 0n
        let last = 1_000
        for (const one of run(rule, asks)) {
          const paid = BigInt(one.nowMs - last) * limit
          used = used > paid ? used - paid : 0n
          last = one.nowMs
          const need = BigInt(Math.min(one.amount, rule.limit)) * windowMs
          const fits = used + need <= limit * windowMs
          expect(one.admitted).toBe(fits)
          expect(BigInt(one.remaining)).toBe(used >= limit * windowMs ? 0n : (limit * windowMs - used) / windowMs)
          if (fits) used += BigInt(one.amount) * windowMs
          else {
            const fitsIn = (ms: number) => used - BigInt(ms) * limit + need <= limit * windowMs
            expect([fitsIn(one.waitMs), fitsIn(one.waitMs - 1)]).toEqual([true, false])
          }
        }
      }),
    )
  })

  it('that was put right afterwards has let through what was really used: limit and refill, beyond them only what came out larger than thought', () => {
    fc.assert(
      fc.property(rules, steps, (rule, asks) => {
        let state: RateState = PAID
        let nowMs = 0
        let really = 0
        for (const { afterMs, amount, reallyUsed } of asks) {
          nowMs += afterMs
          const debt = debtAt(state, rule, nowMs)
          if (standingOf(debt, rule, amount).waitMs > 0) continue
          const before = really
          state = { debt: charged(charged(debt, rule, amount), rule, reallyUsed - amount), atMs: nowMs }
          really += reallyUsed
          const cameBack = (nowMs * rule.limit) / rule.windowMs
          expect(before + Math.min(amount, rule.limit, reallyUsed)).toBeLessThanOrEqual(rule.limit + cameBack + 1e-6)
        }
      }),
    )
  })

  it('does not follow a clock that goes back', () => {
    const rule = { id: 'r', limit: 10, windowMs: 1_000 }
    expect(debtAt({ debt: 4_000, atMs: 5_000 }, rule, 4_000)).toBe(4_000)
    expect(debtAt({ debt: 4_000, atMs: 5_000 }, rule, 5_100)).toBe(3_000)
  })
})
