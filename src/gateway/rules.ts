import type { ContextPolicy } from '../access/call-context.ts'
import { wholeUnits } from '../canonical/amounts.ts'
import { SHADOW_TENANT, shadowJudgeTask } from '../canonical/shadow-tenant.ts'
import type { Config } from '../config/schema.ts'
import type { BudgetConfig } from '../config/sections/budgets.ts'
import type { RunawayConfig } from '../config/sections/runaway.ts'
import type { TenantConfig } from '../config/sections/tenants.ts'
import type { DeploymentHealth } from '../execution/deployment-health.ts'
import type { BudgetMatch, BudgetPolicy, BudgetSource, TenantLimits } from '../money/budget-source.ts'
import { PolicyIndex } from '../money/policy-index.ts'
import { compilePolicy, type Policy } from '../policy/policy.ts'
import type { Pricing } from '../policy/policy-input.ts'
import type { DeploymentBook } from './deployment-book.ts'

/** What contexts are read by. */
export function contextPolicyOf(config: Config): ContextPolicy {
  return {
    required: config.metadata.required,
    tenant: (tenantId) => {
      const tenant = config.tenants.get(tenantId)
      return tenant ? { plan: tenant.plan, region: tenant.region ?? null } : null
    },
    isTask: (name) => config.tasks.has(name),
  }
}

/** What routes are decided by. */
export function policyOf(
  config: Config,
  book: DeploymentBook,
  pricing: Pricing,
  health: Pick<DeploymentHealth, 'latencyOf' | 'runningOn'>,
): Policy {
  return compilePolicy({
    tasks: config.tasks,
    models: config.models,
    tenants: config.tenants,
    deployment: (id) => book.deployment(id),
    serving: (model) => book.serving(model),
    pricing,
    latencyOf: (deployment, streams) => health.latencyOf(deployment, streams),
    runningOf: (deployment) => health.runningOn(deployment),
  })
}

/** The budgets of a configuration. `current` is asked at each reserve, so that a reload takes effect with the next call. */
export function budgetSourceOf(current: () => Config): BudgetSource {
  let last: CompiledBudgets | null = null
  const ofCurrent = (): CompiledBudgets => {
    const config = current()
    if (last?.config !== config) last = compiledBudgets(config)
    return last
  }
  return {
    tenantLimits: (tenantId) => {
      const { config, limits } = ofCurrent()
      const known = limits.get(tenantId)
      if (known) return known
      const tenant = config.tenants.get(tenantId)
      if (!tenant) return NO_LIMITS
      const made = limitsOf(tenant)
      limits.set(tenantId, made)
      return made
    },
    policies: (valueIn) => ofCurrent().policies.of(valueIn),
  }
}

/** The budgets of a configuration, made ready once, whatever the number of calls. */
interface CompiledBudgets {
  readonly config: Config
  readonly policies: PolicyIndex
  /** What its tenants have of their own, each from its first call on. */
  readonly limits: Map<string, TenantLimits>
}

const NO_LIMITS: TenantLimits = { budgets: [], timezone: 'UTC' }

/** A tenant's own limits count all its calls. */
const EVERY_CALL: BudgetPolicy['match'] = []

function limitsOf(tenant: TenantConfig): TenantLimits {
  const budgets: BudgetPolicy[] = []
  const add = (unit: BudgetPolicy['unit'], window: BudgetPolicy['window'], limit: bigint | null): void => {
    if (limit !== null) budgets.push({ per: 'tenant', unit, limit, window, match: EVERY_CALL })
  }
  add('usd', 'day', tenant.dailyLimit)
  add('usd', 'month', tenant.monthlyLimit)
  add('tokens', 'day', tenant.dailyTokenLimit === null ? null : wholeUnits(tenant.dailyTokenLimit))
  return { budgets, timezone: tenant.timezone }
}

/** For all who ask for the budgets of one configuration. */
const compiled = new WeakMap<Config, CompiledBudgets>()

function compiledBudgets(config: Config): CompiledBudgets {
  const known = compiled.get(config)
  if (known) return known
  const policies = new PolicyIndex([
    ...config.budgets.map(policyOfBudget),
    ...budgetsOfRuns(config.runaway),
    ...budgetsOfShadows(config.tasks),
  ])
  const made = { config, policies, limits: new Map() }
  compiled.set(config, made)
  return made
}

function policyOfBudget({ per, unit, limit, window, match, ladder }: BudgetConfig): BudgetPolicy {
  const conditions: BudgetMatch[] = []
  for (const field in match) {
    const name = field as keyof typeof match
    conditions.push({ field: name, values: match[name] ?? [] })
  }
  return { per, unit, limit, window, match: conditions, ...(hasSteps(ladder) ? { ladder } : {}) }
}

function hasSteps({ alertAt, downgradeAt, killAt }: BudgetConfig['ladder']): boolean {
  return alertAt.length > 0 || downgradeAt !== null || killAt !== null
}

/** Operators are told when a run has used up what it may. */
const END_OF_RUN = { alertAt: [1], downgradeAt: null, downgradeTo: null, killAt: null }

/** What the copies of a task's calls may cost is a budget like any other: hard, and one for all instances. */
function budgetsOfShadows(tasks: Config['tasks']): readonly BudgetPolicy[] {
  const budgets: BudgetPolicy[] = []
  for (const { name, shadow } of tasks.values()) {
    if (!shadow) continue
    const match: BudgetMatch[] = [
      { field: 'tenant', values: [SHADOW_TENANT] },
      // Whether a model judges or not: another judge must not begin the day anew.
      { field: 'task', values: [name, shadowJudgeTask(name)] },
    ]
    budgets.push({ per: 'tenant', unit: 'usd', limit: shadow.dailyLimit, window: 'day', match })
  }
  return budgets
}

/** What one agent run may use is a budget like any other: hard, and one for all instances. A run's month is long enough to be all of it. */
function budgetsOfRuns(runaway: RunawayConfig | null): readonly BudgetPolicy[] {
  if (runaway?.action !== 'refuse') return []
  const { calls, cost } = runaway.perRun
  const budgets: BudgetPolicy[] = []
  const add = (unit: BudgetPolicy['unit'], limit: bigint): void => {
    budgets.push({ per: 'run', unit, limit, window: 'month', match: EVERY_CALL, ladder: END_OF_RUN })
  }
  if (cost !== null) add('usd', cost)
  if (calls !== null) add('requests', wholeUnits(calls))
  return budgets
}
