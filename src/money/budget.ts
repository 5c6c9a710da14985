import { CALL_VALUES, type CallSubject, TENANTS_OWN } from '../access/context.ts'
import type { CountScope, MatchField } from '../config/sections/call-match.ts'
import type { BudgetWindow, WindowName } from '../storage/contracts/ledger-store.ts'
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
  /** Names the window among all. */
  readonly name: string
  /** When the window began, in ms since 1970. */
  readonly startsAt: number
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
  const { budgets: own, timezone } = source.tenantLimits(question.context.tenantId)
  const found: CallBudget[] = []
  for (const policy of own) addBudget(found, budgetOf(policy, question, timezone, calendar, memory))
  for (const policy of source.policies((field) => FIELDS[field](question))) {
    addBudget(found, budgetOf(policy, question, timezone, calendar, memory))
  }
  return found
}

/** The budget of a policy that a call is in; null when the policy does not apply to it. */
function budgetOf(
  policy: BudgetPolicy,
  question: BudgetQuestion,
  timezone: string,
  calendar: Calendar,
  memory: BudgetMemory<CallBudget>,
): CallBudget | null {
  const { per, match } = policy
  const value = SCOPES[per](question)
  if (value === null) return null
  for (const condition of match) if (!meets(FIELDS[condition.field](question), condition)) return null
  const { context, atMs } = question
  const isTenants = TENANTS_OWN.has(per)
  const known = memory.of(policy)
  // The length keeps `a` and `b c` apart from `a b` and `c`.
  const name = isTenants && per !== 'tenant' ? `${context.tenantId.length} ${context.tenantId} ${value}` : value
  const before = known.get(name)
  if (before && isOpen(before, isTenants ? timezone : SHARED_ZONE, atMs)) return before
  const owner = isTenants ? { tenantId: context.tenantId, zone: timezone } : SHARED
  const { startsAt, window } = openWindow(policy, value, owner, calendar, atMs)
  const budget: CallBudget = {
    window,
    name: windowNameOf(window),
    startsAt,
    subject: subjectOf(per, value),
    kind: policy.window,
    zone: owner.zone,
    ofModel: isOfModel(policy),
    ladder: policy.ladder,
  }
  known.set(name, budget)
  return budget
}

function isOpen({ startsAt, window, zone }: CallBudget, wantedZone: string, atMs: number): boolean {
  return zone === wantedZone && startsAt <= atMs && atMs < window.endsAt
}

/** Puts a budget in its place. Policies come in the same order for every call, so that is nearly always the end. */
function addBudget(found: CallBudget[], budget: CallBudget | null): void {
  if (!budget) return
  const { key } = budget.window
  let at = found.length
  let before = found[at - 1]
  while (before && before.window.key > key) {
    at -= 1
    before = found[at - 1]
  }
  if (before?.window.key === key) found[at - 1] = stricter(before, budget)
  else if (at === found.length) found.push(budget)
  else found.splice(at, 0, budget)
}

/** One text for a window, for maps. */
export function windowNameOf({ key, windowId }: WindowName): string {
  return `${key}\n${windowId}`
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
