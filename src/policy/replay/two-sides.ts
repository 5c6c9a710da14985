/*
 * A request decided by two policies, also where a rule asks what nobody had found out about it then. Such a request stays in the sums: it counts as unchanged, or
 * is decided with what the asker supposes. How many there are, and what they would cost with each value, is told beside the sums.
 */
import { type NanoUsd, usdNumber } from '../../canonical/money.ts'
import { NotRecorded, RecordedSignals, type ReplayRequest } from './replay-request.ts'
import { type ReplaySide, recordedVerdict, type Verdict, verdictOn } from './replay-side.ts'
import { type SupposedSignals, supposedText, TRIED_VALUES } from './supposed.ts'

/** What the policies do with a request. */
export interface Pair {
  readonly before: Verdict
  readonly after: Verdict
}

/** Requests of which something is not known that a rule asks. */
export interface Assumed {
  readonly requests: number
  /** `unchanged`, or the value that was supposed. */
  readonly counted_as: string
  readonly before_cost_usd: number
  /** What they cost after the change: `unchanged`, and with each value that it could be. */
  readonly after_cost_usd: Readonly<Record<string, number>>
}

const UNCHANGED = 'unchanged'

interface Sums {
  requests: number
  before: NanoUsd
  readonly after: Map<string, NanoUsd>
}

/** Two policies, and what is supposed of requests that do not say it. */
export class TwoSides {
  readonly #before: ReplaySide
  readonly #after: ReplaySide
  readonly #supposed: SupposedSignals
  readonly #assumed = new Map<string, Sums>()

  constructor(before: ReplaySide, after: ReplaySide, supposed: SupposedSignals) {
    this.#before = before
    this.#after = after
    this.#supposed = supposed
  }

  /** Decides a request. What the policy before cannot decide counts as it was recorded; what the one after cannot, as before. */
  decide(request: ReplayRequest): Pair {
    const missing = new Set<string>()
    const before = verdictWith(request, this.#before, this.#supposed, missing) ?? recordedVerdict(request)
    const after = verdictWith(request, this.#after, this.#supposed, missing) ?? before
    for (const attribute of missing) this.#note(attribute, request, before)
    return { before, after }
  }

  /** By attribute, what was not known. */
  assumed(): Readonly<Record<string, Assumed>> {
    const rows = [...this.#assumed].map(([attribute, { requests, before, after }]): [string, Assumed] => [
      attribute,
      {
        requests,
        counted_as: supposedText(attribute, this.#supposed) ?? UNCHANGED,
        before_cost_usd: usdNumber(before),
        after_cost_usd: Object.fromEntries([...after].map(([value, cost]) => [value, usdNumber(cost)])),
      },
    ])
    return Object.fromEntries(rows)
  }

  #note(attribute: string, request: ReplayRequest, before: Verdict): void {
    let sums = this.#assumed.get(attribute)
    if (!sums) {
      sums = { requests: 0, before: 0n, after: new Map() }
      this.#assumed.set(attribute, sums)
    }
    const { after } = sums
    const add = (value: string, cost: NanoUsd) => after.set(value, (after.get(value) ?? 0n) + cost)
    sums.requests += 1
    sums.before += before.cost
    add(UNCHANGED, before.cost)
    for (const [value, tried] of Object.entries(TRIED_VALUES[attribute] ?? {})) {
      const verdict = verdictWith(request, this.#after, { ...this.#supposed, ...tried }, new Set())
      add(value, (verdict ?? before).cost)
    }
  }
}

/** The verdict with what is supposed where a rule asks for it; null when something is still not known. Adds what is not on record to `missing`. */
function verdictWith(
  request: ReplayRequest,
  side: ReplaySide,
  supposed: SupposedSignals,
  missing: Set<string>,
): Verdict | null {
  const { signals } = request.ask
  const known = signals instanceof RecordedSignals ? signals : null
  const asked = known ? { ...request, ask: { ...request.ask, signals: known.supposing(supposed, missing) } } : request
  try {
    return verdictOn(asked, side)
  } catch (error) {
    if (error instanceof NotRecorded) return null
    throw error
  }
}
