import type { Clock } from '../lib/clock.ts'

/** What the budget of a deployment begins with, and what time alone gives back to one that is used up. */
const FREE_RETRIES = 3
/** The same for a tenant, whose calls go to many deployments: what is odd about three of them must not cost the fourth its retry. */
export const FREE_RETRIES_OF_TENANT = 10
/** Time gives back one of those in so many ms. */
const FREE_RETRY_MS = 60_000
/** What each call adds: one retry for ten calls. */
const RETRIES_PER_CALL = 0.1
/** A long good time saves up no more than this, or the first minute of an outage would be a storm. */
const MOST_RETRIES = 10

/**
 * How many retries a deployment, or a tenant, has left: a tenth of its calls and a few more, not counting those that helped. What is down gets little more
 * load than what is well, and a caller whose own client retries too cannot multiply that.
 */
export class RetryBudget {
  readonly #clock: Clock
  readonly #free: number
  #left: number
  #at: number

  constructor(clock: Clock, free = FREE_RETRIES) {
    this.#clock = clock
    this.#free = free
    this.#left = free
    this.#at = clock.monotonic()
  }

  /** Counts a call; retries are none. */
  called(): void {
    if (this.#left < MOST_RETRIES) this.#left = Math.min(MOST_RETRIES, this.#left + RETRIES_PER_CALL)
  }

  /** Whether one more retry may be made. */
  has(): boolean {
    const now = this.#clock.monotonic()
    if (this.#left < this.#free) {
      this.#left = Math.min(this.#free, this.#left + (now - this.#at) / FREE_RETRY_MS)
    }
    this.#at = now
    return this.#left >= 1
  }

  /** Notes a retry. Only after `has` said yes. */
  take(): void {
    this.#left -= 1
  }

  /** The retry helped, or was not made after all. */
  giveBack(): void {
    this.#left = Math.min(MOST_RETRIES, this.#left + 1)
  }
}
