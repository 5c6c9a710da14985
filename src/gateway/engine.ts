import type { ContextPolicy } from '../access/call-context.ts'
import type { KeyRing } from '../access/key-ring.ts'
import type { Admission } from '../admission/admission.ts'
import type { Switchboard } from '../admission/kill-switchboard.ts'
import type { LimitRule } from '../admission/limit-rule.ts'
import type { LoadView } from '../admission/load-watch.ts'
import type { OverflowLines } from '../admission/overflow-lines.ts'
import type { Complexity } from '../canonical/call-words.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import type { IdempotencyConfig } from '../config/sections/idempotency.ts'
import type { OnLimitConfig } from '../config/sections/on-limit.ts'
import type { ShadowConfig } from '../config/sections/shadow.ts'
import type { Resilience } from '../execution/resilience.ts'
import type { Transport } from '../execution/transport.ts'
import type { ToolResultGuard } from '../guards/tool-result/guard-tool-result.ts'
import type { KeyedRuns } from '../idempotency/keyed-runs.ts'
import type { JobDesk } from '../jobs/job-desk.ts'
import type { Clock } from '../lib/clock.ts'
import type { Gathering } from '../lib/gathering.ts'
import type { BudgetSource } from '../money/budget-source.ts'
import type { Money } from '../money/reservation.ts'
import type { Policy } from '../policy/policy.ts'
import type { FeedbackStore } from '../storage/contracts/feedback-store.ts'
import type { LedgerReader } from '../storage/contracts/ledger-reader.ts'
import type { BudgetState, WindowName } from '../storage/contracts/ledger-store.ts'
import type { SpanStore } from '../storage/contracts/span-store.ts'
import type { CallMetrics } from '../tracing/metrics/call-metrics.ts'
import type { DeploymentBook } from './deployment-book.ts'
import type { HandlingOf } from './handling-of.ts'
import type { ComplexityJudge } from './judge/judgement.ts'
import type { Log } from './log.ts'
import type { Onlooker } from './onlooker.ts'
import type { PriceWatch } from './price-watch.ts'
import type { RunawayCheck } from './runaway-check.ts'
import type { RunningExchanges } from './running-exchanges.ts'
import type { RunningShadows } from './shadow/running-shadows.ts'

/**
 * Everything a call needs, wired for one version of the configuration. Immutable: a reload makes a new engine, and an
 * exchange keeps the one it began with.
 */
export interface Engine {
  readonly clock: Clock
  readonly log: Log
  /** When this version of the configuration was loaded, ms since 1970. */
  readonly loadedAt: number
  readonly authMode: 'keys' | 'none'
  readonly transport: Transport
  readonly resilience: Resilience
  readonly handlingOf: HandlingOf
  /** Where answers wait for one another on a busy gateway. */
  readonly gathering: Gathering
  readonly money: Money
  readonly reader: LedgerReader
  readonly feedback: FeedbackStore
  readonly spans: SpanStore
  readonly keys: KeyRing
  readonly contexts: ContextPolicy
  readonly policy: Policy
  /** How hard a call is; asked when a rule wants to know. */
  readonly complexityOf: (request: CanonicalRequest) => Complexity
  /** A model that is asked the same, before; null when the operator named none. */
  readonly complexityJudge: ComplexityJudge | null
  readonly switches: Switchboard
  readonly running: Pick<RunningExchanges, 'begin' | 'serving' | 'servingBeside' | 'end'>
  readonly admission: Admission
  /** Where calls wait that a limit or a budget has no room for. */
  readonly lines: Pick<OverflowLines, 'size' | 'refusalOf' | 'fullFor' | 'wait'>
  /** What a task says is to become of such a call; null when it says nothing. */
  readonly onLimitOf: (task: string) => OnLimitConfig | null
  /** The model that is given copies of a task's calls, if it has one; null where no task has. */
  readonly shadowOf: ((task: string | null) => ShadowConfig | null) | null
  readonly shadows: RunningShadows
  /** Calls that are answered later. */
  readonly jobs: JobDesk
  /** Whether some calls may wait for room for longer than a connection should. */
  readonly mayOutlastConnection: boolean
  /** The budgets of this version of the configuration, for those who only look. */
  readonly budgets: BudgetSource
  /** The same configuration with a tenant on another plan. Throws GatewayError `invalid_request` when there is no such plan. */
  readonly onPlan: (tenantId: string, plan: string) => Engine
  /** How a budget's window stands in the ledger; null when it is not there. Rejects with GatewayError `ledger_unavailable`. */
  readonly budgetNow: (window: WindowName) => Promise<BudgetState | null>
  readonly runaway: RunawayCheck
  /** Calls with idempotency keys, and how their replies are kept. */
  readonly idempotency: { readonly runs: KeyedRuns } & IdempotencyConfig
  /** Told of every exchange that closes. */
  readonly onlooker: Onlooker
  /** Where calls are counted. */
  readonly metrics: Pick<CallMetrics, 'closed' | 'ended' | 'judged' | 'rejected' | 'upstreamFailed'>
  /** The limits that a tenant's calls are in. */
  readonly limitsOf: (tenantId: string) => readonly LimitRule[]
  readonly book: DeploymentBook
  /** What a tenant is charged beyond the cost of its calls, in billionths of it. */
  readonly markupOf: (tenantId: string) => bigint
  readonly priceWatch: PriceWatch
  /** Judges single tool results for product code; always there. */
  readonly toolResultGuard: ToolResultGuard
  /** Judges the tool results of every call; null unless the operator switched it on. */
  readonly messageGuard: ToolResultGuard | null
  /** How loaded this process is: what can wait is put off from `busy` on. */
  readonly load: LoadView
  /** Whether calls are only explained: nothing is held, and so nobody waits for what others give back. Default false. */
  readonly rehearses?: boolean
  /** True from the moment that the process was told to stop: calls are still taken, and callers are to turn to others. */
  readonly leaving: () => boolean
  /** True once the process is shutting down: no new calls. */
  readonly draining: () => boolean
}
