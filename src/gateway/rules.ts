import type { ContextPolicy } from '../access/call-context.ts'
import type { CallContext } from '../access/context.ts'
import type { Config } from '../config/schema.ts'
import type { BudgetPolicy, BudgetSource } from '../money/budget-source.ts'
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
      const { dailyLimit = null, monthlyLimit = null, timezone = 'UTC' } = current().tenants.get(tenantId) ?? {}
      return { dailyLimit, monthlyLimit, timezone }
    },
    policies: () => policiesOf(current()),
  }
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
