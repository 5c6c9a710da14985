import type { Clock } from '../lib/clock.ts'

/** The database's time, so that all instances name the same windows whatever their own clocks say. */
export interface BooksClock extends Clock {
  /** The database said its time; it was asked and answered at these times of the monotonic clock. In between time passes as that clock says. */
  heard(nowMs: number, askedAtMs: number, answeredAtMs: number): void
  /** The database's time at a time of the monotonic clock. */
  at(monotonicMs: number): number
}

/** A clock that follows the database's; until it was heard for the first time it is the machine's own. */
export function createBooksClock(clock: Clock): BooksClock {
  let ahead = clock.now() - clock.monotonic()
  return {
    now: () => clock.monotonic() + ahead,
    at: (monotonicMs) => monotonicMs + ahead,
    monotonic: () => clock.monotonic(),
    heard(nowMs, askedAtMs, answeredAtMs) {
      // The database looked at its clock at some time between. A clock that may be right stays: so quick answers decide, and one for which this
      // process was stopped says nothing.
      const mine = answeredAtMs + ahead
      if (mine >= nowMs && mine <= nowMs + answeredAtMs - askedAtMs) return
      // Half way is the best guess.
      ahead = nowMs - (askedAtMs + answeredAtMs) / 2
    },
  }
}
