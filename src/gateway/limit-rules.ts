import { compileLimits, type LimitRule } from '../admission/limit-rule.ts'
import type { Config } from '../config/schema.ts'
import type { LimitConfig } from '../config/sections/limits.ts'
import { REJECT } from '../config/sections/on-limit.ts'
import type { TenantConfig } from '../config/sections/tenants.ts'

/** The limits of a tenant's calls: those of all calls, and those of its plan. Made ready with the tenant's first call. */
export function limitRulesOf(config: Config): (tenantId: string) => readonly LimitRule[] {
  const ofAll = compileLimits(config.limits)
  const ofTenants = new Map<string, readonly LimitRule[]>()
  return (tenantId) => {
    const known = ofTenants.get(tenantId)
    if (known) return known
    const tenant = config.tenants.get(tenantId)
    if (!tenant) return ofAll
    const own = tenantLimits(tenant)
    const rules = own.length === 0 ? ofAll : compileLimits([...config.limits, ...own])
    ofTenants.set(tenantId, rules)
    return rules
  }
}

const MINUTE_MS = 60_000

/** What a tenant's plan, or its own word, limits. */
export function tenantLimits({ rpmLimit, concurrencyLimit }: TenantConfig): readonly LimitConfig[] {
  const ofTenant = { per: 'tenant', match: {}, onLimit: REJECT } as const
  const limits: LimitConfig[] = []
  if (rpmLimit !== null) limits.push({ ...ofTenant, unit: 'requests', amount: rpmLimit, windowMs: MINUTE_MS })
  if (concurrencyLimit !== null) {
    limits.push({ ...ofTenant, unit: 'concurrency', amount: concurrencyLimit, windowMs: null })
  }
  return limits
}
