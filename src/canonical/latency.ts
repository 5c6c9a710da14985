/** How long a deployment took lately, in ms: until the first content of streams, or until the whole of other answers. */
export interface Latency {
  readonly p50Ms: number
  readonly p95Ms: number
  /** How many answers that is known from. */
  readonly samples: number
}
