import { type Amounts, plusAmounts } from '../canonical/amounts.ts'
import type { Slice } from './slice.ts'

/** What one call holds on all its budgets, each in its own unit. */
export class Hold {
  readonly slices: readonly Slice[]
  readonly #monotonic: () => number
  #amounts: Amounts
  #over = false

  /** Takes the amounts from slices that have them. `monotonic` gives ms. */
  constructor(slices: readonly Slice[], amounts: Amounts, monotonic: () => number) {
    this.slices = slices
    this.#monotonic = monotonic
    this.#amounts = amounts
    for (const slice of slices) slice.holders += 1
    this.#take(amounts)
  }

  get amounts(): Amounts {
    return this.#amounts
  }

  /** Whether it was posted: then it cannot grow any more. */
  get over(): boolean {
    return this.#over
  }

  /** Takes more, if every slice has it; says whether it did. */
  grow(more: Amounts): boolean {
    if (this.#over || !allFit(this.slices, more)) return false
    this.#take(more)
    this.#amounts = plusAmounts(this.#amounts, more)
    return true
  }

  /**
   * The call used `spent`, and the ledger has posted that: the rest is free. Not before, though it may be known earlier: if this instance died in
   * between, the call would be booked at the whole hold. To be called once.
   */
  posted(spent: Amounts): void {
    this.#over = true
    const postedAtMs = this.#monotonic()
    for (const slice of this.slices) {
      const { unit } = slice.window
      slice.posted(this.#amounts[unit], spent[unit], postedAtMs)
      slice.holders -= 1
    }
  }

  #take(amounts: Amounts): void {
    const takenAtMs = this.#monotonic()
    for (const slice of this.slices) slice.hold(amounts[slice.window.unit], takenAtMs)
  }
}

/** Whether every slice has its amount free. */
export function allFit(slices: readonly Slice[], amounts: Amounts): boolean {
  for (const slice of slices) if (!slice.fits(amounts[slice.window.unit])) return false
  return true
}
