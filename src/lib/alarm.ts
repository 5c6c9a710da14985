import { type Clock, systemClock } from './clock.ts'

/**
 * One timer for deadlines that nearly always are put off or never come: moving a deadline costs a number, and only one that comes nearer
 * than all before it touches the timer. The alarm may ring too early; whoever is rung looks whether it is time, and asks again if not.
 */
export class Alarm {
  readonly #ring: () => void
  readonly #clock: Clock
  #timer: NodeJS.Timeout | undefined
  #ringsAt = Number.POSITIVE_INFINITY

  constructor(ring: () => void, clock: Clock = systemClock) {
    this.#ring = ring
    this.#clock = clock
  }

  /** Now, in the monotonic ms that deadlines are given in. */
  get now(): number {
    return this.#clock.monotonic()
  }

  /** Rings at this time, or before it. */
  by(deadline: number): void {
    if (deadline >= this.#ringsAt) return
    clearTimeout(this.#timer)
    this.#ringsAt = deadline
    const waitMs = Math.min(Math.max(1, Math.ceil(deadline - this.now)), LONGEST_WAIT_MS)
    this.#timer = setTimeout(() => {
      this.#ringsAt = Number.POSITIVE_INFINITY
      this.#ring()
    }, waitMs)
  }

  /** Rings no more until it is asked again. */
  off(): void {
    clearTimeout(this.#timer)
    this.#ringsAt = Number.POSITIVE_INFINITY
  }
}

/** The most that a timer of Node takes: beyond it, it would fire at once. */
const LONGEST_WAIT_MS = 2 ** 31 - 1
