import { CALL_VALUES, type CallSubject, TENANTS_OWN } from '../access/context.ts'
import type { CountScope, MatchField } from '../config/sections/call-match.ts'
import type { BudgetWindow } from '../storage/contracts/ledger-store.ts'
import { budgetKey } from './budget-key.ts'
import { BudgetMemory } from './budget-memory.ts'
import type { BudgetMatch, BudgetPolicy, BudgetSource } from './budget-source.ts'
import type { Ladder } from './ladder.ts'
import type { CallTarget } from './reservation.ts'
import type { Calendar, WindowKind } from './window.ts'

/*
 * Which budgets a call is in. Tenants have limits of their own; policies add budgets for each value of a scope.
 *
 * "No budget" is said by leaving it out: then nothing is held and the ledger only records. A limit of 0 is a budget like any other and refuses every
 * call. A policy whose scope has no value in the call does not apply to it.
 *
 * A budget of models is known only for a deployment: a call that falls back to another model is then in other budgets.
 */

/** A budget that a call is in, in the window of its reserve. */
export interface CallBudget {
  readonly window: BudgetWindow
  /** Who has the budget, to begin a sentence: `Tenant acme`. */
  readonly subject: string
  readonly kind: WindowKind
  readonly zone: string
  /** Whether another model would be in another budget. */
  readonly ofModel: boolean
  /** What happens before it is used up; nothing when it is left out. */
  readonly ladder?: Ladder | undefined
}

/** What decides which budgets a call is in. */
export interface BudgetQuestion extends CallSubject {
  /** What is to serve it; null for a call that is in no budget of models. */
  readonly target: CallTarget | null
  /** ms since 1970, the database's time. */
  readonly atMs: number
}

/** All budgets that a call is in, ordered by key; of two with the same key the smaller limit counts, and the ladder of the one that has one. */
export function budgetsOf(
  source: BudgetSource,
  calendar: Calendar,
  question: BudgetQuestion,
  memory: BudgetMemory<CallBudget> = new BudgetMemory(),
): readonly CallBudget[] {
  const { context, atMs } = question
  const { budgets: own, timezone } = source.tenantLimits(context.tenantId)
  const valueIn = (field: MatchField): Value => FIELDS[field](question)
  const found = new Map<string, CallBudget>()
  const add = (policy: BudgetPolicy): void => {
    const value = SCOPES[policy.per](question)
    if (value === null || !policy.match.every((condition) => meets(valueIn(condition.field), condition))) return
    const owner = ownerOf(policy.per, context.tenantId, timezone)
    const budget = memory.budget({ policy, value, ...owner, atMs }, () => {
      const { startsAt, window } = openWindow(policy, value, owner, calendar, atMs)
      const subject = subjectOf(policy.per, value)
      const named = { window, subject, kind: policy.window, zone: owner.zone, ofModel: isOfModel(policy) }
      return { startsAt, budget: { ...named, ladder: policy.ladder } }
    })
    const known = found.get(budget.window.key)
    found.set(budget.window.key, known ? stricter(known, budget) : budget)
  }
  for (const policy of own) add(policy)
  for (const policy of source.policies(valueIn)) add(policy)
  const all = [...found.values()]
  return isOrdered(all) ? all : all.sort((a, b) => (a.window.key < b.window.key ? -1 : 1))
}

/** Whether there is nothing to sort, as is usual: policies come in the same order for every call. */
function isOrdered(budgets: readonly CallBudget[]): boolean {
  let before = ''
  for (const { window } of budgets) {
    if (window.key < before) return false
    before = window.key
  }
  return true
}

/** The budget of two policies with the same key. */
function stricter(one: CallBudget, other: CallBudget): CallBudget {
  const [small, large] = other.window.limit < one.window.limit ? [other, one] : [one, other]
  return !small.ladder && large.ladder ? { ...small, ladder: large.ladder } : small
}

/** The zone of budgets that span tenants: one budget has one calendar. Those of one tenant follow the tenant's zone. */
const SHARED_ZONE = 'UTC'

/** Within which tenant a budget's value means something (null for all tenants), and in which zone its windows begin. */
export interface BudgetOwner {
  readonly tenantId: string | null
  readonly zone: string
}

const SHARED: BudgetOwner = { tenantId: null, zone: SHARED_ZONE }

function ownerOf(scope: CountScope, tenantId: string, timezone: string): BudgetOwner {
  return TENANTS_OWN.has(scope) ? { tenantId, zone: timezone } : SHARED
}

/** Who owns budgets of a scope; null when the scope is a tenant's own and none is named. */
export function scopeOwner(source: BudgetSource, scope: CountScope, tenantId: string | null): BudgetOwner | null {
  if (!TENANTS_OWN.has(scope)) return SHARED
  return tenantId === null ? null : { tenantId, zone: source.tenantLimits(tenantId).timezone }
}

/** The window of a budget that is open at an instant of the database's time, and when it began. */
export function openWindow(
  policy: BudgetPolicy,
  value: string,
  owner: BudgetOwner,
  calendar: Calendar,
  atMs: number,
): { readonly startsAt: number; readonly window: BudgetWindow } {
  const { id, startsAt, endsAt } = calendar.windowOf(policy.window, atMs, owner.zone)
  const key = budgetKey(policy, value, owner.tenantId)
  return { startsAt, window: { key, windowId: id, unit: policy.unit, limit: policy.limit, endsAt } }
}

type Value = string | readonly string[] | null

/** The value that a call has of each scope; null when it has none. */
const SCOPES: Readonly<Record<CountScope, (question: BudgetQuestion) => string | null>> = {
  ...CALL_VALUES,
  total: () => '',
  model: ({ target }) => target?.deployment.model ?? null,
}

/** What conditions look at. A model goes by several names. */
const FIELDS: Readonly<Record<MatchField, (question: BudgetQuestion) => Value>> = {
  ...CALL_VALUES,
  model: ({ target }) => target && [target.logicalName, target.deployment.model, target.deployment.id],
  run_id: CALL_VALUES.run,
}

function meets(value: Value, { values }: BudgetMatch): boolean {
  if (value === null) return false
  return typeof value === 'string' ? values.includes(value) : value.some((one) => values.includes(one))
}

function isOfModel({ per, match }: BudgetPolicy): boolean {
  return per === 'model' || match.some(({ field }) => field === 'model')
}

function subjectOf(scope: CountScope, value: string): string {
  return scope === 'total' ? 'This gateway' : `${scope.charAt(0).toUpperCase()}${scope.slice(1)} ${value}`
}
