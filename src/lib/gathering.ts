import { type Clock, systemClock } from './clock.ts'

/*
 * What a call touches is out of the caches when the next one comes, and bringing it back costs more than the work itself. So on a busy process, work
 * that may wait a moment is done for several calls in a row: whoever comes soon after the last group waits for the next one. On a quiet one nobody waits.
 */

/** Who may have to wait, once. */
export interface Gatherer {
  hasGathered: boolean
}

/** The least time from one group to the next, and so the most that anybody waits, in ms. */
export interface GatherTimes {
  readonly usualMs: number
  /** After a group of many. */
  readonly crowdedMs: number
}

/** A group is one of many from here on: at such a rate the next one is larger still for every ms that it waits. */
const MANY = 4

// Node's own, whatever a test puts in its place later: whoever waits here is never forgotten.
const { setTimeout: ring, clearTimeout: silence } = globalThis

/** Lets those who come soon after one another go on together. */
export class Gathering {
  readonly #times: GatherTimes
  readonly #clock: Clock
  #beganAt = Number.NEGATIVE_INFINITY
  #everyMs: number
  #next: Promise<void> | null = null
  #timer: NodeJS.Timeout | undefined
  #letGo: () => void = () => undefined
  #isClosed = false
  /** How many wait for it. */
  #waiting = 0

  constructor(times: GatherTimes, clock: Clock = systemClock) {
    this.#times = times
    this.#everyMs = times.usualMs
    this.#clock = clock
  }

  /**
   * Null for who may go on at once, because nobody did so for a while or it has waited before; for the others a promise that all of them share. Marks the caller.
   */
  join(caller: Gatherer): Promise<void> | null {
    if (caller.hasGathered || this.#isClosed) return null
    caller.hasGathered = true
    this.#waiting += 1
    if (this.#next) return this.#next
    const now = this.#clock.monotonic()
    const waitMs = this.#beganAt + this.#everyMs - now
    if (waitMs <= 0) {
      this.#begin(now)
      return null
    }
    this.#next = new Promise((resolve) => {
      this.#letGo = resolve
    })
    this.#timer = ring(() => this.#go(), waitMs)
    return this.#next
  }

  /** Those who wait go on at once, and nobody waits any more. */
  close(): void {
    this.#isClosed = true
    silence(this.#timer)
    this.#go()
  }

  #go(): void {
    this.#next = null
    this.#begin(this.#clock.monotonic())
    this.#letGo()
  }

  #begin(now: number): void {
    this.#beganAt = now
    this.#everyMs = this.#waiting >= MANY ? this.#times.crowdedMs : this.#times.usualMs
    this.#waiting = 0
  }
}
