import { CALL_VALUES, type CallContext, TENANTS_OWN } from '../../access/context.ts'
import type { LimitStance } from '../../admission/admission.ts'
import { holderOf } from '../../admission/limit-rule.ts'
import { usdNumber } from '../../canonical/money.ts'
import type { OnLimitConfig } from '../../config/sections/on-limit.ts'
import { REJECT } from '../../config/sections/on-limit.ts'
import { durationText } from '../../lib/duration.ts'
import { isoTime } from '../../lib/iso-time.ts'
import { readBudgetKey } from '../../money/budget-key.ts'
import { hasRoom } from '../../money/look.ts'
import type { BudgetLook } from '../../money/reservation.ts'

/** A limit or a budget that a call would meet. Amounts in its unit. */
export interface LimitView {
  readonly kind: 'rate' | 'concurrency' | 'budget'
  /** `{ tenant: 'acme' }`, `{ tenant: 'acme', user: 'u1' }`, `{ total: true }`. */
  readonly scope: Readonly<Record<string, string | true>>
  /** Only calls with these values count; empty is all. */
  readonly match: Readonly<Record<string, readonly string[]>>
  readonly unit: string
  /** `1m`, `day`; null for concurrency. */
  readonly window: string | null
  readonly limit: number
  /** Used or spent; null for whoever may not see what others use of it. */
  readonly used: number | null
  /** What running calls hold. For concurrency the calls that run. */
  readonly held: number | null
  readonly left: number | null
  /** What this call needs of it. */
  readonly needed: number
  readonly has_room: boolean
  /** What becomes of the call there. */
  readonly outcome: 'pass' | 'reject' | 'queue' | 'downgrade'
  readonly resets_at: string | null
}

/** Who looks, and when. */
export interface ViewFor {
  /** What the task says is to become of calls without room; null when it says nothing. */
  readonly onLimit: OnLimitConfig | null
  /** Whether the asker may see what other tenants use. */
  readonly seesAll: boolean
  /** Whether the call is explained on a plan that an operator supposes. */
  readonly onPlan: boolean
  readonly nowMs: number
}

/** A limit on a rate or on running calls. */
export function rateView({ rule, value, needed, use, hasRoom: fits }: LimitStance, viewFor: ViewFor): LimitView {
  const { policy } = rule
  const scope = holderOf(rule, value)
  const runs = policy.windowMs === null
  return hidden(
    {
      kind: runs ? 'concurrency' : 'rate',
      scope,
      match: Object.fromEntries(Object.entries(policy.match).map(([field, values]) => [field, [...values]])),
      unit: policy.unit,
      window: policy.windowMs === null ? null : durationText(policy.windowMs),
      limit: policy.amount,
      used: use.used,
      held: runs ? use.used : 0,
      left: use.left,
      needed,
      has_room: fits,
      outcome: fits ? 'pass' : (viewFor.onLimit ?? policy.onLimit).action,
      resets_at: use.resetMs ? isoTime(viewFor.nowMs + use.resetMs) : null,
    },
    viewFor,
  )
}

/** A budget of money, or a quota of tokens or requests. */
export function budgetView(look: BudgetLook, viewFor: ViewFor): LimitView {
  const { window, kind, spent, held, elsewhere, available, needed } = look
  const parts = readBudgetKey(window.key)
  const fits = hasRoom(look)
  return hidden(
    {
      kind: 'budget',
      scope: parts?.scope ?? {},
      match: parts?.match ?? {},
      unit: window.unit,
      window: kind,
      limit: usdNumber(window.limit),
      used: spent === null ? null : usdNumber(spent),
      held: usdNumber(held + elsewhere),
      left: usdNumber(available),
      needed: usdNumber(needed),
      has_room: fits,
      outcome: fits ? 'pass' : (viewFor.onLimit ?? REJECT).action,
      resets_at: isoTime(window.endsAt),
    },
    viewFor,
  )
}

/** What tenants share shows what the others use: that is not for every caller. */
function hidden(view: LimitView, { seesAll }: ViewFor): LimitView {
  const isOwn = Object.keys(view.scope).some((scope) => TENANTS_OWN.has(scope) || scope === 'key')
  return seesAll || isOwn ? view : { ...view, used: null, held: null, left: null, resets_at: null }
}

/** The attributes of a call that it has, by their snake_case names. */
export function contextView(context: CallContext): Readonly<Record<string, string | number>> {
  const subject = { context, keyId: null }
  const { tenant, team, user, feature, task, key: _key, run, ...rest } = CALL_VALUES
  const named = { tenant_id: tenant, user_id: user, team_id: team, feature, task, run_id: run, ...rest }
  const view: Record<string, string | number> = {}
  for (const [name, read] of Object.entries(named)) {
    const value = read(subject)
    if (value !== null) view[name] = value
  }
  const { latencyTargetMs, maxCostUsd, retrievedDocuments } = context
  if (latencyTargetMs !== null) view.latency_target_ms = latencyTargetMs
  if (maxCostUsd !== null) view.max_cost_usd = maxCostUsd
  if (retrievedDocuments !== null) view.retrieved_documents = retrievedDocuments
  return view
}
