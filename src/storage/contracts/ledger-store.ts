import type { Billionths, BudgetUnit } from '../../canonical/amounts.ts'
import type { NanoUsd } from '../../canonical/money.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { SpanGroup } from './span-row.ts'

/*
 * The ledger's store: the only place where money is written. Implemented over PostgreSQL and in memory;
 * `ledger-store.contract.ts` is the one suite both pass.
 *
 * Protocol. A budget window (budget key + window id) holds `posted` (spent for good) and `sliced` (lent to instances).
 * `growSlices` lends with one conditional update: posted + sliced + x <= limit. `settle` writes the rows of an exchange and,
 * in the same transaction, moves what was spent from the slice (`sliced -= spent`) to `posted += spent`. A row's id is the attempt's id, so that
 * settling twice changes nothing the second time. `returnSlices` gives unspent money back.
 *
 * Money that was spent is always posted, all of it: what an instance spent beyond its slice (a provider ignored the maximum, or the slice was
 * returned or buried before) grows `posted` and takes the slice no lower than zero. That is the only way for posted + sliced to pass a limit.
 *
 * In doubt: a rejected `settle` or `buryInstance` may be repeated as it is. After a rejected `growSlices` nothing may be spent, and after a rejected
 * `returnSlices` the money may not be spent either. Should the lost answer have been a yes, the difference stays in `sliced` until
 * `keepSlices` says what the instance believes to have, or until it is buried: never too much is spent, and nothing is locked for good.
 */

/** One budget in one window, as the config and the calendar define it. */
export interface BudgetWindow {
  /** Stable name of the budget and its scope value: `tenant=acme/usd/day`. */
  readonly key: string
  /** The window's name in the budget's time zone: `day:2026-11-21`. */
  readonly windowId: string
  /** What it counts; all its amounts are billionths of this. */
  readonly unit: BudgetUnit
  readonly limit: Billionths
  /** When the window ends, in ms since 1970. */
  readonly endsAt: number
}

/** What an instance asks of one budget window. */
export interface SliceRequest {
  readonly window: BudgetWindow
  /** What is needed at least; less is no use. */
  readonly atLeast: Billionths
  /** What would be good to have. */
  readonly wanted: Billionths
}

/** What was lent: at least `atLeast`, or nothing. `left` is what the window has beyond all slices now. */
export interface SliceGrant {
  readonly granted: Billionths
  readonly left: Billionths
  /**
   * Whether it is worth waiting a moment: the window has too little, but other instances have money of it that is not known to be in use. They are
   * asked to give it back.
   */
  readonly recalled: boolean
}

/** A budget window by name. */
export type WindowName = Pick<BudgetWindow, 'key' | 'windowId'>

/** What an instance believes to have of a window. */
export interface SliceHolding {
  readonly window: WindowName
  readonly amount: Billionths
}

/** Free money on its way back. */
export interface SliceReturn {
  readonly window: WindowName
  readonly amount: Billionths
}

/** What an instance hears when it asks how things stand. */
export interface Pulse {
  /** The database's own time, ms since 1970. */
  readonly nowMs: number
  /** Windows of which others are short and this instance has a slice: give back what is free, with `answerRecall`. */
  readonly recalls: readonly WindowName[]
}

/** Status of a usage row. */
export type UsageStatus =
  | 'completed'
  | 'incomplete'
  | 'client_gone'
  | 'failed'
  | 'refused'
  | 'cached'
  | 'presumed_spent'

/** One row of `llm_usage_events`: an attempt that may have cost money, or a refusal. */
export interface UsageRow {
  /** The attempt's id; settling the same id twice is a no-op. */
  readonly id: string
  readonly traceId: string
  /** 1 for the first attempt; 0 for a refusal before any. */
  readonly attempt: number
  readonly tenantId: string
  readonly userId: string | null
  readonly teamId: string | null
  readonly keyId: string | null
  readonly feature: string
  readonly task: string | null
  readonly route: string | null
  readonly model: string | null
  readonly provider: string | null
  readonly deployment: string | null
  readonly region: string | null
  readonly promptVersion: string | null
  readonly risk: string | null
  readonly plan: string | null
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedTokens: number
  readonly cacheWriteTokens: number
  readonly reasoningTokens: number
  readonly estimatedCost: NanoUsd
  /** What the provider charges us, tool fees included. */
  readonly cost: NanoUsd
  /** The part of the cost that is paid by the piece and not by the token: searches, code sessions, calls. */
  readonly toolFees: NanoUsd
  /** What the tenant is charged: the cost and its plan's markup. Null in rows of a version that knew no markup: the cost. */
  readonly charge: NanoUsd | null
  /** The row of `llm_prices` that it was priced by; `unknown` when no price was known. */
  readonly priceVersion: string | null
  /** The way of being served that the call asked for, in the provider's word: `priority`, `flex`. */
  readonly serviceTierAsked: string | null
  /** The way it was served, as the provider says. */
  readonly serviceTier: string | null
  /** True when tokens were counted by us because the provider did not say. */
  readonly usageEstimated: boolean
  readonly latencyMs: number
  readonly ttftMs: number | null
  readonly status: UsageStatus
  readonly errorCode: string | null
  readonly finishReason: string | null
  readonly cache: string | null
  /** ms since 1970. */
  readonly createdAt: number
}

/** One row of `llm_requests`: the exchange as the caller saw it. */
export interface RequestRow {
  readonly traceId: string
  readonly tenantId: string
  readonly userId: string | null
  readonly keyId: string | null
  readonly feature: string
  readonly task: string | null
  readonly requestedModel: string
  readonly route: string | null
  readonly servedModel: string | null
  readonly fallbackReason: string | null
  readonly dialect: string
  readonly stream: boolean
  readonly status: UsageStatus
  readonly errorCode: string | null
  readonly cost: NanoUsd
  /** What the tenant is charged for it: the charges of its attempts. Null as in usage rows. */
  readonly charge: NanoUsd | null
  readonly latencyMs: number
  readonly ttftMs: number | null
  /** Paths of request fields that the served dialect could not say. */
  readonly dropped: readonly string[]
  /** What guards and validators found: `injection_medium`. */
  readonly flags: readonly string[]
  /** The decision receipt: rule, candidates with reasons, estimate. JSON, or a JsonText of it. */
  readonly decision: unknown
  /** What the decision was asked, and what the answer used, to decide it again by another policy. JSON; null when nothing was decided. */
  readonly asked: unknown
  readonly createdAt: number
}

/** One row of `llm_prices`: a price as it was when it was first used. It never changes: another price is another version. */
export interface PriceRow {
  readonly version: string
  readonly provider: string
  readonly model: string
  /** Every rate in USD per million tokens, fee in USD by the piece and tier, as decimal text. JSON. */
  readonly rates: JsonObject
  /** Where the price is from, and when it was read. */
  readonly source: string
  /** ms since 1970. */
  readonly firstUsedAt: number
}

/** What an exchange spent from one slice. Windows of a call are named even where nothing was spent. */
export interface Posting {
  readonly window: BudgetWindow
  /** In the window's unit. */
  readonly spent: Billionths
  /** Which of the settlement's usage rows count in this window; missing: all of them. */
  readonly usageIds?: readonly string[]
}

/**
 * One row of `ledger_adjustments`: a correction of what was posted. What was written before stays as it is. Either a person gave credit or took it back
 * (`usageId` null), or the cost of an attempt that had to be presumed became known: then there is one row for its cost (`budgetKey` null)
 * and one for each budget window that had paid.
 */
export interface LedgerAdjustment {
  readonly id: string
  /** The store's own time, ms since 1970. */
  readonly createdAt: number
  /** Who: a key's id, a console session, or `gateway`. */
  readonly actor: string
  readonly reason: string
  readonly budgetKey: string | null
  readonly windowId: string | null
  readonly unit: BudgetUnit
  /** Above zero is a credit: so much is taken from what was posted. Below zero is a charge. */
  readonly amount: Billionths
  /** The attempt whose presumed cost this corrects; null for what a person did. */
  readonly usageId: string | null
}

/** A correction that a person makes to a budget in one of its windows. */
export interface BudgetAdjustment {
  /** Making the same one twice changes nothing. */
  readonly id: string
  readonly actor: string
  readonly reason: string
  readonly window: BudgetWindow
  /** In the window's unit; above zero is a credit. */
  readonly amount: Billionths
}

/** Everything that one closed exchange leaves behind; written in one transaction. */
export interface Settlement {
  readonly usage: readonly UsageRow[]
  readonly request: RequestRow | null
  readonly spans: readonly SpanGroup[]
  /** What was spent of each budget window, in its unit; the sum over windows is not the cost (budgets nest). */
  readonly postings: readonly Posting[]
}

/** A budget window as it stands. */
export interface BudgetState {
  readonly key: string
  readonly windowId: string
  readonly unit: BudgetUnit
  readonly limit: Billionths
  readonly posted: Billionths
  readonly sliced: Billionths
  /** When the window ends, in ms since 1970. */
  readonly endsAt: number
}

/** Writes. Every method is durable when its promise resolves and rejects with GatewayError `ledger_unavailable` when it cannot be. */
export interface LedgerStore {
  /** Announces an instance that will own slices; its lease must be renewed by `heartbeat`. An id that was buried stays buried: rejects. */
  registerInstance(instanceId: string): Promise<void>
  /** Renews the lease. Rejects with `details.buried` when the instance was buried: its slices are gone, it must start again under a new id. */
  heartbeat(instanceId: string): Promise<void>
  /**
   * Lends money to a registered instance, all requests or none. When one window has less than `atLeast`, every `granted` is 0; the windows
   * to blame are those whose `left` is less than what was asked; of these, those that other instances may have free money of are recalled.
   * Limits are taken from the requests, each time.
   */
  growSlices(instanceId: string, requests: readonly SliceRequest[]): Promise<readonly SliceGrant[]>
  /**
   * Gives unspent money of several windows back; more than a slice holds gives back the slice. Like `keepSlices` and `answerRecall`, one that was given up and
   * still takes effect does so before anything that is asked later of these windows: else it would take what was kept or lent since, and others might be lent it too.
   */
  returnSlices(instanceId: string, returns: readonly SliceReturn[]): Promise<void>
  /**
   * Gives back what the instance's slices of these windows hold beyond the amounts, for after answers that were lost. May be repeated; not while a
   * question for more of these windows is under way. As to one that was given up, see `returnSlices`.
   */
  keepSlices(instanceId: string, holdings: readonly SliceHolding[]): Promise<void>
  /**
   * Answers a recall: gives back everything that is free of these windows, which may be nothing. What the slices still hold is from then on known to
   * be in use, for a moment (`recall.ts`).
   */
  answerRecall(instanceId: string, returns: readonly SliceReturn[]): Promise<void>
  /**
   * Writes closed exchanges, all in one transaction. A settlement is new when none of its usage rows exists (without usage rows: when its
   * request row does not); one that is not new changes nothing, postings included. See `settlement-identity.ts`. The exception: where its rows had to be
   * presumed because its instance was taken for dead, the truth is told by adjustments; see `late-settlement.ts`.
   */
  settle(instanceId: string, settlements: readonly Settlement[]): Promise<void>
  /**
   * Takes over what a dead instance left, all in one transaction: writes `settlements` (its dispatched, unsettled attempts as `presumed_spent`) as
   * `settle` does, posts their money and returns the rest of its slices. True when it is buried; for one that was buried before nothing changes. With
   * `silentMs` nobody is buried who was heard of in that time, by the database's own: then it answers false, and nothing has changed.
   */
  buryInstance(deadInstanceId: string, settlements: readonly Settlement[], silentMs?: number): Promise<boolean>
  /** Keeps prices that rows will name. A version that is there already stays as it is. */
  notePrices(prices: readonly PriceRow[]): Promise<void>
  /**
   * Corrects what a window has posted: `posted` goes down by the amount, below zero too, or up by a negative one. False, and nothing changed, when an
   * adjustment with this id exists.
   */
  adjust(adjustment: BudgetAdjustment): Promise<boolean>
  /** Instances that have not been heard of for `leaseMs`, by the database's own time, and that nobody has buried. */
  deadInstances(leaseMs: number): Promise<readonly string[]>
  /** Windows that have not ended yet or still have money lent, by key; with a name that one, or none. The limit is the last one that a request named. */
  budgets(only?: WindowName): Promise<readonly BudgetState[]>
  /** How things stand for an instance; it asks twice a second. Rejects with `details.buried` when the instance was buried. */
  pulse(instanceId: string): Promise<Pulse>
  /** The database's own time, ms since 1970. */
  now(): Promise<number>
  close(): Promise<void>
}
