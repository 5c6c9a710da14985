import type { BudgetUnit } from '../canonical/amounts.ts'
import type { CountScope } from '../config/sections/call-match.ts'
import type { BudgetWindow } from '../storage/contracts/ledger-store.ts'
import { openWindow, scopeOwner } from './budget.ts'
import { readBudgetKey } from './budget-key.ts'
import type { BudgetSource } from './budget-source.ts'
import type { Calendar, WindowKind } from './window.ts'

/** A budget as a person names it: `{ scope: { tenant: 'acme', user: 'u1' }, unit: 'usd', window: 'day' }`. */
export interface BudgetNaming {
  /** `{ total: true }`, or the value of the scope, with `tenant` where the value means something within a tenant only. */
  readonly scope: Readonly<Record<string, string | true>>
  readonly unit: BudgetUnit
  readonly window: WindowKind
  /** The budget's own conditions; null when it does not matter. */
  readonly match: Readonly<Record<string, readonly string[]>> | null
}

/** The open windows of all budgets in force that go by this name: none, one, or several that differ by their match. */
export function namedBudgets(
  source: BudgetSource,
  calendar: Calendar,
  naming: BudgetNaming,
  atMs: number,
): readonly BudgetWindow[] {
  const per = scopeOf(naming.scope)
  if (per === null) return []
  const { scope, unit, window, match } = naming
  const tenant = typeof scope.tenant === 'string' ? scope.tenant : null
  const value = per === 'total' ? '' : String(scope[per])
  const valueIn = (field: string) => match?.[field]?.[0] ?? (typeof scope[field] === 'string' ? scope[field] : null)
  const own = tenant === null ? [] : source.tenantLimits(tenant).budgets
  const found = new Map<string, BudgetWindow>()
  for (const policy of [...own, ...source.policies(valueIn)]) {
    if (policy.per !== per || policy.unit !== unit || policy.window !== window) continue
    const owner = scopeOwner(source, per, tenant)
    if (owner === null) continue
    const named = openWindow(policy, value, owner, calendar, atMs).window
    if (match !== null && !sameMatch(readBudgetKey(named.key)?.match ?? {}, match)) continue
    const known = found.get(named.key)
    if (!known || named.limit < known.limit) found.set(named.key, named)
  }
  return [...found.values()]
}

/** The scope whose value is named; a tenant beside another scope says only whose value it is. */
function scopeOf(scope: BudgetNaming['scope']): CountScope | null {
  const names = Object.keys(scope)
  const [name] = names.length === 1 ? names : names.filter((one) => one !== 'tenant')
  if (name === undefined || names.length > 2 || (names.length === 2 && !names.includes('tenant'))) return null
  return (scope[name] === true) === (name === 'total') ? (name as CountScope) : null
}

function sameMatch(left: Readonly<Record<string, readonly string[]>>, right: typeof left): boolean {
  const text = (match: typeof left) =>
    JSON.stringify(
      Object.entries(match)
        .map(([field, values]) => [field, values.toSorted()])
        .sort(),
    )
  return text(left) === text(right)
}
