import type { ErrorCode } from '../../errors/codes.ts'

/*
 * The one table of refusals that an explanation may have: held against docs/reference/explain.md by a test, as each is met by one. What only an attempt can tell is
 * not among them: nothing leaves for an explanation.
 */

/** Why a call would be refused, and who says so: `caller` (the key and what the call says of itself), `route`, `limits` or `money` (where it is let in), `turn` (when a deployment is to be called). */
export const EXPLAINED_REFUSALS = {
  metadata_missing: 'caller',
  tenant_mismatch: 'caller',
  permission_denied: 'caller',
  task_not_found: 'route',
  model_not_found: 'route',
  tool_not_allowed: 'route',
  model_not_allowed: 'route',
  context_length_exceeded: 'route',
  price_unknown: 'route',
  residency_violation: 'route',
  no_eligible_model: 'route',
  kill_switch_on: 'limits',
  rate_limited: 'limits',
  concurrency_limited: 'limits',
  queue_full: 'limits',
  quota_exceeded: 'money',
  budget_exceeded: 'money',
  ledger_unavailable: 'money',
  no_deployment_available: 'turn',
} as const satisfies Readonly<Partial<Record<ErrorCode, 'caller' | 'route' | 'limits' | 'money' | 'turn'>>>

/** A refusal that an explanation may have. */
export type ExplainedRefusal = keyof typeof EXPLAINED_REFUSALS
