import type { Clock } from '../lib/clock.ts'

/** The database's time, so that all instances name the same windows whatever their own clocks say. */
export interface BooksClock extends Clock {
  /** Asks the database for the time. Between two calls time passes as the monotonic clock says. */
  sync(): Promise<void>
}

/** A clock that follows the store's; until the first `sync` it is the machine's own. */
export function createBooksClock(store: { now(): Promise<number> }, clock: Clock): BooksClock {
  let ahead = clock.now() - clock.monotonic()
  return {
    now: () => clock.monotonic() + ahead,
    monotonic: () => clock.monotonic(),
    async sync() {
      const before = clock.monotonic()
      const told = await store.now()
      const after = clock.monotonic()
      // The store looked at its clock at some time between: half way is the best guess.
      ahead = told - (before + after) / 2
    },
  }
}
