import fc from 'fast-check'
import type { ConfigInput } from '../../src/config/schema.ts'
import type { Plan } from '../../src/testing/index.ts'

/*
 * Policies, calls and states of providers by chance. Allow-lists name deployments alone and a task's ceiling is not changed by its rules, so that a test can say of
 * every byte that a provider got whether it may have got it, without knowing how routes are decided.
 */

/** How many providers a policy has, each with one deployment. */
export const PROVIDERS = 6

const REGIONS = ['eu', 'us', 'eu-west-1', null] as const
const HEALTH: readonly Plan[] = [
  ...Array.from({ length: 8 }, () => ({})),
  { firstByteDelayMs: 25 },
  { fault: { kind: 'status', status: 503 } },
  { fault: { kind: 'status', status: 429 } },
  { fault: { kind: 'status', status: 401 } },
  { fault: { kind: 'status', status: 400, code: 'context_length_exceeded' } },
  { fault: { kind: 'reset' } },
  { fault: { kind: 'cut', after: 1 } },
  { fault: { kind: 'ok-error' } },
]

/** A provider of a random policy. */
export interface RandomProvider {
  readonly region: (typeof REGIONS)[number]
  readonly private: boolean
  /** USD per million tokens of output. */
  readonly price: number
  readonly quality: number
  readonly health: Plan
}

const provider: fc.Arbitrary<RandomProvider> = fc.record({
  region: fc.constantFrom(...REGIONS),
  private: fc.boolean(),
  price: fc.constantFrom(1, 20, 400),
  quality: fc.integer({ min: 1, max: 5 }),
  health: fc.constantFrom(...HEALTH),
})

/** A tenant of a random policy. */
export interface RandomTenant {
  readonly region: 'eu' | 'us' | null
  /** Numbers of the providers it may use; null is all. */
  readonly allowed: readonly number[] | null
  readonly tools: readonly string[] | null
}

const someProviders = fc.uniqueArray(fc.nat({ max: PROVIDERS - 1 }), { minLength: 1, maxLength: PROVIDERS })

const tenant: fc.Arbitrary<RandomTenant> = fc.record({
  region: fc.constantFrom('eu', 'us', null, null, null),
  allowed: fc.option(someProviders, { freq: 2 }),
  tools: fc.constantFrom(null, null, ['safe'], []),
})

const strategy = fc.constantFrom('priority', 'weighted', 'cheapest', 'fastest', 'least-busy', 'prefix-affinity')
const model = fc.record({ members: someProviders, strategy })
const modelName = fc.constantFrom('m0', 'm1', 'm2')
const condition = fc.oneof(
  fc.record({ risk: fc.constantFrom('read_only', 'write', 'admin') }),
  fc.record({ data_sensitivity: fc.constantFrom(['public', 'internal'], ['confidential', 'restricted']) }),
  fc.record({ complexity: fc.constantFrom('simple', 'complex') }),
  fc.record({ tenant_id: fc.constantFrom('t0', 't1') }),
  fc.record({ input_tokens: fc.record({ gt: fc.constantFrom(10, 200) }) }),
  fc.record({ budget_used: fc.record({ gte: fc.constantFrom(0, 0.5) }) }),
  fc.constant({ requires_json: false }),
)
const rule = fc.record(
  { if: condition, use: modelName, fallback: fc.array(modelName, { maxLength: 2 }) },
  { requiredKeys: ['if', 'use'] },
)
const task = fc.record({
  default: modelName,
  fallback: fc.array(modelName, { maxLength: 2 }),
  when: fc.array(rule, { maxLength: 3 }),
  maxCost: fc.option(fc.constantFrom(0.0005, 0.01)),
  hedged: fc.boolean(),
  whole: fc.boolean(),
  retries: fc.nat({ max: 1 }),
  downgradeTo: fc.option(modelName),
})

/** A whole policy. */
export const randomPolicy = fc.record({
  providers: fc.array(provider, { minLength: PROVIDERS, maxLength: PROVIDERS }),
  tenants: fc.array(tenant, { minLength: 3, maxLength: 3 }),
  models: fc.array(model, { minLength: 3, maxLength: 3 }),
  tasks: fc.array(task, { minLength: 2, maxLength: 2 }),
  tight: fc.boolean(),
})

/** A call under it. */
export const randomCall = fc.record({
  tenant: fc.nat({ max: 2 }),
  target: fc.oneof(
    fc.constantFrom('task0', 'task1', 'task0', 'task1', 'm0', 'm1', 'm2'),
    fc.nat({ max: PROVIDERS - 1 }).map((number) => number),
  ),
  sensitivity: fc.constantFrom('public', 'internal', 'confidential', 'restricted', null, null, null),
  risk: fc.constantFrom('read_only', 'read_only', 'write', 'admin'),
  region: fc.constantFrom('eu', 'us', null),
  maxCost: fc.option(fc.constantFrom(0.0002, 0.004, 1), { freq: 1 }),
  maxTokens: fc.option(fc.constantFrom(5, 40)),
  stream: fc.boolean(),
  tool: fc.constantFrom(null, null, null, null, 'safe', 'danger'),
  words: fc.constantFrom(3, 200),
})

/** See `randomPolicy`. */
export type RandomPolicy = typeof randomPolicy extends fc.Arbitrary<infer Value> ? Value : never
/** See `randomCall`. */
export type RandomCall = typeof randomCall extends fc.Arbitrary<infer Value> ? Value : never

/** The deployment of a provider; `run` keeps the health of one policy's providers from another's. */
export function deploymentId(run: number, number: number): string {
  return `p${run}n${number}/m`
}

/** The configuration of a policy. Every provider's key is `sk-RUN-NUMBER`. */
export function configOf(policy: RandomPolicy, run: number, baseUrl: string): ConfigInput {
  const id = (number: number) => deploymentId(run, number)
  return {
    version: 1,
    auth: { mode: 'none' },
    storage: { url: 'memory:' },
    metadata: { required: [] },
    breaker: { failures: 4, open_for: '1s' },
    providers: Object.fromEntries(
      policy.providers.map(({ region, private: isPrivate, price, quality }, number) => [
        `p${run}n${number}`,
        {
          type: 'openai',
          base_url: baseUrl,
          api_key: `sk-${run}-${number}`,
          ...(region === null ? {} : { region }),
          private: isPrivate,
          models: {
            m: {
              price: { input_per_mtok: 0.1, output_per_mtok: price },
              context: 100_000,
              max_output: 2_000,
              quality,
            },
          },
        },
      ]),
    ),
    models: Object.fromEntries(
      policy.models.map(({ members, strategy: chosen }, number) => [
        `m${number}`,
        { deployments: members.map(id), strategy: chosen },
      ]),
    ),
    tenants: Object.fromEntries(
      policy.tenants.map(({ region, allowed, tools }, number) => [
        `t${number}`,
        {
          ...(region === null ? {} : { region }),
          ...(allowed === null ? {} : { allowed_models: allowed.map(id) }),
          ...(tools === null ? {} : { allowed_tools: [...tools] }),
        },
      ]),
    ),
    tasks: Object.fromEntries(
      policy.tasks.map(({ default: first, fallback, when, maxCost, hedged, whole, retries, downgradeTo }, number) => [
        `task${number}`,
        {
          default: first,
          fallback,
          when,
          ...(maxCost === null ? {} : { max_cost_usd: maxCost }),
          ...(hedged ? { hedge: { after: '10ms' } } : {}),
          ...(whole ? { delivery: 'whole' as const } : {}),
          retry: { attempts: retries, backoff: '1ms' },
          ...(downgradeTo === null ? {} : { on_limit: { action: 'downgrade' as const, downgrade_to: downgradeTo } }),
        },
      ]),
    ) as ConfigInput['tasks'],
    limits: policy.tight ? [{ per: 'tenant', requests: 5, window: '1m' }] : [],
  }
}
