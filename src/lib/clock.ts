/** The time, as an argument: tests hand in a clock they can turn. */
export interface Clock {
  /** Wall time in milliseconds since 1970; may jump. For timestamps only. */
  now(): number
  /** Milliseconds since an arbitrary start; never jumps. For every interval and deadline. */
  monotonic(): number
}

/** The machine's own clocks. */
export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }
