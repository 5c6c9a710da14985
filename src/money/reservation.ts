import type { CallSubject } from '../access/context.ts'
import type { Amounts, Billionths } from '../canonical/amounts.ts'
import type { NanoUsd } from '../canonical/money.ts'
import type { Usage } from '../canonical/usage.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { Deployment } from '../providers/deployment.ts'
import type { BudgetState, BudgetWindow, RequestRow, UsageRow, WindowName } from '../storage/contracts/ledger-store.ts'
import type { SpanGroup } from '../storage/contracts/span-row.ts'
import type { Answers } from './answers.ts'
import type { BudgetSource } from './budget-source.ts'
import type { WindowKind } from './window.ts'

/** How large a call may get, as known before it runs. */
export interface CallSize {
  /** Upper estimate of the prompt in tokens. */
  readonly inputTokens: number
  /** The most that may be generated, in tokens, over all choices. */
  readonly maxOutputTokens: number
}

/** What a prompt is made of, as far as its tokens are concerned. */
export interface PromptBulk {
  /** UTF-8 bytes of everything that is not an image. */
  readonly textBytes: number
  readonly images: number
  /** Whether tools are offered. Default false. */
  readonly tools?: boolean
  /** What it has in tokens, where that is known: then nothing is estimated. */
  readonly tokens?: number
}

/** What one attempt cost. */
export interface AttemptCost {
  readonly cost: NanoUsd
  /** The part of the cost that is paid by the piece. */
  readonly toolFees: NanoUsd
  readonly priceVersion: string
}

/** Who may serve an attempt, by the names that a budget may know a model by. */
export interface CallTarget {
  readonly logicalName: string
  readonly deployment: Pick<Deployment, 'id' | 'model'>
}

/** What a reservation is asked for. */
export interface ReserveAsk extends CallSubject {
  readonly traceId: string
  /** Who is to serve the first attempt; without it the call is in no budget of models. */
  readonly target?: CallTarget
  /** What the attempt that may run uses at most: the dearest, and the one with most tokens. */
  readonly worstCase: Amounts
}

/** How a budget stands to a call that only looks. Amounts in its unit. */
export interface BudgetLook {
  readonly window: BudgetWindow
  readonly kind: WindowKind
  /** Posted in the ledger; null while it does not say. */
  readonly spent: Billionths | null
  /** What calls of this instance hold. */
  readonly held: Billionths
  /** What other instances were lent. */
  readonly elsewhere: Billionths
  /** What this call could have of it now. */
  readonly available: Billionths
  readonly needed: Billionths
}

/** What would become of a hold. */
export interface MoneyLook {
  /** The budgets that the call is in. */
  readonly budgets: readonly BudgetLook[]
  /** What the call would be told; null when there is room. */
  readonly refusal: GatewayError | null
}

/** Where a look finds budgets, and how they stand in the ledger. */
export interface LookFrom {
  readonly budgets: BudgetSource
  /** Null when nothing is known of it there. Rejects with GatewayError `ledger_unavailable`. */
  readonly stateOf: (window: WindowName) => Promise<BudgetState | null>
}

/** What one exchange leaves for the books. Usage rows carry their final cost. */
export interface ClosedExchange {
  readonly usage: readonly UsageRow[]
  readonly request: RequestRow
  readonly spans: readonly SpanGroup[]
}

/** What is held for one exchange, on budgets of every unit. It ends with exactly one `settle`. */
export interface Reservation {
  readonly held: Amounts
  /**
   * To be called before an attempt's bytes leave: notes the attempt in the dispatch file, as the row it becomes when this process dies
   * (status `presumed_spent`, cost at its bound). To be called again for an attempt that may use more than was noted, before it does. Throws GatewayError `ledger_unavailable` when the file cannot be written, or when the lease under
   * which the hold was taken may be over: then nothing may be sent.
   */
  dispatch(presumed: UsageRow): void
  /**
   * Holds more on the same windows, all or nothing. Answers at once when this instance has it; else a promise, for which those who wait to begin wait too,
   * and the longest running exchange is served first. False when it cannot be had, the ledger being away included; it never rejects. `attemptId` says for
   * which of several attempts that were dispatched; default the one that was covered last.
   */
  topUp(more: Amounts, attemptId?: string): boolean | Promise<boolean>
  /**
   * To be called before a further attempt: makes what is held at least `total` (what earlier attempts used and this one may use) on every budget that
   * an attempt on this target is in, those of its model instead of those of the one before. False when it cannot be had: nothing has changed then, and the
   * attempt must not be made. As `topUp`, it never rejects.
   */
  cover(target: CallTarget, total: Amounts): boolean | Promise<boolean>
  /** Posts what was spent, returns the rest of the hold, writes the rows. Durable when it resolves; a second call waits for the first and changes nothing. */
  settle(closed: ClosedExchange): Promise<void>
}

/** The money room, as the gateway sees it. */
export interface Money {
  /** The worst-case cost of one attempt, or null when the deployment, or something that the call asks for, has no price. */
  bound(deployment: Deployment, size: CallSize): NanoUsd | null
  /**
   * The exact cost of what a provider says it used, served as it says; where it does not say, at the dearest that was asked for. The
   * deployment must have a price.
   */
  price(deployment: Deployment, usage: Usage): AttemptCost
  /** The most output tokens that `limit` pays for after a prompt of `inputTokens`; 0 when not even the prompt fits. */
  affordableOutput(deployment: Deployment, inputTokens: number, limit: NanoUsd): number
  /** Upper estimate of tokens in a prompt of so many bytes of text, with images counted apart. */
  estimateInput(deployment: Deployment, prompt: PromptBulk): number
  /** Teaches the estimate: this many bytes of prompt were this many tokens. */
  learn(deployment: Deployment, prompt: PromptBulk, inputTokens: number): void
  /** What is known of answers before and while they come. */
  readonly answers: Answers
  /**
   * Holds `worstCase` on every budget that the context is in, all or nothing. Throws GatewayError `budget_exceeded` (USD), `quota_exceeded` (tokens or requests
   * of a day or month) or `rate_limited` (of a minute or hour), with retryAfterSeconds until the window ends and the budget in `details`, or
   * `ledger_unavailable`.
   */
  reserve(ask: ReserveAsk): Promise<Reservation>
  /** The same, when what is borrowed already is enough: nearly always. Null, and nothing is held, when `reserve` has to be asked. Never throws. */
  reserveNow(ask: ReserveAsk): Reservation | null
  /** What `reserve` would do now. Nothing is held, borrowed or noted. Rejects with GatewayError `ledger_unavailable` where it would. */
  look(ask: ReserveAsk, from: LookFrom): Promise<MoneyLook>
  /** The budget of a call that is past its `downgrade_at` now, and the model that is to take over there; null when there is none. Asks nobody. */
  downgradeOf(
    ask: Omit<ReserveAsk, 'worstCase' | 'traceId'>,
  ): { readonly budget: string; readonly to: string | null } | null
  /**
   * The share of the fullest budget (of any unit, but not those of models) that a call is in, 0 to 1; null when it is in none. By what this instance
   * knows: it asks nobody, and of what it has never held anything it knows nothing.
   */
  budgetUsed(call: CallSubject): number | null
  /** Until the prices that were used are kept in the ledger, or could not be; null when they are. Never rejects. */
  pricesKept(): Promise<void> | null
  /** Writes an exchange that held no money: a refusal. Durable when it resolves. */
  record(closed: ClosedExchange): Promise<void>
  /** Waits for running settlements, returns all slices. */
  close(): Promise<void>
}
