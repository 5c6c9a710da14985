import type { Amounts, Billionths } from '../canonical/amounts.ts'
import { LAST, type Slice } from './slice.ts'

/** What a hold needs of the book that its slices are of. */
export interface HoldTies {
  /** ms. */
  readonly monotonic: () => number
  /** Some of what was held has come free. */
  readonly freed: () => void
}

/** What one call holds on all its budgets: of each slice some amount. */
export class Hold {
  readonly #slices: Slice[]
  readonly #held: Billionths[]
  readonly #ties: HoldTies
  #over = false

  /** Takes from each slice what is needed of it; all must have it. Both lists are the hold's own from here on. */
  constructor(slices: Slice[], needs: Billionths[], ties: HoldTies, atMs = ties.monotonic()) {
    this.#slices = slices
    this.#held = needs
    this.#ties = ties
    let index = 0
    for (const slice of slices) {
      slice.holders += 1
      slice.hold(needs[index++] ?? 0n, atMs)
    }
  }

  get slices(): readonly Slice[] {
    return this.#slices
  }

  /** What is held of each slice, in their order. */
  get held(): readonly Billionths[] {
    return this.#held
  }

  /** Whether it was posted: then it cannot grow any more. */
  get over(): boolean {
    return this.#over
  }

  /** Further budgets that the call is in from now on. Nothing of them is held yet. */
  join(slices: readonly Slice[]): void {
    if (this.#over) return
    for (const slice of slices) {
      slice.holders += 1
      this.#slices.push(slice)
      this.#held.push(0n)
    }
  }

  /** Takes more of the slices, if all have it for a call of this rank; says whether it did. */
  grow(needs: readonly Billionths[], rank = LAST): boolean {
    if (this.#over || !allFit(this.#slices, needs, rank)) return false
    const atMs = this.#ties.monotonic()
    for (const [index, slice] of this.#slices.entries()) {
      const need = needs[index] ?? 0n
      slice.hold(need, atMs)
      this.#held[index] = (this.#held[index] ?? 0n) + need
    }
    return true
  }

  /** The call used `spent` of each slice, and that is kept where a crash cannot lose it, though not in the ledger yet: the rest is free. */
  kept(spent: readonly Billionths[]): void {
    this.#over = true
    for (const [index, slice] of this.#slices.entries()) {
      const used = spent[index] ?? 0n
      slice.held += used - (this.#held[index] ?? 0n)
      this.#held[index] = used
    }
    this.#ties.freed()
  }

  /**
   * The call used `spent` of each slice, and the ledger has posted that: the rest is free. Not before, though it may be known earlier: if this instance
   * died in between, the call would be booked at the whole hold. To be called once.
   */
  posted(spent: readonly Billionths[]): void {
    this.#over = true
    const atMs = this.#ties.monotonic()
    let index = 0
    for (const slice of this.#slices) {
      slice.holders -= 1
      slice.posted(this.#held[index] ?? 0n, spent[index] ?? 0n, atMs)
      index += 1
    }
    this.#ties.freed()
  }
}

/** What is needed of each slice for these amounts. */
export function needsOf(slices: readonly Slice[], amounts: Amounts): Billionths[] {
  return slices.map(({ window }) => amounts[window.unit])
}

/** Whether every slice has what is needed of it for a call of this rank. */
export function allFit(slices: readonly Slice[], needs: readonly Billionths[], rank = LAST): boolean {
  for (let index = 0; index < slices.length; index += 1) {
    if (slices[index]?.fits(needs[index] ?? 0n, rank) === false) return false
  }
  return true
}
