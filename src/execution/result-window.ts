import type { BreakerSettings } from './circuit-breaker.ts'

/** How long a result counts, at least; at most twice as long. */
const WINDOW_MS = 30_000
/** Fewer results than this say nothing. */
const LEAST_RESULTS = 20
/** Half of the results. */
const FAILED_SHARE = 0.5
/** A 95th percentile is above a threshold when more than this share of the answers are. */
const SLOW_SHARE = 0.05

/**
 * The last results of one deployment, as counts: those of this half of the window and of the half before. No result is kept, and nothing is sorted:
 * whether a percentile is above a threshold is seen by counting what is above it.
 */
export class ResultWindow {
  #began = Number.NEGATIVE_INFINITY
  #results = 0
  #failed = 0
  #slow = 0
  #resultsBefore = 0
  #failedBefore = 0
  #slowBefore = 0

  /** Counts a result. */
  note(at: number, failed: boolean, slow: boolean): void {
    if (at - this.#began >= WINDOW_MS) this.#turn(at)
    this.#results += 1
    if (failed) this.#failed += 1
    if (slow) this.#slow += 1
  }

  /** Whether too many of the last results were failures, or slow. */
  isBad({ failures, p95Ms }: BreakerSettings): boolean {
    const results = this.#results + this.#resultsBefore
    if (results < LEAST_RESULTS) return false
    const failed = (this.#failed + this.#failedBefore) / results
    const slow = (this.#slow + this.#slowBefore) / results
    return (failures !== null && failed >= FAILED_SHARE) || (p95Ms !== null && slow > SLOW_SHARE)
  }

  /** What came before an ejection says nothing about what comes after it. */
  forget(): void {
    this.#began = Number.NEGATIVE_INFINITY
    this.#results = this.#failed = this.#slow = 0
    this.#resultsBefore = this.#failedBefore = this.#slowBefore = 0
  }

  #turn(at: number): void {
    const isNext = at - this.#began < 2 * WINDOW_MS
    this.#resultsBefore = isNext ? this.#results : 0
    this.#failedBefore = isNext ? this.#failed : 0
    this.#slowBefore = isNext ? this.#slow : 0
    this.#results = this.#failed = this.#slow = 0
    this.#began = at
  }
}
