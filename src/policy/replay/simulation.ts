/*
 * What a change of policy would do to requests that were made: each is decided again by the policy before and the policy after, in this process, and the
 * two are compared. Nobody is called and nothing is written. Counts are kept and not requests, so that any number of them fits.
 */
import { type NanoUsd, usdNumber } from '../../canonical/money.ts'
import { isSkipped } from '../decision.ts'
import { type LatencyEstimate, LatencyTally, nameOf } from './latency-tally.ts'
import type { ReplayRequest } from './replay-request.ts'
import type { ReplaySide, Verdict } from './replay-side.ts'
import type { SupposedSignals } from './supposed.ts'
import { type Assumed, TwoSides } from './two-sides.ts'

/** What one policy does with all requests. Models are `provider/model`, the first that is asked. */
export interface SideTotals {
  readonly models: Readonly<Record<string, number>>
  readonly cost_usd: number
  /** Upper estimate for requests that run and have no usage on record. */
  readonly estimated_cost_usd: number
  readonly refusals: Readonly<Record<string, number>>
  /** Requests that run, by how many deployments could take over. */
  readonly fallbacks: Readonly<Record<string, number>>
  /** Requests whose answer on record was longer than the policy lets it be. */
  readonly shorter_answers: number
  readonly latency: LatencyEstimate
}

/** A request that runs elsewhere, is refused, or is not refused any more. */
export interface ChangedRequest {
  readonly trace_id: string
  readonly created_at: string | null
  readonly tenant_id: string
  readonly feature: string
  readonly requested_model: string
  readonly before: ChangedSide
  readonly after: ChangedSide
  /** Why it is not as before. */
  readonly reason: string
}

/** One side of a change. */
export interface ChangedSide {
  readonly model: string | null
  readonly refusal: string | null
  readonly rule: string
  readonly cost_usd: number
}

/** What the change would do. */
export interface SimulationTotals {
  /** Requests that were decided again. */
  readonly requests: number
  /** Those that could not be, by reason. */
  readonly left_out: Readonly<Record<string, number>>
  /** Those of which something is not known that a rule asks, by attribute; they are in all sums. */
  readonly assumed: Readonly<Record<string, Assumed>>
  /** What really happened to those that were decided again. */
  readonly recorded: {
    readonly models: Readonly<Record<string, number>>
    readonly cost_usd: number
    readonly refusals: Readonly<Record<string, number>>
  }
  /** Requests that the policy before decides otherwise than it was recorded, fallbacks apart: it was another then, or a deployment failed. */
  readonly drift: number
  readonly before: SideTotals
  readonly after: SideTotals
  readonly changed_requests: number
}

class Tally {
  readonly models = new Map<string, number>()
  readonly refusals = new Map<string, number>()
  readonly fallbacks = new Map<number, number>()
  readonly kinds = new Map<string, number>()
  cost: NanoUsd = 0n
  estimate: NanoUsd = 0n
  shorter = 0

  add({ model, refusal, cost, estimate, fallbacks, cut }: Verdict, streams: boolean): void {
    if (refusal !== null) countIn(this.refusals, refusal)
    if (model === null) return
    countIn(this.models, model)
    if (fallbacks !== null) countIn(this.fallbacks, fallbacks)
    countIn(this.kinds, nameOf(model, streams))
    this.cost += cost
    this.estimate += estimate
    if (cut) this.shorter += 1
  }

  totals(times: LatencyTally): SideTotals {
    return {
      models: byCount(this.models),
      cost_usd: usdNumber(this.cost),
      estimated_cost_usd: usdNumber(this.estimate),
      refusals: byCount(this.refusals),
      fallbacks: Object.fromEntries([...this.fallbacks].sort(([one], [other]) => one - other)),
      shorter_answers: this.shorter,
      latency: times.estimate(this.kinds),
    }
  }
}

/** One comparison of two policies. */
export class Simulation {
  readonly #sides: TwoSides
  readonly #tallies = { before: new Tally(), after: new Tally() }
  readonly #recorded = { models: new Map<string, number>(), refusals: new Map<string, number>(), cost: 0n }
  readonly #leftOut = new Map<string, number>()
  readonly #times = new LatencyTally()
  #requests = 0
  #changed = 0
  #drift = 0

  /** `supposed` is taken for granted of requests that do not say it. */
  constructor(before: ReplaySide, after: ReplaySide, supposed: SupposedSignals = {}) {
    this.#sides = new TwoSides(before, after, supposed)
  }

  /** Counts a request that cannot be decided again. */
  leaveOut(reason: string): void {
    countIn(this.#leftOut, reason)
  }

  /** Decides a request by both policies. Gives what changes, or null when nothing does. */
  add(request: ReplayRequest): ChangedRequest | null {
    const { recorded, ask } = request
    const streams = ask.streams ?? false
    if (recorded.model !== null && recorded.latencyMs !== null) {
      this.#times.note(recorded.model, streams, recorded.latencyMs)
    }
    const { before, after } = this.#sides.decide(request)
    this.#requests += 1
    this.#tallies.before.add(before, streams)
    this.#tallies.after.add(after, streams)
    if (recorded.model !== null) countIn(this.#recorded.models, recorded.model)
    if (recorded.refusal !== null) countIn(this.#recorded.refusals, recorded.refusal)
    this.#recorded.cost += recorded.cost ?? 0n
    const wasSame = recorded.refusal === null ? recorded.model === before.model : recorded.refusal === before.refusal
    if (!wasSame && !recorded.fellBack && (recorded.model ?? recorded.refusal) !== null) this.#drift += 1
    if (before.model === after.model && before.refusal === after.refusal) return null
    this.#changed += 1
    return changeOf(request, before, after)
  }

  /** What came of it so far. */
  totals(): SimulationTotals {
    const { models, refusals, cost } = this.#recorded
    return {
      requests: this.#requests,
      left_out: byCount(this.#leftOut),
      assumed: this.#sides.assumed(),
      recorded: { models: byCount(models), cost_usd: usdNumber(cost), refusals: byCount(refusals) },
      drift: this.#drift,
      before: this.#tallies.before.totals(this.#times),
      after: this.#tallies.after.totals(this.#times),
      changed_requests: this.#changed,
    }
  }
}

function changeOf({ ask, traceId, createdAt }: ReplayRequest, before: Verdict, after: Verdict): ChangedRequest {
  return {
    trace_id: traceId,
    created_at: createdAt === null ? null : new Date(createdAt).toISOString(),
    tenant_id: ask.context.tenantId,
    feature: ask.context.feature,
    requested_model: ask.model,
    before: sideOf(before),
    after: sideOf(after),
    reason: reasonOf(before, after),
  }
}

function sideOf({ model, refusal, text, cost }: Verdict): ChangedSide {
  return { model, refusal, rule: text, cost_usd: usdNumber(cost) }
}

/** The refusal; or why the model of before may not serve any more; or the rule that leads elsewhere now. */
function reasonOf(before: Verdict, after: Verdict): string {
  if (after.refusal !== null) return after.text
  if (before.refusal !== null) return `not refused any more: ${after.text}`
  const passedOver = after.decision?.considered.find(({ deployment }) => deployment.id === before.model)
  if (passedOver && isSkipped(passedOver)) return `${before.model}: ${passedOver.detail}`
  return after.text
}

function countIn<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function byCount(counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  return Object.fromEntries([...counts].sort(([one, many], [other, more]) => more - many || (one < other ? -1 : 1)))
}
