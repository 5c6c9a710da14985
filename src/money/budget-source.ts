import type { CallContext } from '../access/context.ts'
import type { Billionths, BudgetUnit } from '../canonical/amounts.ts'
import type { WindowKind } from './window.ts'

/** What a budget is counted for: every call together, or each value of one dimension. */
export type BudgetScope = 'total' | 'tenant' | 'team' | 'user' | 'feature' | 'task' | 'key'

/** One entry of `budgets` in the config. */
export interface BudgetPolicy {
  readonly per: BudgetScope
  readonly unit: BudgetUnit
  readonly limit: Billionths
  readonly window: WindowKind
  /** The budget counts only calls whose attributes have these values. */
  readonly match: readonly { readonly attribute: keyof CallContext; readonly value: string }[]
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
  policies(): readonly BudgetPolicy[]
}
