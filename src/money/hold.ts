import type { NanoUsd } from '../canonical/money.ts'
import type { Slice } from './slice.ts'

/** Money held for one call on all its budgets. */
export interface Hold {
  readonly amount: NanoUsd
  /**
   * The call cost `spent`, and the ledger has posted that: the rest is free. Not before, though the cost may be known earlier: if this instance died in
   * between, the call would be booked at the whole amount. To be called once.
   */
  posted(spent: NanoUsd): void
}

/** Takes an amount from slices that have it. `monotonic` gives ms. */
export function takeHold(slices: readonly Slice[], amount: NanoUsd, monotonic: () => number): Hold {
  const takenAtMs = monotonic()
  for (const slice of slices) slice.hold(amount, takenAtMs)
  return {
    amount,
    posted: (spent) => {
      const postedAtMs = monotonic()
      for (const slice of slices) slice.posted(amount, spent, postedAtMs)
    },
  }
}
