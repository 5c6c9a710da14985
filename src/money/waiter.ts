import type { Billionths } from '../canonical/amounts.ts'
import type { CallBudget } from './budget.ts'
import type { Hold } from './hold.ts'
import { LAST, type Slice } from './slice.ts'

/** A hold that is to be made larger, and its place among those: the oldest has the lowest. */
export interface LargerHold {
  readonly hold: Hold
  readonly rank: number
}

/** What a call is short of. */
export interface Shortage {
  readonly budget: CallBudget
  readonly available: Billionths
  /** What calls of this instance hold on the budget. */
  readonly held: Billionths
  readonly needed: Billionths
  /** Whether it may come. */
  readonly hope: boolean
  /** Whether the store said so: a loan for somebody else says not everything. */
  readonly sure: boolean
}

/** What somebody waits for. */
export interface WaiterAsk {
  readonly budgets: readonly CallBudget[]
  readonly slices: readonly Slice[]
  /** Of each slice. */
  readonly needs: readonly Billionths[]
  /** The hold to be made larger; null for a new one. */
  readonly larger: LargerHold | null
}

/** Somebody who waits for money. A running call that is short lets nobody before it who began later. */
export class Waiter {
  readonly budgets: readonly CallBudget[]
  readonly needs: readonly Billionths[]
  readonly larger: LargerHold | null
  readonly rank: number
  /** Resolves when it is served, rejects when it is refused. */
  readonly held: Promise<Hold>
  readonly #slices: readonly Slice[]
  readonly #outcome = Promise.withResolvers<Hold>()
  #shortage: Shortage | null = null
  #barred: readonly Slice[] = []
  #late: { timer: NodeJS.Timeout | undefined; tooLate: () => void } | null = null
  /** Counts questions and answers: what is too late for an earlier question is too late for nothing. */
  #asked = 0
  #timer: NodeJS.Timeout | undefined
  #patience: 'for money' | 'for older calls' | 'none' = 'for money'
  #wasPassedOver = false

  constructor({ budgets, slices, needs, larger }: WaiterAsk) {
    this.budgets = budgets
    this.needs = needs
    this.larger = larger
    this.rank = larger?.rank ?? LAST
    this.held = this.#outcome.promise
    this.#slices = slices
  }

  /** What it was last told that it is short of; null when it has not asked yet, or there was enough. */
  get shortage(): Shortage | null {
    return this.#shortage
  }

  /** Whether there is nothing to wait for any more: the call that wanted more is over. */
  get isInVain(): boolean {
    return this.larger?.hold.over === true
  }

  /** Whether older calls wait for a slice that it needs. */
  get isBehindOthers(): boolean {
    return this.behind !== null
  }

  /** Which budget it has to leave to older calls; null when there is none. */
  get behind(): Shortage | null {
    for (const [index, slice] of this.#slices.entries()) {
      const needed = this.needs[index] ?? 0n
      const budget = this.budgets[index]
      if (!budget || needed === 0n || this.rank <= (slice.waiting[0] ?? LAST)) continue
      return { budget, available: slice.free + (slice.left ?? 0n), held: slice.held, needed, hope: true, sure: true }
    }
    return null
  }

  /** Notes what it is short of; null when it is not, or waits no longer. */
  wait(shortage: Shortage | null): void {
    for (const slice of this.#barred) slice.waiting.splice(slice.waiting.indexOf(this.rank), 1)
    this.#shortage = shortage
    this.#barred =
      this.larger && shortage
        ? // What the budget itself has enough of keeps nobody waiting.
          this.#slices.filter((slice, index) => slice.free + (slice.left ?? 0n) < (this.needs[index] ?? 0n))
        : []
    for (const { waiting } of this.#barred) {
      const behind = waiting.findIndex((rank) => rank > this.rank)
      if (behind < 0) waiting.push(this.rank)
      else waiting.splice(behind, 0, this.rank)
    }
  }

  /** Whether it would still wait for money that others may give back. */
  get isPatient(): boolean {
    return this.#patience === 'for money'
  }

  /**
   * Whether it stays though it is not patient any more: a running call that older ones keep from asking. What it needs may be less than what they wait for in
   * vain, so it stays until they are through, as long as it has waited already at most.
   */
  get staysBehind(): boolean {
    return this.larger !== null && this.#patience !== 'none' && this.isBehindOthers
  }

  /** Forgets what it is short of when that has come free: what its other budgets have can be asked for at once. */
  lookAgain(): void {
    const index = this.#shortage ? this.budgets.indexOf(this.#shortage.budget) : -1
    const slice = this.#slices[index]
    if (slice && slice.free >= (this.needs[index] ?? 0n)) this.wait(null)
  }

  /** The store is asked for others, but not for this one: older calls go first. */
  passOver(): void {
    this.#wasPassedOver = true
  }

  /** Whether what it was told is out of date, because older calls have kept it from asking since; then it is as one that has just come. */
  forgetOldAnswer(): boolean {
    if (!this.larger || !this.#wasPassedOver || this.#patience === 'none') return false
    this.#wasPassedOver = false
    this.wait(null)
    return true
  }

  /** Waits for others for so long, and for older calls as long again; calls `over` at the end of both. */
  bePatient(ms: number, over: () => void): void {
    this.#timer = setTimeout(() => {
      this.#patience = 'for older calls'
      this.#timer = setTimeout(() => {
        this.#patience = 'none'
        over()
      }, ms)
      over()
    }, ms)
  }

  /**
   * Calls `tooLate` (first given, then as before) unless the store answers in time. Sockets are read once more before that: after a stall of this process the
   * answer may be there already.
   */
  expectAnswer(ms: number, tooLate = this.#late?.tooLate): void {
    this.hasAnswer()
    if (!tooLate) return
    const asked = this.#asked
    const end = (): void => {
      if (asked === this.#asked) tooLate()
    }
    this.#late = { timer: setTimeout(() => setImmediate(end), ms), tooLate }
  }

  /** The store answered. */
  hasAnswer(): void {
    this.#asked += 1
    clearTimeout(this.#late?.timer)
  }

  serve(hold: Hold): void {
    this.#end()
    this.#outcome.resolve(hold)
  }

  refuse(error: unknown): void {
    this.#end()
    this.#outcome.reject(error)
  }

  #end(): void {
    this.hasAnswer()
    clearTimeout(this.#timer)
  }
}
