import type { Latency } from '../canonical/latency.ts'

/** How long a time counts, at least; at most twice as long. */
const WINDOW_MS = 150_000
/** Fewer times than this say nothing: of so many, the 95th percentile leaves one out. */
const LEAST_TIMES = 20
/** Each octave of milliseconds has so many buckets: neighbours are 9 % apart. */
const PER_OCTAVE = 8
/** From 1 ms to 17 minutes; what is longer counts as that. */
const BUCKETS = 20 * PER_OCTAVE

/**
 * How long the last answers of one deployment took, as counts: those of this half of the window and of the half before. No time is kept and nothing is
 * sorted; a percentile is read off the counts, and read again only when enough has changed.
 */
export class LatencyWindow {
  #began = Number.NEGATIVE_INFINITY
  #counts = new Uint32Array(BUCKETS)
  #before = new Uint32Array(BUCKETS)
  #times = 0
  #timesBefore = 0
  #known: Latency | null = null
  /** How many times must be there until it is worth reading again. */
  #readAgainAt = LEAST_TIMES

  /** Counts an answer that took `ms`. `at` is of the monotonic clock. */
  note(at: number, ms: number): void {
    this.#turn(at, false)
    const bucket = bucketOf(ms)
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#times += 1
  }

  /** Counts a silence that was given up after `ms`: the answer would have taken longer. That says something only where it is longer than usual. */
  noteAtLeast(at: number, ms: number): void {
    const known = this.read(at)
    if (known === null || ms > known.p50Ms) this.note(at, ms)
  }

  /** How long answers took lately; null when too few came to say. */
  read(at: number): Latency | null {
    this.#turn(at, true)
    const samples = this.#times + this.#timesBefore
    if (samples < this.#readAgainAt) return this.#known
    this.#known = { p50Ms: this.#percentile(0.5, samples), p95Ms: this.#percentile(0.95, samples), samples }
    this.#readAgainAt = samples + 1 + Math.floor(samples / 32)
    return this.#known
  }

  #percentile(share: number, samples: number): number {
    let wanted = Math.ceil(samples * share)
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      const inside = (this.#counts[bucket] ?? 0) + (this.#before[bucket] ?? 0)
      if (wanted <= inside)
        return Math.round(lowestOf(bucket) + (wanted / inside) * (lowestOf(bucket + 1) - lowestOf(bucket)))
      wanted -= inside
    }
    return lowestOf(BUCKETS)
  }

  /** Nobody may have come by for long: then a reader finds that what was known is old. */
  #turn(at: number, isReader: boolean): void {
    const age = at - this.#began
    if (age < WINDOW_MS || (isReader && this.#times + this.#timesBefore === 0)) return
    const isNext = age < 2 * WINDOW_MS
    const before = this.#before
    this.#before = this.#counts
    this.#counts = before.fill(0)
    if (!isNext) this.#before.fill(0)
    this.#timesBefore = isNext ? this.#times : 0
    this.#times = 0
    this.#began = isNext ? this.#began + WINDOW_MS : at
    this.#known = null
    this.#readAgainAt = LEAST_TIMES
  }
}

function bucketOf(ms: number): number {
  return ms <= 1 ? 0 : Math.min(BUCKETS - 1, Math.floor(Math.log2(ms) * PER_OCTAVE))
}

function lowestOf(bucket: number): number {
  return 2 ** (bucket / PER_OCTAVE)
}

/** The times of one deployment: streams are another thing than answers in one piece. Each window is made when it is needed. */
export class DeploymentLatency {
  #streams: LatencyWindow | null = null
  #wholes: LatencyWindow | null = null

  /** The window to note in. */
  of(streams: boolean): LatencyWindow {
    const window = (streams ? this.#streams : this.#wholes) ?? new LatencyWindow()
    if (streams) this.#streams = window
    else this.#wholes = window
    return window
  }

  /** What is known of streams, or of answers in one piece. */
  read(at: number, streams: boolean): Latency | null {
    return (streams ? this.#streams : this.#wholes)?.read(at) ?? null
  }
}
