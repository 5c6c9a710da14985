import type { LimitUse, RateRule, RateStanding } from '../contracts/limit-store.ts'

/*
 * The arithmetic of rates: GCRA, the generic cell rate algorithm, in whole numbers.
 *
 * A count is a debt that is paid off continuously: `limit` units in every `windowMs`. A call fits when the debt with it is at most the whole limit. So the
 * full limit may be used in one burst, after that units come back one by one, and no window, wherever it begins, sees more than its
 * limit and what came back in it. There are no fixed windows, at whose edge two bursts could meet.
 *
 * The debt is kept in units × milliseconds (one unit is `windowMs`), of which `limit` are paid off in a millisecond: then every quantity is a whole number,
 * exact as long as limit × windowMs is below 2^53 and off by far less than a unit above. The time at which the debt will be paid, atMs + debt / limit, is what GCRA calls the
 * theoretical arrival time. `scripts/take.lua.ts` does the same on the server.
 */

/** What is counted. A debt of 0 is the same as no state at all. */
export interface RateState {
  readonly debt: number
  /** When that was the debt. */
  readonly atMs: number
}

/** Nothing is counted. */
export const PAID: RateState = { debt: 0, atMs: 0 }

/** The debt at an instant. A clock that goes back pays nothing. */
export function debtAt({ debt, atMs }: RateState, { limit }: RateRule, nowMs: number): number {
  return nowMs > atMs ? Math.max(0, debt - (nowMs - atMs) * limit) : debt
}

/** How a debt stands to an ask. One for more than the limit is treated as one for all of it: it fits when nothing is counted. */
export function standingOf(debt: number, rule: RateRule, amount: number): RateStanding {
  const { limit, windowMs } = rule
  if (limit === 0) return { remaining: 0, resetMs: windowMs, waitMs: windowMs }
  const lack = lackOf(debt, rule, amount)
  return { ...standingAfter(debt, rule), waitMs: lack > 0 ? Math.ceil(lack / limit) : 0 }
}

/** Whether an ask fits: whether it would not have to wait. */
export function fits(debt: number, rule: RateRule, amount: number): boolean {
  return rule.limit > 0 && lackOf(debt, rule, amount) <= 0
}

/** How a debt stands to the call that was just counted in it. */
export function standingAfter(debt: number, { limit, windowMs }: RateRule): RateStanding {
  const remaining = Math.max(0, Math.floor((limit * windowMs - debt) / windowMs))
  return { remaining, resetMs: Math.ceil(debt / limit), waitMs: 0 }
}

/** How much of a debt has to be paid off before an ask fits. */
function lackOf(debt: number, { limit, windowMs }: RateRule, amount: number): number {
  return Math.min(amount, limit) * windowMs - (limit * windowMs - debt)
}

/** How a debt looks to who asks for nothing. */
export function rateUse(debt: number, rule: RateRule): LimitUse {
  const { remaining, resetMs } = standingOf(debt, rule, 0)
  return { used: Math.ceil(debt / rule.windowMs), left: remaining, resetMs: debt === 0 ? 0 : resetMs }
}

/** The debt after an amount was charged, or given back when it is below 0. `most` bounds what is counted afterwards, in units. */
export function charged(debt: number, { windowMs }: RateRule, amount: number, most = Number.POSITIVE_INFINITY): number {
  return Math.min(Math.max(0, debt + amount * windowMs), most * windowMs)
}
