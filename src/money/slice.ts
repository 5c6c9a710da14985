import type { Billionths } from '../canonical/amounts.ts'
import type { BudgetWindow } from '../storage/contracts/ledger-store.ts'
import type { LadderBudget, LadderWatch } from './ladder.ts'

/** Seconds over which spending is averaged. */
const AVERAGE_SECONDS = 5
/** How an instance keeps its slices. */
export interface SliceHabits {
  /** How much of the recent spend a slice should hold beyond what is in use, in seconds. */
  readonly cushionSeconds: number
  /** A slice without new holds for this long is idle, in ms. */
  readonly idleMs: number
  /** Whether it borrows before it has to. */
  readonly ahead: boolean
}

/** As little as is good for speed. */
export const FRUGAL: SliceHabits = { cushionSeconds: 2, idleMs: 5_000, ahead: false }
/** Enough to live on when the ledger is away for a while. */
export const PROVIDENT: SliceHabits = { cushionSeconds: 30, idleMs: 60_000, ahead: true }

/** What is left of a budget is divided by this for the largest cushion: the closer to the limit, the smaller. */
const CUSHION_SHARE = 10n
/** The same for a budget whose rest is not yet known, by its limit. */
const FIRST_CUSHION_SHARE = 50n
/** For so long after the last word that somebody is short of a budget, its slice keeps nothing in advance. */
const PRESSED_MS = 2_000

/** Rank of those who wait to begin: behind all who have begun. */
export const LAST = Number.POSITIVE_INFINITY

/**
 * This instance's slice of one budget window: how much the budget has lent, and how much of that calls hold until their cost is posted. `free` is below
 * zero after calls cost more than they held; then new holds wait until the budget has lent the difference.
 */
export class Slice {
  /** The budget as the last caller described it: its limit changes with the config. */
  window: BudgetWindow
  lent: Billionths = 0n
  held: Billionths = 0n
  /** How many calls hold of it, be it nothing. */
  holders = 0
  /** What the budget had beyond all slices when it was last asked; null before that. */
  left: Billionths | null = null
  /** What was spent for good and lent to others when the budget was last asked, and was spent from here since; null before that. */
  spent: Billionths | null = null
  /** The budget, when it has a ladder. */
  climbs: LadderBudget | null = null
  /** Queues of calls that wait for budgets of which this is one. */
  queues = 0
  /** Questions to the store that may bring more. */
  loans = 0
  /** Money on its way back; ask the budget for more only after it arrived. */
  returning: Promise<void> | null = null
  /** Ranks of running calls that wait for more of it, the oldest call first. */
  readonly waiting: number[] = []
  #peak: Billionths = 0n
  #heldAtMs = Number.NEGATIVE_INFINITY
  #pressedAtMs = Number.NEGATIVE_INFINITY
  #spendPerSecond = 0
  #averagedAtMs = 0

  readonly #ladder: LadderWatch | null
  readonly #habits: SliceHabits

  /** `ladder` is told when it may have to look at a budget that has one. */
  constructor(window: BudgetWindow, ladder: LadderWatch | null = null, habits: SliceHabits = FRUGAL) {
    this.window = window
    this.#ladder = ladder
    this.#habits = habits
  }

  get free(): Billionths {
    return this.lent - this.held
  }

  /** Whether a call of this rank can hold this much now. What costs nothing always can; else older calls that wait go first. */
  fits(amount: Billionths, rank = LAST): boolean {
    if (amount === 0n) return true
    return this.free >= amount && (this.waiting.length === 0 || rank <= (this.waiting[0] ?? LAST))
  }

  /** Whether nobody has to do with it any more. */
  get isUnused(): boolean {
    return this.lent === 0n && this.holders === 0 && this.queues === 0 && this.loans === 0
  }

  hold(amount: Billionths, atMs: number): void {
    this.held += amount
    if (this.held > this.#peak) this.#peak = this.held
    this.#heldAtMs = atMs
    if (this.climbs) this.#ladder?.held(this.climbs, this, amount)
  }

  /** A call for which `held` was held cost `spent`, and the ledger has posted that. There as here, a slice goes no lower than zero. */
  posted(held: Billionths, spent: Billionths, atMs: number): void {
    this.held -= held
    this.lent = this.lent > spent ? this.lent - spent : 0n
    if (this.spent !== null) this.spent += spent
    this.#average(atMs)
    this.#spendPerSecond += Number(spent) / AVERAGE_SECONDS
    if (this.climbs) this.#ladder?.settled(this.climbs, this)
  }

  /** The budget was asked: it has lent so much more, and has so much left beyond all slices. */
  told(granted: Billionths, left: Billionths): void {
    this.lent += granted
    this.left = left
    this.spent = this.window.limit - left - this.lent
  }

  /** Somebody, here or elsewhere, is short of this budget. */
  press(atMs: number): void {
    this.#pressedAtMs = atMs
  }

  /** Whether somebody was short of this budget a moment ago. */
  isPressed(atMs: number): boolean {
    return atMs - this.#pressedAtMs < PRESSED_MS
  }

  /** What to borrow beyond `needed`: some seconds of spend or as much again as is in use, but only a small part of what the budget has left. */
  cushion(needed: Billionths, atMs: number): Billionths {
    if (this.isPressed(atMs)) return 0n
    this.#average(atMs)
    const inUse = this.held + needed
    const recent = BigInt(Math.ceil(this.#spendPerSecond * this.#habits.cushionSeconds))
    const most = this.left === null ? this.window.limit / FIRST_CUSHION_SHARE : this.left / CUSHION_SHARE
    const good = recent > inUse ? recent : inUse
    return good < most ? good : most
  }

  /** What to borrow now, though nobody needs it yet: where less than half of a cushion is left. */
  wish(atMs: number): Billionths {
    if (!this.#habits.ahead || this.returning || this.loans > 0) return 0n
    const target = this.cushion(0n, atMs)
    return this.free < target / 2n ? target - this.free : 0n
  }

  /** Free money that the next seconds will hardly need; all of it when the slice is idle or somebody is short. */
  surplus(atMs: number): Billionths {
    if (this.free <= 0n) return 0n
    if (atMs - this.#heldAtMs > this.#habits.idleMs || this.isPressed(atMs)) return this.free
    this.#average(atMs)
    const swing = this.#peak - this.held
    const keep = swing + BigInt(Math.ceil(this.#spendPerSecond * 2 * this.#habits.cushionSeconds))
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
