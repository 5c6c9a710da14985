import { describe, expect, test } from 'vitest'
import { loadConfigText } from './load.ts'
import type { Config } from './schema.ts'

const knownProviders = [
  { type: 'openai', baseUrl: 'https://api.openai.com/v1', keyVariable: 'OPENAI_API_KEY' },
  { type: 'openai-compatible' },
  { type: 'simulated', simulated: true },
]

const load = (text: string) =>
  loadConfigText(text, 'headgate.yaml', { env: { OPENAI_API_KEY: 'sk-1' }, knownProviders })

/** The config of a text that says only what a test is about. */
function configOf(text: string): Config {
  const result = load(text.includes('providers:') ? text : `providers: { simulated: {} }\n${text}`)
  if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 2))
  return result.config
}

const usd = (amount: number) => BigInt(Math.round(amount * 1e9))

describe('what is taken', () => {
  test('nothing but a provider: everything else has a default', () => {
    const { providers, ...rest } = configOf('providers: { simulated: {} }')
    expect(providers.get('simulated')).toMatchObject({
      name: 'simulated',
      type: 'simulated',
      apiKey: null,
      baseUrl: null,
    })
    expect(rest).toEqual({
      server: {
        host: '127.0.0.1',
        port: 4100,
        adminPort: null,
        maxBodyBytes: 10 * 1024 * 1024,
        drainMs: 600_000,
        drainDelayMs: 0,
        heartbeatMs: 15_000,
        connectionsPerAddress: 10_000,
        overload: {
          busy: { lagMs: 200, heapShare: 0.85, forMs: 1_000 },
          overloaded: { lagMs: 1_000, heapShare: 0.92, forMs: 5_000 },
        },
      },
      auth: { mode: 'keys' },
      storage: { target: { kind: 'embedded', dataDir: './.headgate' }, onOutage: 'refuse' },
      coordination: { redis: null },
      metadata: { required: ['tenant_id', 'feature'] },
      policy: { source: 'file' },
      models: new Map(),
      tasks: new Map(),
      complexity: { judge: null, timeoutMs: 800, cacheMs: 600_000 },
      plans: new Map(),
      tenants: new Map(),
      limits: [],
      budgets: [],
      unknownPrice: 'refuse',
      priceCeiling: null,
      runaway: null,
      breaker: { failures: 5, p95Ms: null, openForMs: 30_000 },
      idempotency: { keepMs: 86_400_000, maxReplyBytes: 1_048_576 },
      alerts: { webhooks: [], tokenGrowth: null },
      jobs: { keepMs: 86_400_000, concurrency: 16, deadlineMs: 3_600_000, webhooks: [] },
      guards: { toolResult: null },
      tracing: { content: 'none' },
    })
  })

  test('server', () => {
    const { server } = configOf(
      'server: { host: "::1", port: 0, admin_port: 4101, max_body: 1.5mb, drain: 0s, drain_delay: 5s }',
    )
    expect(server).toMatchObject({
      host: '::1',
      port: 0,
      adminPort: 4101,
      maxBodyBytes: 1_572_864,
      drainMs: 0,
      drainDelayMs: 5_000,
    })
    expect(configOf('server: { heartbeat: 5s, connections_per_address: 20 }').server).toMatchObject({
      heartbeatMs: 5_000,
      connectionsPerAddress: 20,
    })
    expect(configOf('server: { heartbeat: null, connections_per_address: null }').server).toMatchObject({
      heartbeatMs: null,
      connectionsPerAddress: null,
    })
  })

  test.each(['127.0.0.1', 'localhost', '::1'])('auth none on %s', (host) => {
    expect(configOf(`auth: { mode: none }\nserver: { host: "${host}" }`).auth.mode).toBe('none')
  })

  test('storage', () => {
    expect(configOf('storage: { url: "embedded:/var/lib/headgate" }').storage.target).toEqual({
      kind: 'embedded',
      dataDir: '/var/lib/headgate',
    })
    expect(configOf('storage: { url: "memory:" }').storage.target).toEqual({ kind: 'memory' })
    const { target } = configOf('storage: { url: "postgres://u:secret@db/headgate", on_outage: refuse }').storage
    expect(target.kind === 'postgres' && target.url.reveal()).toBe('postgres://u:secret@db/headgate')
    expect(JSON.stringify(target)).not.toContain('secret')
  })

  test('metadata', () => {
    expect(configOf('metadata: { required: [tenant_id, feature, feature] }').metadata.required).toEqual([
      'tenant_id',
      'feature',
    ])
  })

  test('a provider with everything', () => {
    const provider = configOf(`
providers:
  vllm:
    type: openai-compatible
    base_url: "http://10.0.0.7:8000/v1/"
    api_key: sk-local
    headers: { X-Team: search, authorization: Bearer t }
    region: eu
    api: chat
    self_hosted: true
    private: true
    timeouts: { connect: 2s, first_byte: 10s, first_token: 12s, idle: 15s, total: 10m }
    models:
      llama-3.1-8b: { price: { input_per_mtok: 0, output_per_mtok: 0.15 }, context: 131072, max_output: 4096, lacks: [images], quality: 3 }
      org/other: { api: responses }
`).providers.get('vllm')
    expect(provider).toMatchObject({
      name: 'vllm',
      type: 'openai-compatible',
      baseUrl: 'http://10.0.0.7:8000/v1',
      region: 'eu',
      api: 'chat',
      selfHosted: true,
      private: true,
      timeouts: { connectMs: 2000, firstByteMs: 10_000, firstTokenMs: 12_000, idleMs: 15_000, totalMs: 600_000 },
    })
    expect(provider?.apiKey?.reveal()).toBe('sk-local')
    expect([...(provider?.headers ?? [])].map(([name, value]) => [name, value.reveal()])).toEqual([
      ['x-team', 'search'],
      ['authorization', 'Bearer t'],
    ])
    expect(provider?.models.get('llama-3.1-8b')).toMatchObject({
      price: { inputPerMtok: 0, outputPerMtok: 0.15, cachedInputPerMtok: undefined },
      contextTokens: 131_072,
      maxOutputTokens: 4096,
      lacks: ['images'],
      quality: 3,
    })
    expect(provider?.models.get('org/other')).toEqual({
      api: 'responses',
      price: null,
      contextTokens: null,
      maxOutputTokens: null,
      lacks: null,
      quality: null,
    })
  })

  test('timeouts long enough for models that reason, when none are written', () => {
    expect(configOf('providers: { simulated: {} }').providers.get('simulated')?.timeouts).toEqual({
      connectMs: 5000,
      firstByteMs: 120_000,
      firstTokenMs: 120_000,
      idleMs: 60_000,
      totalMs: 600_000,
    })
  })

  test('models as a list and as an object', () => {
    const { models } = configOf(`
models:
  small: [simulated/a, simulated/org/b]
  large: { deployments: [{ use: simulated/c }, simulated/d], strategy: priority }
`)
    expect(models.get('small')).toEqual({
      name: 'small',
      deployments: ['simulated/a', 'simulated/org/b'],
      strategy: 'priority',
    })
    expect(models.get('large')).toEqual({
      name: 'large',
      deployments: ['simulated/c', 'simulated/d'],
      strategy: 'priority',
    })
  })

  test('a tenant has its plan with its own keys laid over it', () => {
    const { plans, tenants } = configOf(`
plans:
  startup: { daily_usd_limit: 5, monthly_usd_limit: 100.5, daily_token_limit: 500000, rpm_limit: 120, concurrency_limit: 10, allowed_models: [small], max_input_tokens: 8000, max_output_tokens: 500, markup: 0.2 }
  free: {}
tenants:
  plain: { plan: startup }
  richer: { plan: startup, timezone: Europe/Berlin, daily_usd_limit: 50, monthly_usd_limit: null, rpm_limit: null, concurrency_limit: 20, allowed_models: ["*"], markup: null }
  alone: { max_output_tokens: 10 }
  "tenant with spaces@x": {}
`)
    const startup = {
      dailyLimit: usd(5),
      monthlyLimit: usd(100.5),
      dailyTokenLimit: 500_000,
      rpmLimit: 120,
      concurrencyLimit: 10,
      allowedModels: ['small'],
      allowedTools: null,
      allowedResponseModes: null,
      maxInputTokens: 8000,
      maxOutputTokens: 500,
      markup: 200_000_000n,
    }
    const none = {
      dailyLimit: null,
      monthlyLimit: null,
      dailyTokenLimit: null,
      rpmLimit: null,
      concurrencyLimit: null,
      allowedModels: null,
      allowedTools: null,
      allowedResponseModes: null,
      maxInputTokens: null,
      maxOutputTokens: null,
      markup: null,
    }
    expect(plans.get('startup')).toEqual(startup)
    expect(plans.get('free')).toEqual(none)
    expect(tenants.get('plain')).toEqual({ id: 'plain', plan: 'startup', timezone: 'UTC', ...startup })
    expect(tenants.get('richer')).toEqual({
      ...startup,
      id: 'richer',
      plan: 'startup',
      timezone: 'Europe/Berlin',
      dailyLimit: usd(50),
      monthlyLimit: null,
      rpmLimit: null,
      concurrencyLimit: 20,
      allowedModels: null,
      markup: null,
    })
    expect(tenants.get('alone')).toEqual({ ...none, id: 'alone', plan: null, timezone: 'UTC', maxOutputTokens: 10 })
    expect(tenants.has('tenant with spaces@x')).toBe(true)
  })

  test('a ceiling for prices that are not known', () => {
    expect(configOf('providers: { simulated: {} }')).toMatchObject({ unknownPrice: 'refuse', priceCeiling: null })
    const config = configOf(
      'providers: { simulated: {} }\nunknown_price: flag\nprice_ceiling: { input_per_mtok: 20, output_per_mtok: 80 }',
    )
    expect(config).toMatchObject({ unknownPrice: 'flag', priceCeiling: { inputPerMtok: 20, outputPerMtok: 80 } })
    expect(configOf('providers: { simulated: {} }\nunknown_price: ceiling').unknownPrice).toBe('ceiling')
  })

  test('budgets', () => {
    const { budgets } = configOf(`
budgets:
  - { per: total, usd: 10000, window: month }
  - { per: feature, usd: 0.1, window: day, match: { feature: support_agent, tenant_id: acme, user: u1 } }
  - { per: model, tokens: 500000, window: hour, match: { plan: [free, trial], model: gpt-4o } }
  - { per: run, requests: 200, window: minute }
`)
    const ladder = { alertAt: [], downgradeAt: null, downgradeTo: null, killAt: null }
    expect(budgets).toEqual([
      { per: 'total', unit: 'usd', limit: usd(10_000), window: 'month', match: {}, ladder },
      {
        per: 'feature',
        unit: 'usd',
        limit: 100_000_000n,
        window: 'day',
        match: { feature: ['support_agent'], tenant: ['acme'], user: ['u1'] },
        ladder,
      },
      {
        per: 'model',
        unit: 'tokens',
        limit: 500_000_000_000_000n,
        window: 'hour',
        match: { plan: ['free', 'trial'], model: ['gpt-4o'] },
        ladder,
      },
      { per: 'run', unit: 'requests', limit: 200_000_000_000n, window: 'minute', match: {}, ladder },
    ])
  })

  test('a table of quotas, as products write them down', () => {
    const { tenants, limits, budgets } = configOf(`
tenants:
  startup-tier:
    rpm_limit: 120
    daily_token_limit: 500000
    allowed_models: ["small-general-model", "fast-rag-model"]
  enterprise-tier:
    rpm_limit: 1200
    daily_token_limit: 20000000
    allowed_models: ["small-general-model", "fast-rag-model", "large-reasoning-model"]
limits:
  - { per: user, requests: 1000, window: 1h }
  - { per: team, tokens: 100000, window: 1h }
  - { per: feature, requests: 10000, window: 1h }
  - { per: model, requests: 500, window: 1m }
budgets:
  - { per: user, usd: 5, window: day }
  - { per: team, usd: 2000, window: month }
  - { per: team, tokens: 100000, window: hour }
`)
    expect(tenants.get('startup-tier')).toMatchObject({ rpmLimit: 120, dailyTokenLimit: 500_000 })
    expect(tenants.get('enterprise-tier')).toMatchObject({ rpmLimit: 1200, dailyTokenLimit: 20_000_000 })
    expect(limits).toHaveLength(4)
    expect(budgets.map(({ per, unit, window }) => [per, unit, window])).toEqual([
      ['user', 'usd', 'day'],
      ['team', 'usd', 'month'],
      ['team', 'tokens', 'hour'],
    ])
  })

  test('limits', () => {
    const reject = { action: 'reject', maxWaitMs: 5_000, afterwards: 'reject', downgradeTo: null }
    const { limits, coordination } = configOf(`
models: { small: [simulated/a] }
coordination: { redis: "redis://:secret@127.0.0.1:6379/2" }
limits:
  - { per: user, requests: 1000, window: 1h }
  - { per: model, tokens: 5000, match: { model: [small, gpt-4o], tenant_id: acme } }
  - { per: feature, requests: 10, window: 31d, on_limit: queue }
  - { per: total, concurrency: 500, on_limit: { action: queue, max_wait: 2s, then: downgrade, downgrade_to: small } }
`)
    expect(limits).toEqual([
      { per: 'user', unit: 'requests', amount: 1000, windowMs: 3_600_000, match: {}, onLimit: reject },
      {
        per: 'model',
        unit: 'tokens',
        amount: 5000,
        windowMs: 60_000,
        match: { model: ['small', 'gpt-4o'], tenant: ['acme'] },
        onLimit: reject,
      },
      {
        per: 'feature',
        unit: 'requests',
        amount: 10,
        windowMs: 31 * 86_400_000,
        match: {},
        onLimit: { ...reject, action: 'queue' },
      },
      {
        per: 'total',
        unit: 'concurrency',
        amount: 500,
        windowMs: null,
        match: {},
        onLimit: { action: 'queue', maxWaitMs: 2_000, afterwards: 'downgrade', downgradeTo: 'small' },
      },
    ])
    expect(coordination.redis?.reveal()).toBe('redis://:secret@127.0.0.1:6379/2')
    expect(JSON.stringify(coordination)).not.toContain('secret')
  })

  test('guards', () => {
    const toolResult = { high: 'block', medium: 'wrap', judge: 'local' }
    expect(
      configOf('guards: { default: { tool_result: { judge: local, high: block, medium: wrap } } }').guards,
    ).toEqual({ toolResult })
    expect(configOf('guards: { default: { tool_result: {} } }').guards).toEqual({ toolResult })
    expect(configOf('guards: { default: { tool_result: { medium: off } } }').guards.toolResult?.medium).toBe('off')
    expect(configOf('guards: { default: {} }').guards).toEqual({ toolResult: null })
  })

  test('a section that is left empty, and a later key that is switched off', () => {
    expect(configOf('tasks:\nmodels:\nserver: { admin_port: null }\n').tasks.size).toBe(0)
    const task = configOf(
      'models: { m: [simulated/a] }\ntasks: { t: { default: m, hedge: null, canary: null } }',
    ).tasks.get('t')
    expect(task?.default).toBe('m')
  })

  test('every amount as written, to the ninth decimal', () => {
    const amountOf = (text: string) => configOf(`plans: { p: { daily_usd_limit: ${text} } }`).plans.get('p')?.dailyLimit
    expect(amountOf('0')).toBe(0n)
    expect(amountOf('0.1')).toBe(100_000_000n)
    expect(amountOf('1e-7')).toBe(100n)
    expect(amountOf('0.0000000001')).toBe(1n)
    expect(amountOf('1000000000')).toBe(10n ** 18n)
  })
})
