import type { CallContext } from '../access/context.ts'
import type { BudgetWindow } from '../storage/contracts/ledger-store.ts'
import { budgetKey } from './budget-key.ts'
import { BudgetMemory } from './budget-memory.ts'
import type { BudgetPolicy, BudgetScope, BudgetSource } from './budget-source.ts'
import type { Calendar, WindowKind } from './window.ts'

/*
 * Which budgets a call is in. Tenants have a daily and a monthly limit of their own; policies add budgets for each value of a scope.
 *
 * "No budget" is said by leaving it out: then nothing is held and the ledger only records. A limit of 0 is a budget like any other and refuses every
 * call. A policy whose scope has no value in the call does not apply to it.
 */

/** A budget that a call is in, in the window of its reserve. */
export interface CallBudget {
  readonly window: BudgetWindow
  /** Who has the budget, to begin a sentence: `Tenant acme`. */
  readonly subject: string
  readonly kind: WindowKind
  readonly zone: string
}

/** What decides which budgets a call is in. */
export interface BudgetQuestion {
  readonly context: CallContext
  readonly keyId: string | null
  /** ms since 1970, the database's time. */
  readonly atMs: number
}

/** All budgets that a call is in, ordered by key; of two with the same key the smaller limit counts. */
export function budgetsOf(
  source: BudgetSource,
  calendar: Calendar,
  question: BudgetQuestion,
  memory: BudgetMemory<CallBudget> = new BudgetMemory(),
): readonly CallBudget[] {
  const { context, keyId, atMs } = question
  const { budgets: own, timezone } = source.tenantLimits(context.tenantId)
  const found = new Map<string, CallBudget>()
  const add = (policy: BudgetPolicy): void => {
    const value = scopeValue(policy.per, context, keyId)
    if (value === null || !policy.match.every(({ attribute, value }) => context[attribute] === value)) return
    const ofTenant = TENANTS_OWN.has(policy.per)
    const tenantId = ofTenant ? context.tenantId : null
    const zone = ofTenant ? timezone : SHARED_ZONE
    const budget = memory.budget({ policy, value, tenantId, zone, atMs }, () => {
      const key = budgetKey(policy, value, tenantId)
      const { id, startsAt, endsAt } = calendar.windowOf(policy.window, atMs, zone)
      const window = { key, windowId: id, unit: policy.unit, limit: policy.limit, endsAt }
      return { startsAt, budget: { window, subject: subjectOf(policy.per, value), kind: policy.window, zone } }
    })
    const known = found.get(budget.window.key)
    if (!known || policy.limit < known.window.limit) found.set(budget.window.key, budget)
  }
  for (const policy of own) add(policy)
  for (const policy of source.policies()) add(policy)
  const all = [...found.values()]
  return all.length < 2 ? all : all.sort((a, b) => (a.window.key < b.window.key ? -1 : 1))
}

/** Scopes whose values mean something within one tenant only: two tenants may each have a user `u1`. They follow the tenant's zone. */
const TENANTS_OWN: ReadonlySet<BudgetScope> = new Set(['tenant', 'team', 'user'])

/** The zone of budgets that span tenants: one budget has one calendar. */
const SHARED_ZONE = 'UTC'

function scopeValue(scope: BudgetScope, context: CallContext, keyId: string | null): string | null {
  switch (scope) {
    case 'total':
      return ''
    case 'tenant':
      return context.tenantId
    case 'team':
      return context.teamId
    case 'user':
      return context.userId
    case 'feature':
      return context.feature
    case 'task':
      return context.task
    case 'key':
      return keyId
  }
}

function subjectOf(scope: BudgetScope, value: string): string {
  return scope === 'total' ? 'This gateway' : `${scope.charAt(0).toUpperCase()}${scope.slice(1)} ${value}`
}
