import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ConfigInput } from '../../config/schema.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { SKIP_REASONS, type SkipReason } from '../../policy/skip-reasons.ts'
import { json, startTestService, type TestService, testConfig } from '../../server/test-service.contract.ts'
import { EXPLAINED_REFUSALS, type ExplainedRefusal } from './refusals.ts'

/*
 * Every refusal and every reason for passing over a deployment, each brought about over HTTP, explained, and (where a call can show it) held against the call
 * itself.
 */

const price = (output_per_mtok: number) => ({ input_per_mtok: 1, output_per_mtok })

const sections = (wall: string): Partial<ConfigInput> => ({
  providers: {
    wall: {
      type: 'openai',
      api_key: 'sk-wall',
      base_url: wall,
      models: {
        m: { price: price(100), context: 8_000, max_output: 50, quality: 4 },
        cheap: { price: price(1), context: 8_000, max_output: 50, quality: 2, lacks: ['tools'] },
        mystery: { context: 8_000, max_output: 50 },
      },
    },
    narrow: {
      type: 'openai',
      api_key: 'sk-wall',
      base_url: wall,
      max_concurrency: 1,
      models: { n: { price: price(100), context: 8_000, max_output: 50, quality: 5 } },
    },
    own: {
      type: 'openai-compatible',
      api_key: 'sk-wall',
      base_url: wall,
      region: 'eu',
      private: true,
      models: { p: { price: price(50), context: 8_000, max_output: 50, quality: 3 } },
    },
  },
  models: { fast: ['wall/m'], cheap: ['wall/cheap'], mystery: ['wall/mystery'], sole: ['narrow/n'], own: ['own/p'] },
  tasks: {
    two: { default: 'fast', fallback: 'cheap' },
    homely: { default: 'fast', fallback: 'own' },
    odd: { default: 'mystery', fallback: 'cheap' },
    capped: { default: 'fast', fallback: 'cheap', max_cost_usd: 0.004 },
    quick: { default: 'fast', fallback: 'cheap', max_latency_ms: 40 },
    crowded: { default: 'sole', fallback: 'fast' },
    proud: { default: 'sole', fallback: 'cheap', fallback_policy: { allow_downgrade: false } },
    easing: { default: 'fast', fallback: 'cheap', on_limit: { action: 'downgrade' } },
    patient: { default: 'fast', on_limit: { action: 'queue', max_wait: '20s' } },
  },
  plans: { few: { allowed_models: ['cheap'] }, hands: { allowed_tools: ['search'] } },
  tenants: {
    acme: {},
    picky: { plan: 'few' },
    handy: { plan: 'hands' },
    resident: { region: 'eu' },
    poor: { daily_usd_limit: 0.000001 },
    terse: { daily_token_limit: 10 },
    slow: { rpm_limit: 1 },
    single: { concurrency_limit: 1 },
    model_poor: {},
  },
  budgets: [{ per: 'model', usd: 0.000001, window: 'day', match: { tenant: 'model_poor', model: 'm' } }],
  breaker: { failures: 1, open_for: '1h' },
})

let under: TestService
beforeEach(async () => {
  under = await startTestService()
  under.service.house.reload(testConfig(under.wall, sections(under.wall.openaiUrl)))
})
afterEach(() => under.stop())

interface Way {
  readonly tenant?: string
  readonly model?: string
  readonly body?: object
  readonly headers?: Record<string, string>
  /** Instead of a key of the tenant. */
  readonly key?: () => Promise<string>
  /** What happened before. */
  readonly before?: (key: string) => Promise<unknown>
  /** Whether a call shows the same; default true. */
  readonly real?: boolean
}

const call = (model: string) => ({ model, messages: [{ role: 'user', content: 'Hello.' }] })
const service = async (...tenants: string[]) => (await under.issue({ kind: 'service', tenants })).key
const switchOff = (scope: object) =>
  under.ask('/admin/v1/kill-switches', { key: under.adminKey, body: { scope, reason: 'test' } })

/** One call that hangs at the provider; resolves when it is there. */
async function hang(key: string, model: string): Promise<void> {
  under.wall.plan({ firstByteDelayMs: 60_000 })
  const calls = under.wall.calls.length
  void under.call({ key, model }).catch(() => undefined)
  await expect.poll(() => under.wall.calls.length).toBe(calls + 1)
  under.wall.plan(null)
}

async function explained({ tenant = 'acme', model = 'fast', headers = {}, ...way }: Way) {
  const key = way.key ? await way.key() : (await under.issue({ kind: 'tenant', tenantId: tenant })).key
  await way.before?.(key)
  const body = { ...call(model), ...way.body }
  const told = await json(under.ask('/v1/explain', { key, body, headers }))
  const real = way.real === false ? null : await under.ask('/v1/chat/completions', { key, body, headers })
  await real?.text()
  return { told, real }
}

const TOOL = { type: 'function', function: { name: 'delete_all', parameters: { type: 'object' } } }
const LONG = { messages: [{ role: 'user', content: 'word '.repeat(9_000) }] }

const REFUSED: Record<ExplainedRefusal, Way> = {
  metadata_missing: { key: () => service('acme', 'poor') },
  tenant_mismatch: { headers: { 'x-headgate-tenant-id': 'poor' } },
  permission_denied: { key: () => service('acme'), headers: { 'x-headgate-tenant-id': 'poor' } },
  task_not_found: { model: 'nothing', headers: { 'x-headgate-task': 'nothing' } },
  model_not_found: { model: 'nothing' },
  tool_not_allowed: { tenant: 'handy', body: { tools: [TOOL] } },
  model_not_allowed: { tenant: 'picky' },
  context_length_exceeded: { body: LONG },
  price_unknown: { model: 'mystery' },
  residency_violation: { tenant: 'resident' },
  no_eligible_model: { headers: { 'x-headgate-max-cost-usd': '0.000001' } },
  kill_switch_on: { before: () => switchOff({ feature: 'dead' }), headers: { 'x-headgate-feature': 'dead' } },
  rate_limited: { tenant: 'slow', before: async (key) => (await under.call({ key })).text() },
  concurrency_limited: { tenant: 'single', before: (key) => hang(key, 'fast') },
  queue_full: {
    tenant: 'single',
    model: 'patient',
    before: async (key) => {
      await hang(key, 'patient')
      for (let waiting = 0; waiting < 100; waiting += 1) void under.call({ key, model: 'patient' }).catch(() => null)
      await expect.poll(() => under.service.house.engine().lines.size).toBe(100)
    },
  },
  quota_exceeded: { tenant: 'terse' },
  budget_exceeded: { tenant: 'poor' },
  ledger_unavailable: {
    tenant: 'poor',
    before: async () => {
      const away = () => Promise.reject(new GatewayError('ledger_unavailable', 'The ledger is away.'))
      Object.assign(under.service.house.storage.ledger, { budgets: away, growSlices: away })
    },
  },
  no_deployment_available: { model: 'sole', before: (key) => hang(key, 'sole') },
}

describe('an explanation of a refusal', () => {
  it.each(Object.entries(REFUSED))('says %s, as the call itself would', async (code, way) => {
    const { told, real } = await explained(way)
    expect(told).toMatchObject({ chosen: null, refusal: { code } })
    const { status, retry } = told.refusal as { status: number; retry: boolean }
    expect(real?.headers.get('x-headgate-error')).toBe(code)
    expect([real?.status, real?.headers.get('x-should-retry') !== 'false']).toEqual([status, retry])
  })
})

const SKIPPED: Record<SkipReason, Way & { readonly instead: string | null }> = {
  outside_region: { tenant: 'resident', model: 'homely', instead: 'own/p' },
  not_private: { model: 'homely', headers: { 'x-headgate-data-sensitivity': 'restricted' }, instead: 'own/p' },
  model_not_allowed: { tenant: 'picky', model: 'two', instead: 'wall/cheap' },
  kill_switch_on: { model: 'two', before: () => switchOff({ model: 'm' }), instead: 'wall/cheap' },
  capability_missing: { model: 'cheap', body: { tools: [TOOL] }, instead: null },
  prompt_too_long: { model: 'two', body: LONG, instead: null },
  price_unknown: { model: 'odd', instead: 'wall/cheap' },
  over_cost_ceiling: { model: 'capped', body: { max_tokens: 50 }, instead: 'wall/cheap' },
  over_latency_ceiling: {
    model: 'quick',
    before: async (key) => {
      under.wall.plan({ firstByteDelayMs: 80 })
      await Promise.all(Array.from({ length: 20 }, async () => (await under.call({ key })).text()))
      under.wall.plan(null)
    },
    // How long the others take on a busy machine is not for a test to say.
    real: false,
    instead: 'wall/cheap',
  },
  downgraded: {
    tenant: 'slow',
    model: 'easing',
    before: async (key) => (await under.call({ key, model: 'easing' })).text(),
    instead: 'wall/cheap',
  },
  over_model_budget: { tenant: 'model_poor', model: 'two', instead: 'wall/cheap' },
  circuit_open: {
    model: 'two',
    before: async (key) => {
      under.wall.plan({ fault: { kind: 'status', status: 500 } })
      await (await under.call({ key, model: 'fast' })).text()
      under.wall.plan(null)
    },
    instead: 'wall/cheap',
  },
  saturated: { model: 'crowded', before: (key) => hang(key, 'sole'), instead: 'wall/m' },
  downgrade_not_allowed: { model: 'proud', before: (key) => hang(key, 'sole'), instead: null },
}

describe('an explanation of a candidate that is passed over', () => {
  it.each(Object.entries(SKIPPED))('says %s, and the call goes where it says', async (reason, { instead, ...way }) => {
    const { told, real } = await explained(way)
    expect(told.candidates).toContainEqual(expect.objectContaining({ taken: false, reason }))
    expect(told.chosen).toEqual(instead === null ? null : expect.objectContaining({ deployment: instead }))
    if (real) expect(real.headers.get('x-headgate-model')).toBe(instead)
  })
})

describe('docs/reference/explain.md', () => {
  const page = readFileSync(new URL('../../../docs/reference/explain.md', import.meta.url), 'utf8')
  const [, table = ''] = page.split('\n## Refusals\n')

  it('lists every refusal of the table and no other, in its order, with who says so', () => {
    const rows = [...table.matchAll(/^\| \[`(\w+)`\]\(errors\.md#(\w+)\) \| (\w+) \|/gm)]
    expect(rows.map(([, code, anchor, by]) => [code, anchor, by])).toEqual(
      Object.entries(EXPLAINED_REFUSALS).map(([code, by]) => [code, code, by]),
    )
  })

  it('names every reason for passing over a deployment', () => {
    for (const reason of Object.keys(SKIP_REASONS)) expect(page).toContain(`(skip-reasons.md#${reason})`)
  })
})
