import type { Clock } from '../lib/clock.ts'
import { LruMap } from '../lib/lru-map.ts'

/** How many different calls are remembered; of more, those that came last. */
const REMEMBERED = 50_000

/**
 * How often the same call came. It remembers when each came the last few times, and says so when they lie too close together. Every call counts, let in or
 * not: who repeats a refused call for ever stays refused until it pauses.
 */
export class RepeatWatch {
  readonly #clock: Pick<Clock, 'monotonic'>
  /** By fingerprint, the oldest first. */
  readonly #times = new LruMap<string, number[]>(REMEMBERED)

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  /** What `note` would say now; nothing is noted. */
  look(fingerprint: string, most: number, windowMs: number): number | null {
    return waitOf([...(this.#times.peek(fingerprint) ?? [])], most, windowMs, this.#clock.monotonic())
  }

  /** Notes a call. Null while it came at most `most` times within `windowMs`; else how long it must not come to be let in, in ms. */
  note(fingerprint: string, most: number, windowMs: number): number | null {
    const now = this.#clock.monotonic()
    let times = this.#times.get(fingerprint)
    if (!times) {
      times = []
      this.#times.set(fingerprint, times)
    }
    return waitOf(times, most, windowMs, now)
  }
}

/** Adds this moment to the times at which a call came. */
function waitOf(times: number[], most: number, windowMs: number, now: number): number | null {
  const before = times.at(-most)
  times.push(now)
  while (times.length > most) times.shift()
  if (before === undefined || now - before >= windowMs) return null
  return (times[0] ?? now) + windowMs - now
}
