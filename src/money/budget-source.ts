import type { Billionths, BudgetUnit } from '../canonical/amounts.ts'
import type { CountScope, MatchField } from '../config/sections/call-match.ts'
import type { Ladder } from './ladder.ts'
import type { WindowKind } from './window.ts'

/** A condition of a budget: the call has one of these values. */
export interface BudgetMatch {
  readonly field: MatchField
  readonly values: readonly string[]
}

/** One entry of `budgets` in the config. */
export interface BudgetPolicy {
  readonly per: CountScope
  readonly unit: BudgetUnit
  readonly limit: Billionths
  readonly window: WindowKind
  /** The budget counts only calls that meet all conditions. */
  readonly match: readonly BudgetMatch[]
  /** What happens before it is used up. Default: nothing. */
  readonly ladder?: Ladder
}

/** What counts for a tenant alone. */
export interface TenantLimits {
  /** Budgets of its own, each `per: 'tenant'`. */
  readonly budgets: readonly BudgetPolicy[]
  /** IANA zone in which its days and months begin. */
  readonly timezone: string
}

/** The budgets in force. It is asked at each reserve, so that a reload takes effect with the next call. */
export interface BudgetSource {
  tenantLimits(tenantId: string): TenantLimits
  /** All policies whose conditions a call with these values may meet, and perhaps some more; in no particular order. */
  policies(valueIn: (field: MatchField) => string | readonly string[] | null): readonly BudgetPolicy[]
}
