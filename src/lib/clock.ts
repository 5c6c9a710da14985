import process from 'node:process'

/** The time, as an argument: tests hand in a clock they can turn. */
export interface Clock {
  /** Wall time in milliseconds since 1970; may jump. For timestamps only. */
  now(): number
  /** Milliseconds since an arbitrary start; never jumps. For every interval and deadline. Times of two clocks are not to be compared. */
  monotonic(): number
}

/** Seconds that had passed when this process began to count: small numbers keep their fractions. */
const [BEGAN] = process.hrtime()

/** The machine's own clocks. `performance.now()` would do, but it takes four functions of Node to ask the same question. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => {
    const time = process.hrtime()
    return (time[0] - BEGAN) * 1_000 + time[1] / 1_000_000
  },
}
