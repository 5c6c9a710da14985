/*
 * How long answers would take, guessed from how long each model took. Times are counted in steps that grow by a twentieth, so that any number of them
 * fits in little memory; a policy's times are those of its models, mixed as it would use them.
 */

const STEP = Math.log(1.05)

/** Quantiles in ms of what is known, and for how many requests it is. */
export interface LatencyEstimate {
  readonly p50_ms: number | null
  readonly p95_ms: number | null
  /** Requests whose model was seen often enough to know. */
  readonly requests: number
}

/** Fewer answers than this say nothing of a model. */
const FEWEST = 5

/** Times on record, by model and way of answering. */
export class LatencyTally {
  readonly #times = new Map<string, { readonly steps: Map<number, number>; count: number }>()

  /** Notes that an answer took so long. */
  note(model: string, streams: boolean, latencyMs: number): void {
    const name = nameOf(model, streams)
    let times = this.#times.get(name)
    if (!times) {
      times = { steps: new Map(), count: 0 }
      this.#times.set(name, times)
    }
    const step = Math.round(Math.log(Math.max(1, latencyMs)) / STEP)
    times.steps.set(step, (times.steps.get(step) ?? 0) + 1)
    times.count += 1
  }

  /** The times of so many requests of each kind (`nameOf`). */
  estimate(requests: ReadonlyMap<string, number>): LatencyEstimate {
    const mixed = new Map<number, number>()
    let known = 0
    for (const [name, count] of requests) {
      const times = this.#times.get(name)
      if (!times || times.count < FEWEST) continue
      known += count
      for (const [step, seen] of times.steps) {
        mixed.set(step, (mixed.get(step) ?? 0) + (seen / times.count) * count)
      }
    }
    const steps = [...mixed].sort(([one], [other]) => one - other)
    return { p50_ms: quantile(steps, known, 0.5), p95_ms: quantile(steps, known, 0.95), requests: known }
  }
}

/** What times are kept by. */
export function nameOf(model: string, streams: boolean): string {
  return `${streams ? 'stream' : 'whole'} ${model}`
}

function quantile(steps: readonly (readonly [number, number])[], total: number, share: number): number | null {
  let below = 0
  for (const [step, count] of steps) {
    below += count
    if (below >= total * share - 1e-9) return Math.round(Math.exp(step * STEP))
  }
  return null
}
