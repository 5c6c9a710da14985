import type { Config } from '../config/schema.ts'
import { NO_LIMITS, type PlanConfig } from '../config/sections/plans.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { nearestName } from '../lib/edit-distance.ts'

/**
 * The configuration with a tenant on another plan: what its own plan gave it comes from that one, what it was given itself stays. A tenant that is not in the
 * configuration gets the plan and nothing else. Throws GatewayError `invalid_request` when there is no such plan.
 */
export function withPlan(config: Config, tenantId: string, plan: string): Config {
  const next = config.plans.get(plan)
  if (!next) throw noPlan(plan, config.plans.keys())
  const tenant = config.tenants.get(tenantId) ?? { id: tenantId, plan: null, timezone: 'UTC', ...NO_LIMITS }
  const before = (tenant.plan === null ? undefined : config.plans.get(tenant.plan)) ?? NO_LIMITS
  const laid: Record<string, unknown> = {}
  for (const name of Object.keys(NO_LIMITS) as (keyof PlanConfig)[]) {
    laid[name] = tenant[name] === before[name] ? next[name] : tenant[name]
  }
  const moved = { ...tenant, plan, ...(laid as unknown as PlanConfig) }
  return { ...config, tenants: new Map(config.tenants).set(tenantId, moved) }
}

function noPlan(plan: string, plans: Iterable<string>): GatewayError {
  const meant = nearestName(plan, plans)
  const hint = meant === undefined ? '.' : `; did you mean "${meant}"?`
  return new GatewayError('invalid_request', `There is no plan ${plan}${hint}`, { param: 'plan' })
}
