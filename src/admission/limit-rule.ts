import { TENANTS_OWN } from '../access/context.ts'
import type { CallMatch } from '../config/sections/call-match.ts'
import type { LimitConfig } from '../config/sections/limits.ts'
import { durationText } from '../lib/duration.ts'
import type { RateRule, SlotRule } from '../storage/contracts/limit-store.ts'
import { CALL_SCOPES, type KillSubject } from './kill-switch-scope.ts'

/** A call, as limits see it. */
export interface LimitedCall extends KillSubject {
  /** The logical model that the call is to be served by, or the deployment's id. */
  readonly logicalName: string
  readonly deployment: { readonly id: string; readonly model: string }
}

/** A limit of the configuration, made ready: what is to be worked out once is. */
export interface LimitRule {
  readonly policy: LimitConfig
  /** Names what is counted, whatever the limit: `user/requests/1h`, `feature/tokens/1m[plan=free]`. */
  readonly id: string
  /** As the store counts it; null for concurrency. */
  readonly rate: RateRule | null
  /** As the store counts it; null for rates. */
  readonly slots: SlotRule | null
  /** Whether it is of the tenant alone: then its places are one holder's, and values of two tenants are two. */
  readonly ofTenant: boolean
  /** Whether another model is counted elsewhere. */
  readonly byModel: boolean
  /** Whose count a call of the scope is on; null when it has no value there. */
  readonly scopeOf: (call: LimitedCall) => string | null
  /** What a call must have to count, by field. */
  readonly conditions: readonly (readonly [field: string, values: readonly string[]])[]
}

/** Makes limits ready. Of two that count the same the smaller one counts. */
export function compileLimits(policies: readonly LimitConfig[]): readonly LimitRule[] {
  const rules = new Map<string, LimitRule>()
  for (const policy of policies) {
    const rule = compile(policy)
    const known = rules.get(rule.id)
    if (!known || policy.amount < known.policy.amount) rules.set(rule.id, rule)
  }
  return [...rules.values()]
}

function compile(policy: LimitConfig): LimitRule {
  const { per, unit, amount, windowMs, match } = policy
  const id = `${per}/${unit}${windowMs === null ? '' : `/${durationText(windowMs)}`}${matchText(match)}`
  return {
    policy,
    id,
    rate: windowMs === null ? null : { id, limit: amount, windowMs },
    slots: windowMs === null ? { id, limit: amount } : null,
    ofTenant: TENANTS_OWN.has(per) || match.tenant?.length === 1,
    byModel: per === 'model' || match.model !== undefined,
    scopeOf: valueIn(per),
    conditions: Object.entries(match),
  }
}

function valueIn(per: LimitConfig['per']): LimitRule['scopeOf'] {
  if (per === 'total') return () => ''
  if (per === 'model') return ({ deployment }) => deployment.model
  const scopeOf = CALL_SCOPES[per] ?? (() => null)
  if (per === 'tenant' || !TENANTS_OWN.has(per)) return scopeOf
  return (call) => {
    const value = scopeOf(call)
    return value === null ? null : `${call.context.tenantId}\n${value}`
  }
}

/** `[feature=chat,plan=free|trial]`; empty when there is no match. */
export function matchText(match: CallMatch): string {
  const parts = Object.entries(match).map(([field, values]) => `${field}=${[...values].sort().map(encode).join('|')}`)
  return parts.length === 0 ? '' : `[${parts.sort().join()}]`
}

function encode(value: string): string {
  return value.replace(/[%|=,[\]]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** Whose count of a limit a call is on; null when the limit does not apply: it does not match, or its scope has no value in the call. */
export function countedFor({ conditions, scopeOf }: LimitRule, call: LimitedCall): string | null {
  for (const [field, values] of conditions) if (!fits(field, values, call)) return null
  return scopeOf(call)
}

/** Whose count it is, of what `countedFor` gives, in words: `{ tenant: 'acme', user: 'u1' }`, `{ total: true }`. */
export function holderOf({ policy: { per } }: LimitRule, value: string): Readonly<Record<string, string | true>> {
  if (per === 'total') return { total: true }
  const end = value.indexOf('\n')
  if (per === 'tenant' || !TENANTS_OWN.has(per) || end < 0) return { [per]: value }
  return { tenant: value.slice(0, end), [per]: value.slice(end + 1) }
}

function fits(field: string, values: readonly string[], call: LimitedCall): boolean {
  if (field === 'model') {
    const { logicalName, deployment } = call
    return [logicalName, deployment.model, deployment.id].some((name) => values.includes(name))
  }
  const value = CALL_SCOPES[field === 'run_id' ? 'run' : field]?.(call) ?? null
  return value !== null && values.includes(value)
}
