import { Counter, type Registry } from 'prom-client'
import { type NanoUsd, usdNumber } from '../../canonical/money.ts'
import type { UsageRow, UsageStatus } from '../../storage/contracts/ledger-store.ts'
import { Figures } from './figures.ts'
import { type KnownNames, modelLabel, providerLabel, taskLabel } from './known-names.ts'
import { Tally } from './tally.ts'

/*
 * What is counted of calls. Each closed exchange is handed in once, as the books see it: the figures here and the rows of the ledger are the same ones.
 */

/** An exchange that closes. */
export interface CountedCall {
  readonly task: string | null
  readonly status: UsageStatus
  readonly errorCode: string | null
  /** A row an attempt, in order; that of the refusal when there was none. Empty when nobody knows whose call it was. */
  readonly usage: readonly UsageRow[]
  readonly cost: NanoUsd
  /** Why the first choice did not serve, one word or several with commas; null when it did. */
  readonly fallbackReason: string | null
  /** Whether a model of lower quality, or a cheaper one, answered instead. */
  readonly isDowngrade: boolean
  /** Milliseconds until the first piece of a stream; null for anything else. */
  readonly ttftMs: number | null
}

const DURATION_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]
const FIRST_TOKEN_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120]
const OVERHEAD_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Counts calls. Nothing here throws or waits. */
export class CallMetrics {
  #names: KnownNames
  #cost = 0n
  #fallbackCost = 0n
  readonly #requests: Tally
  readonly #tokens: Tally
  readonly #rejections: Tally
  readonly #fallbacks: Tally
  readonly #downgrades: Tally
  readonly #upstreamErrors: Tally
  readonly #cache: Tally
  readonly #guard: Tally
  readonly #duration: Figures
  readonly #firstToken: Figures
  readonly #overhead: Figures

  constructor(registry: Registry, names: KnownNames) {
    this.#names = names
    const tally = (name: string, labels: readonly string[], help: string) => new Tally(registry, { name, help, labels })
    const histogram = (name: string, buckets: number[], help: string) => new Figures(registry, { name, help, buckets })
    const money = (name: string, help: string, amount: () => NanoUsd) =>
      new Counter({
        name,
        help,
        registers: [registry],
        collect() {
          this.reset()
          this.inc(usdNumber(amount()))
        },
      })
    this.#requests = tally(
      'headgate_requests_total',
      ['task', 'model', 'provider', 'status'],
      'Model calls that ended.',
    )
    this.#tokens = tally('headgate_tokens_total', ['kind', 'model'], 'Tokens as the ledger has them.')
    money('headgate_cost_usd_total', 'What all calls cost, in USD.', () => this.#cost)
    this.#rejections = tally(
      'headgate_rejections_total',
      ['code'],
      'Calls that were refused before a provider was asked.',
    )
    this.#fallbacks = tally('headgate_fallbacks_total', ['reason'], 'Answers of another than the first choice.')
    this.#downgrades = tally('headgate_downgrades_total', ['reason'], 'Fallbacks to a model of lower quality.')
    money('headgate_fallback_cost_usd_total', 'What calls with a fallback cost, in USD.', () => this.#fallbackCost)
    this.#upstreamErrors = tally('headgate_upstream_errors_total', ['provider', 'class'], 'Attempts that failed.')
    this.#cache = tally('headgate_cache_total', ['result'], 'Looks into the cache of answers.')
    this.#guard = tally('headgate_guard_total', ['guard', 'verdict'], 'Verdicts of guards.')
    this.#duration = histogram('headgate_request_duration_seconds', DURATION_BUCKETS, 'From arrival to closed books.')
    this.#firstToken = histogram(
      'headgate_time_to_first_token_seconds',
      FIRST_TOKEN_BUCKETS,
      'From arrival to the first piece of a streamed answer.',
    )
    this.#overhead = histogram(
      'headgate_gateway_overhead_seconds',
      OVERHEAD_BUCKETS,
      'Duration less the time that providers took.',
    )
  }

  /** Takes the names of a new configuration. */
  rename(names: KnownNames): void {
    this.#names = names
  }

  /** An exchange closes. */
  closed(call: CountedCall): void {
    const last = call.usage.at(-1)
    const task = taskLabel(this.#names, call.task)
    const model = modelLabel(this.#names, last?.deployment ?? null)
    this.#requests.of(task, model, providerLabel(this.#names, last?.provider ?? null), call.status).count += 1
    if (call.status === 'refused') this.rejected(call.errorCode ?? 'internal')
    for (const row of call.usage) {
      if (row.deployment !== null) this.#countTokens(row)
      if (row.cache !== null) this.#cache.of(row.cache).count += 1
    }
    this.#cost += call.cost
    if (call.fallbackReason !== null) this.#countFallback(call, call.fallbackReason)
    if (call.ttftMs !== null) this.#firstToken.observe(call.ttftMs / 1000)
  }

  /** Its caller has all of it, and its books are closed. */
  ended(totalMs: number, upstreamMs: number): void {
    this.#duration.observe(totalMs / 1000)
    this.#overhead.observe(Math.max(0, totalMs - upstreamMs) / 1000)
  }

  /** A call was refused before any provider was asked; those that become exchanges are counted when they close. */
  rejected(code: string): void {
    this.#rejections.of(code).count += 1
  }

  /** An attempt failed. */
  upstreamFailed(provider: string, failure: string): void {
    this.#upstreamErrors.of(providerLabel(this.#names, provider), failure).count += 1
  }

  /** A guard gave a verdict. */
  judged(guard: string, verdict: string): void {
    this.#guard.of(guard, verdict).count += 1
  }

  #countTokens(row: UsageRow): void {
    const model = modelLabel(this.#names, row.deployment)
    if (row.inputTokens > 0) this.#tokens.of('input', model).count += row.inputTokens
    if (row.outputTokens > 0) this.#tokens.of('output', model).count += row.outputTokens
    if (row.cachedTokens > 0) this.#tokens.of('cached', model).count += row.cachedTokens
    if (row.cacheWriteTokens > 0) this.#tokens.of('cache_write', model).count += row.cacheWriteTokens
    if (row.reasoningTokens > 0) this.#tokens.of('reasoning', model).count += row.reasoningTokens
  }

  #countFallback({ cost, isDowngrade }: CountedCall, reasons: string): void {
    this.#fallbackCost += cost
    for (const reason of reasons.split(',')) {
      this.#fallbacks.of(reason).count += 1
      if (isDowngrade) this.#downgrades.of(reason).count += 1
    }
  }
}
