import type { Billionths } from '../canonical/amounts.ts'
import type { BudgetWindow } from '../storage/contracts/ledger-store.ts'

/** Seconds over which spending is averaged. */
const AVERAGE_SECONDS = 5
/** How much of the recent spend a slice should hold beyond what is in use, in seconds. */
const CUSHION_SECONDS = 2
/** What is left of a budget is divided by this for the largest cushion: the closer to the limit, the smaller. */
const CUSHION_SHARE = 10n
/** The same for a budget whose rest is not yet known, by its limit. */
const FIRST_CUSHION_SHARE = 50n
/** A slice without new holds for this long is idle. */
const IDLE_MS = 5_000

/**
 * This instance's slice of one budget window: how much the budget has lent, and how much of that calls hold until their cost is posted. `free` is below
 * zero after calls cost more than they held; then new holds wait until the budget has lent the difference.
 */
export class Slice {
  /** The budget as the last caller described it: its limit changes with the config. */
  window: BudgetWindow
  lent: Billionths = 0n
  held: Billionths = 0n
  /** How many calls hold of it, if only nothing: they may come for more. */
  holders = 0
  /** What the budget had beyond all slices when it was last asked; null before that. */
  left: Billionths | null = null
  /** Money on its way back; ask the budget for more only after it arrived. */
  returning: Promise<void> | null = null
  #peak: Billionths = 0n
  #heldAtMs = Number.NEGATIVE_INFINITY
  #spendPerSecond = 0
  #averagedAtMs = 0

  constructor(window: BudgetWindow) {
    this.window = window
  }

  get free(): Billionths {
    return this.lent - this.held
  }

  /** Whether a call of this size can be held now. What costs nothing always can. */
  fits(amount: Billionths): boolean {
    return amount === 0n || this.free >= amount
  }

  hold(amount: Billionths, atMs: number): void {
    this.held += amount
    if (this.held > this.#peak) this.#peak = this.held
    this.#heldAtMs = atMs
  }

  /** A call for which `held` was held cost `spent`, and the ledger has posted that. There as here, a slice goes no lower than zero. */
  posted(held: Billionths, spent: Billionths, atMs: number): void {
    this.held -= held
    this.lent = this.lent > spent ? this.lent - spent : 0n
    this.#average(atMs)
    this.#spendPerSecond += Number(spent) / AVERAGE_SECONDS
  }

  /** What to borrow beyond `needed`: two seconds of spend or as much again as is in use, but only a small part of what the budget has left. */
  cushion(needed: Billionths, atMs: number): Billionths {
    this.#average(atMs)
    const inUse = this.held + needed
    const recent = BigInt(Math.ceil(this.#spendPerSecond * CUSHION_SECONDS))
    const most = this.left === null ? this.window.limit / FIRST_CUSHION_SHARE : this.left / CUSHION_SHARE
    const good = recent > inUse ? recent : inUse
    return good < most ? good : most
  }

  /** Free money that the next seconds will hardly need; all of it when the slice is idle. */
  surplus(atMs: number): Billionths {
    if (this.free <= 0n) return 0n
    if (atMs - this.#heldAtMs > IDLE_MS) return this.free
    this.#average(atMs)
    const swing = this.#peak - this.held
    const keep = swing + BigInt(Math.ceil(this.#spendPerSecond * 2 * CUSHION_SECONDS))
    // The peak of the past fades, so a burst does not keep its money for long.
    this.#peak = this.held + swing / 2n
    return this.free > 2n * keep ? this.free - keep : 0n
  }

  #average(atMs: number): void {
    const seconds = Math.max(0, atMs - this.#averagedAtMs) / 1000
    this.#spendPerSecond *= Math.exp(-seconds / AVERAGE_SECONDS)
    this.#averagedAtMs = atMs
  }
}
