import * as z from 'zod'
import { type AlertsConfig, alertsSection } from './sections/alerts.ts'
import { type AuthConfig, authSection } from './sections/auth.ts'
import { type BreakerConfig, breakerSection } from './sections/breaker.ts'
import { type BudgetConfig, budgetsSection } from './sections/budgets.ts'
import { type ComplexityConfig, complexitySection } from './sections/complexity.ts'
import { type CoordinationConfig, coordinationSection } from './sections/coordination.ts'
import { type GuardsConfig, guardsSection } from './sections/guards.ts'
import { type IdempotencyConfig, idempotencySection } from './sections/idempotency.ts'
import { type JobsConfig, jobsSection } from './sections/jobs.ts'
import { type LimitConfig, limitsSection } from './sections/limits.ts'
import { type MetadataConfig, metadataSection } from './sections/metadata.ts'
import { type LogicalModelConfig, modelsSection } from './sections/models.ts'
import { layPlan, NO_LIMITS, type PlanConfig, plansSection } from './sections/plans.ts'
import { type PolicySourceConfig, policySection } from './sections/policy.ts'
import { type PriceConfig, priceSection, type UnknownPrice, unknownPriceSection } from './sections/price.ts'
import { type ProviderConfig, providersSection } from './sections/providers.ts'
import { type RunawayConfig, runawaySection } from './sections/runaway.ts'
import { type ServerConfig, serverSection } from './sections/server.ts'
import { type StorageConfig, storageSection } from './sections/storage.ts'
import { type TaskConfig, tasksSection } from './sections/tasks.ts'
import { type TenantConfig, type TenantKeys, tenantsSection } from './sections/tenants.ts'
import { type TracingConfig, tracingSection } from './sections/tracing.ts'

/** A whole configuration: checked, with every default filled in, and immutable. */
export interface Config {
  readonly server: ServerConfig
  readonly auth: AuthConfig
  readonly storage: StorageConfig
  readonly coordination: CoordinationConfig
  readonly metadata: MetadataConfig
  readonly policy: PolicySourceConfig
  /** By name; at least one. */
  readonly providers: ReadonlyMap<string, ProviderConfig>
  /** Logical models by name. */
  readonly models: ReadonlyMap<string, LogicalModelConfig>
  readonly tasks: ReadonlyMap<string, TaskConfig>
  readonly complexity: ComplexityConfig
  readonly plans: ReadonlyMap<string, PlanConfig>
  /** By id. A tenant that is not listed has no plan, no limits and the zone UTC. */
  readonly tenants: ReadonlyMap<string, TenantConfig>
  /** Rates and concurrency beyond those of plans. */
  readonly limits: readonly LimitConfig[]
  readonly budgets: readonly BudgetConfig[]
  /** `refuse`: a model without a price is never called. `ceiling`: at the dearest that is known of the provider. `flag`: the same, and operators are told. */
  readonly unknownPrice: UnknownPrice
  /** What an unknown price counts as, instead of the dearest that is known of the provider; null for that. */
  readonly priceCeiling: PriceConfig | null
  /** Null: nobody looks for runaway programs. */
  readonly runaway: RunawayConfig | null
  readonly breaker: BreakerConfig
  readonly idempotency: IdempotencyConfig
  readonly alerts: AlertsConfig
  readonly jobs: JobsConfig
  readonly guards: GuardsConfig
  readonly tracing: TracingConfig
}

/** The grammar of `headgate.yaml`. References between sections are checked apart, in `references.ts`. */
export const configSchema = z
  .strictObject({
    version: z.literal(1).prefault(1).describe('Version of this format; always 1.'),
    server: serverSection.prefault({}).describe('Where the service listens and how much it takes in.'),
    auth: authSection.prefault({}).describe('How callers prove who they are.'),
    storage: storageSection.prefault({}).describe('The ledger: money, usage, traces, keys.'),
    coordination: coordinationSection
      .prefault({})
      .describe('What several instances share beside the ledger. One instance needs nothing of it.'),
    metadata: metadataSection.prefault({}).describe('What every call must say about itself.'),
    policy: policySection
      .prefault({})
      .describe('Where the policy lives: `models`, `tasks`, `plans`, `tenants`, `limits` and `budgets`.'),
    providers: providersSection.describe('Accounts at model providers, by a name of your choice.'),
    models: modelsSection
      .prefault({})
      .describe(
        'Logical models: names that product code and tasks use instead of a vendor’s. Each is a list of `provider/model`, or an object with `deployments`.',
      ),
    tasks: tasksSection.prefault({}).describe('Kinds of work, by name, and how each is to be run.'),
    complexity: complexitySection
      .prefault({})
      .describe('Who says how hard a call is, where a rule of its task asks for its `complexity`.'),
    plans: plansSection.prefault({}).describe('What tenants of a plan may use and spend.'),
    tenants: tenantsSection
      .prefault({})
      .describe('Customers of your product, by id. Each key of a plan may be written here too and then wins.'),
    limits: limitsSection
      .prefault([])
      .describe('How fast calls may come and how many may run at once, beyond what plans say.'),
    budgets: budgetsSection.prefault([]).describe('Hard limits on money beyond those of plans.'),
    unknown_price: unknownPriceSection
      .prefault('refuse')
      .describe(
        'What happens to a call that has no known price: of its model, of the service tier it asks for, or of a tool that the provider runs. `refuse`: 403 `price_unknown`. `ceiling`: it counts at `price_ceiling`, else at the dearest price that is known of any model of the provider. `flag`: the same, and operators are told.',
      ),
    price_ceiling: priceSection
      .optional()
      .describe(
        'What a model without a known price counts as under `unknown_price: ceiling` and `flag`. Default: the dearest that is known of its provider; where nothing is known of it, calls are refused.',
      ),
    runaway: runawaySection
      .optional()
      .describe('Loops of agents and retries: seen, and refused or flagged. Off unless written.'),
    breaker: breakerSection.prefault({}).describe('When a deployment that fails is left alone for a while.'),
    idempotency: idempotencySection
      .prefault({})
      .describe('Replies to calls with an `idempotency-key`, which are given again to the same call.'),
    alerts: alertsSection.prefault({}).describe('What operators are told of, and how.'),
    jobs: jobsSection.prefault({}).describe('Calls that are answered later: in the background, or when there is room.'),
    guards: guardsSection.prefault({}).describe('Checks on what goes to a model. All off unless written.'),
    tracing: tracingSection.prefault({}).describe('What traces keep.'),
  })
  .transform(
    (root): Config => ({
      server: root.server,
      auth: root.auth,
      storage: root.storage,
      coordination: root.coordination,
      metadata: root.metadata,
      policy: root.policy,
      providers: root.providers,
      models: root.models,
      tasks: root.tasks,
      complexity: root.complexity,
      plans: root.plans,
      tenants: tenantMap(root.tenants, root.plans),
      limits: root.limits,
      budgets: root.budgets,
      unknownPrice: root.unknown_price,
      priceCeiling: root.price_ceiling ?? null,
      runaway: root.runaway ?? null,
      breaker: root.breaker,
      idempotency: root.idempotency,
      alerts: root.alerts,
      jobs: root.jobs,
      guards: root.guards,
      tracing: root.tracing,
    }),
  )

/** A configuration as people write it: snake_case, with everything optional that has a default. */
export type ConfigInput = z.input<typeof configSchema>

function tenantMap(
  tenants: Readonly<Record<string, TenantKeys>>,
  plans: ReadonlyMap<string, PlanConfig>,
): ReadonlyMap<string, TenantConfig> {
  return new Map(
    Object.entries(tenants).map(([id, keys]) => {
      const plan = keys.plan === undefined ? NO_LIMITS : (plans.get(keys.plan) ?? NO_LIMITS)
      return [
        id,
        {
          id,
          plan: keys.plan ?? null,
          timezone: keys.timezone,
          ...(keys.region === undefined ? {} : { region: keys.region }),
          ...layPlan(plan, keys),
        },
      ]
    }),
  )
}
