import type { NanoUsd } from '../canonical/money.ts'
import type { Slice } from './slice.ts'

/** Money held for one call on all its budgets. */
export interface Hold {
  readonly amount: NanoUsd
  /** The cost is known: what it leaves of the amount is free at once. To be called once. */
  spend(spent: NanoUsd): void
  /** The cost is posted in the ledger. To be called once, after `spend`. */
  posted(): void
}

/** Takes an amount from slices that have it. `monotonic` gives ms. */
export function takeHold(slices: readonly Slice[], amount: NanoUsd, monotonic: () => number): Hold {
  const atMs = monotonic()
  for (const slice of slices) slice.hold(amount, atMs)
  let kept = amount
  return {
    amount,
    spend: (spent) => {
      const spentAtMs = monotonic()
      for (const slice of slices) slice.spend(kept, spent, spentAtMs)
      kept = spent
    },
    posted: () => {
      for (const slice of slices) slice.posted(kept)
      kept = 0n
    },
  }
}
