import type { Config } from '../config/schema.ts'
import { NO_LIMITS, type PlanConfig } from '../config/sections/plans.ts'

/**
 * The configuration with a tenant on another plan: what its own plan gave it comes from that one, what it was given itself stays. A tenant that is not in the
 * configuration gets the plan and nothing else. Null when there is no such plan.
 */
export function withPlan(config: Config, tenantId: string, plan: string): Config | null {
  const next = config.plans.get(plan)
  if (!next) return null
  const tenant = config.tenants.get(tenantId) ?? { id: tenantId, plan: null, timezone: 'UTC', ...NO_LIMITS }
  const before = (tenant.plan === null ? undefined : config.plans.get(tenant.plan)) ?? NO_LIMITS
  const laid: Record<string, unknown> = {}
  for (const name of Object.keys(NO_LIMITS) as (keyof PlanConfig)[]) {
    laid[name] = tenant[name] === before[name] ? next[name] : tenant[name]
  }
  const moved = { ...tenant, plan, ...(laid as unknown as PlanConfig) }
  return { ...config, tenants: new Map(config.tenants).set(tenantId, moved) }
}
