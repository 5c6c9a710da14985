import type { LedgerAdjustment, PriceRow, RequestRow, UsageRow } from './ledger-store.ts'
import type { QualityEvidence, QualityQuery } from './quality-evidence.ts'
import type { SpanRow } from './span-row.ts'

/** Dimensions that usage can be grouped by. */
export const USAGE_GROUPS = [
  'tenant_id',
  'team_id',
  'user_id',
  'feature',
  'task',
  'route',
  'model',
  'provider',
  'key_id',
  'prompt_version',
  'status',
] as const
/** One such dimension. */
export type UsageGroup = (typeof USAGE_GROUPS)[number]

/** What to sum up, over which time. */
export interface UsageQuery {
  readonly groupBy: readonly UsageGroup[]
  /** ms since 1970; `from` inclusive, `to` exclusive. */
  readonly from?: number
  readonly to?: number
  readonly interval?: 'hour' | 'day'
  /** Only this tenant. */
  readonly tenantId?: string
}

/** One group of usage. Sums over rows of `llm_usage_events`. */
export interface UsageGroupRow {
  /** The group's values by dimension, and `interval` (ISO time) when one was asked. */
  readonly group: Readonly<Record<string, string | null>>
  readonly calls: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedTokens: number
  readonly cacheWriteTokens: number
  readonly reasoningTokens: number
  readonly cost: bigint
  /** What tenants are charged: the cost and their plans' markups. */
  readonly charge: bigint
}

/** Whose tokens are compared. */
export type TokenScope = 'tenant' | 'team' | 'user' | 'feature' | 'model' | 'key'

/** What counts as growth. */
export interface TokenGrowthQuery {
  readonly per: TokenScope
  /** How long a window is, in ms; the last one ends now. */
  readonly windowMs: number
  /** How many times the mean of the seven windows before is too much. */
  readonly factor: number
}

/** Somebody who used more than usual. */
export interface TokenGrowthRow {
  /** `{ tenant: 'acme' }`; teams and users with their tenant. */
  readonly scope: Readonly<Record<string, string>>
  /** Of the last window: prompts and answers together. */
  readonly tokens: number
  /** The mean of the seven windows before it; above 0. */
  readonly usualTokens: number
}

/** Which rows to list. */
export interface EventsQuery {
  readonly limit: number
  /** The cursor of the previous page. */
  readonly cursor?: string
  readonly tenantId?: string
  readonly traceId?: string
  readonly status?: string
}

/** Which adjustments to list. */
export interface AdjustmentsQuery {
  readonly limit: number
  /** The cursor of the previous page. */
  readonly cursor?: string
  readonly budgetKey?: string
  /** Only corrections of this attempt. */
  readonly usageId?: string
}

/** A request as far as a policy can decide it again. */
export type AskedRequest = Pick<
  RequestRow,
  | 'traceId'
  | 'tenantId'
  | 'userId'
  | 'feature'
  | 'requestedModel'
  | 'servedModel'
  | 'fallbackReason'
  | 'dialect'
  | 'stream'
  | 'status'
  | 'errorCode'
  | 'cost'
  | 'latencyMs'
  | 'asked'
  | 'createdAt'
>

/** Which of them to list. Times in ms since 1970; `from` inclusive, `to` exclusive. */
export interface AskedQuery {
  readonly from: number
  readonly to: number
  readonly limit: number
  /** The cursor of the previous page. */
  readonly cursor?: string
  readonly tenantId?: string
}

/** One page of a list. */
export interface Page<Row> {
  readonly rows: readonly Row[]
  readonly nextCursor: string | null
}

/** A trace as stored. */
export interface StoredTrace {
  readonly request: RequestRow | null
  readonly usage: readonly UsageRow[]
  readonly spans: readonly SpanRow[]
}

/** Reads of the ledger, newest first; never on the path of a call. */
export interface LedgerReader {
  usage(query: UsageQuery): Promise<readonly UsageGroupRow[]>
  /** Those whose tokens of the last window are more than `factor` times the mean of the seven before it, by the store's time. */
  tokenGrowth(query: TokenGrowthQuery): Promise<readonly TokenGrowthRow[]>
  events(query: EventsQuery): Promise<Page<UsageRow>>
  requests(query: EventsQuery): Promise<Page<RequestRow>>
  /** Requests with what their decisions were asked, to decide them again. */
  asked(query: AskedQuery): Promise<Page<AskedRequest>>
  adjustments(query: AdjustmentsQuery): Promise<Page<LedgerAdjustment>>
  /** How deployments did at a task, by id: 20,000 attempts and words of users in that time at most, the newest unless the first are asked for. */
  quality(query: QualityQuery): Promise<readonly QualityEvidence[]>
  /** The price that rows of a version were priced by; null when no row of this version was ever written. */
  price(version: string): Promise<PriceRow | null>
  /** One trace; null when it does not exist or belongs to another tenant than the one given. */
  trace(traceId: string, tenantId: string | null): Promise<StoredTrace | null>
}
