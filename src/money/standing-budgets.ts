import { SILENT_CALL } from '../access/context.ts'
import type { BudgetWindow } from '../storage/contracts/ledger-store.ts'
import { budgetsOf } from './budget.ts'
import { readBudgetKey } from './budget-key.ts'
import type { BudgetSource } from './budget-source.ts'
import type { Calendar } from './window.ts'

/** A tenant by what budgets can be matched by. */
export interface ListedTenant {
  readonly id: string
  readonly plan: string | null
}

/**
 * The windows that are open whether or not a call has come: the total's, and those of tenants that the configuration lists. Budgets of users,
 * features and the like are known only once a call names one.
 */
export function standingBudgets(
  source: BudgetSource,
  calendar: Calendar,
  tenants: Iterable<ListedTenant>,
  atMs: number,
): readonly BudgetWindow[] {
  const windows = new Map<string, BudgetWindow>()
  // The nameless tenant is listed nowhere: it only asks for the total.
  for (const { id, plan } of [{ id: '', plan: null }, ...tenants]) {
    const context = { ...SILENT_CALL, tenantId: id, plan }
    for (const { window } of budgetsOf(source, calendar, { context, keyId: null, target: null, atMs })) {
      if (stands(window.key, id)) windows.set(window.key, window)
    }
  }
  return [...windows.values()]
}

function stands(key: string, tenantId: string): boolean {
  const scope = readBudgetKey(key)?.scope ?? {}
  const names = Object.keys(scope)
  if (names.length !== 1) return false
  return scope.total === true || (tenantId !== '' && scope.tenant === tenantId)
}
