import type { ContextPolicy } from '../access/call-context.ts'
import type { CallContext } from '../access/context.ts'
import type { Config } from '../config/schema.ts'
import type { TenantConfig } from '../config/sections/tenants.ts'
import type { BudgetPolicy, BudgetSource, TenantLimits } from '../money/budget-source.ts'
import type { Money } from '../money/reservation.ts'
import { compilePolicy, type Policy } from '../policy/policy.ts'
import type { DeploymentBook } from './deployment-book.ts'

/** What contexts are read by. */
export function contextPolicyOf(config: Config): ContextPolicy {
  return {
    required: config.metadata.required,
    tenant: (tenantId) => {
      const tenant = config.tenants.get(tenantId)
      return tenant ? { plan: tenant.plan, region: null } : null
    },
    isTask: (name) => config.tasks.has(name),
  }
}

/** What routes are decided by. */
export function policyOf(config: Config, book: DeploymentBook, pricing: Money): Policy {
  return compilePolicy({
    tasks: config.tasks,
    models: config.models,
    tenants: config.tenants,
    deployment: (id) => book.deployment(id),
    serving: (model) => book.serving(model),
    pricing,
  })
}

/** The budgets of a configuration. `current` is asked at each reserve, so that a reload takes effect with the next call. */
export function budgetSourceOf(current: () => Config): BudgetSource {
  return {
    tenantLimits: (tenantId) => {
      const tenant = current().tenants.get(tenantId)
      return tenant ? limitsOf(tenant) : NO_LIMITS
    },
    policies: () => policiesOf(current()),
  }
}

const NO_LIMITS: TenantLimits = { budgets: [], timezone: 'UTC' }

/** A tenant's own limits count all its calls. */
const EVERY_CALL: BudgetPolicy['match'] = []

/** Compiled with a tenant's first call. */
const limitsOfTenants = new WeakMap<TenantConfig, TenantLimits>()

function limitsOf(tenant: TenantConfig): TenantLimits {
  const known = limitsOfTenants.get(tenant)
  if (known) return known
  const budgets: BudgetPolicy[] = []
  const add = (limit: bigint | null, window: BudgetPolicy['window']): void => {
    if (limit !== null) budgets.push({ per: 'tenant', unit: 'usd', limit, window, match: EVERY_CALL })
  }
  add(tenant.dailyLimit, 'day')
  add(tenant.monthlyLimit, 'month')
  const limits = { budgets, timezone: tenant.timezone }
  limitsOfTenants.set(tenant, limits)
  return limits
}

/** What a budget can be matched by, and the attribute of a call that it is. */
const BUDGET_MATCHES = [
  ['tenant', 'tenantId'],
  ['team', 'teamId'],
  ['user', 'userId'],
  ['feature', 'feature'],
  ['task', 'task'],
  ['plan', 'plan'],
  ['region', 'region'],
  ['priority', 'priority'],
] as const satisfies readonly (readonly [string, keyof CallContext])[]

/** Compiled once per configuration, whatever the number of calls. */
const compiled = new WeakMap<Config, readonly BudgetPolicy[]>()

function policiesOf(config: Config): readonly BudgetPolicy[] {
  let policies = compiled.get(config)
  if (!policies) {
    policies = config.budgets.map(({ per, usd, window, match }) => ({
      per,
      unit: 'usd' as const,
      limit: usd,
      window,
      match: BUDGET_MATCHES.flatMap(([field, attribute]) => {
        const value = match[field]
        return value === undefined ? [] : [{ attribute, value }]
      }),
    }))
    compiled.set(config, policies)
  }
  return policies
}
