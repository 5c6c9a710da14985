import { type Clock, systemClock } from './clock.ts'

/*
 * What a call touches is out of the caches when the next one comes, and bringing it back costs more than the work itself. So on a busy process, work
 * that may wait a moment is done for several calls in a row: whoever comes soon after the last group waits for the next one. On a quiet one nobody waits.
 */

/** Who may have to wait, once. */
export interface Gatherer {
  hasGathered: boolean
}

/** Lets those who come soon after one another go on together. */
export class Gathering {
  readonly #everyMs: number
  readonly #clock: Clock
  #beganAt = Number.NEGATIVE_INFINITY
  #next: Promise<void> | null = null

  /** `everyMs`: the least time from one group to the next, and so the most that anybody waits. */
  constructor(everyMs: number, clock: Clock = systemClock) {
    this.#everyMs = everyMs
    this.#clock = clock
  }

  /**
   * Null for who may go on at once, because nobody did so for a while or it has waited before; for the others a promise that all of them share. Marks the caller.
   */
  join(caller: Gatherer): Promise<void> | null {
    if (caller.hasGathered) return null
    caller.hasGathered = true
    if (this.#next) return this.#next
    const now = this.#clock.monotonic()
    const waitMs = this.#beganAt + this.#everyMs - now
    if (waitMs <= 0) {
      this.#beganAt = now
      return null
    }
    this.#next = new Promise((resolve) => {
      setTimeout(() => {
        this.#next = null
        this.#beganAt = this.#clock.monotonic()
        resolve()
      }, waitMs)
    })
    return this.#next
  }
}
