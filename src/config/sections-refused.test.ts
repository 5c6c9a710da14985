import { describe, expect, test } from 'vitest'
import { loadConfigText } from './load.ts'

const knownProviders = [
  { type: 'openai', baseUrl: 'https://api.openai.com/v1', keyVariable: 'OPENAI_API_KEY' },
  { type: 'openai-compatible' },
  { type: 'simulated', simulated: true },
  { type: 'anthropic', baseUrl: 'https://api.anthropic.com', dialects: ['anthropic-messages'] },
]

const load = (text: string) =>
  loadConfigText(text, 'headgate.yaml', { env: { OPENAI_API_KEY: 'sk-1' }, knownProviders })

/** The problems of a text, as `path: message`. */
function problemsOf(text: string): readonly string[] {
  const result = load(text.includes('providers:') ? text : `providers: { simulated: {} }\n${text}`)
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path}: ${message}`)
}

describe('what is refused', () => {
  test.each([
    ['version: 2', 'version: must be 1'],
    ['versoin: 1', 'versoin: is not a key here'],
    ['server: { host: "a b" }', 'server.host: must be a host name or an IP address'],
    ['server: { port: 70000 }', 'server.port: must be at most 65535'],
    ['server: { port: -1 }', 'server.port: must be at least 0'],
    ['server: { port: 1.5 }', 'server.port: must be a whole number, not a number with a fraction'],
    ['server: { port: x }', 'server.port: must be a number, not text'],
    ['server: { heartbeat: 100ms }', 'server.heartbeat: must be between 1s and 10m'],
    ['server: { connections_per_address: 0 }', 'server.connections_per_address: must be at least 1'],
    ['server: { max_body: 10 }', 'server.max_body: must be text, not a number'],
    ['server: { max_body: 10mib }', 'server.max_body: must be a size such as 512kb or 10mb'],
    ['server: { max_body: 2gb }', 'server.max_body: must be between 1kb and 1gb'],
    ['server: { drain: 10 minutes }', 'server.drain: must be a duration such as 500ms, 10s, 5m or 1h'],
    ['server: { drain: 2d }', 'server.drain: must be between 0ms and 1d'],
    ['server: { overload: { busy: { lag: 5ms } } }', 'server.overload.busy.lag: must be between 20ms and 1m'],
    ['server: { overload: { busy: { heap: 85 } } }', 'server.overload.busy.heap: must be at most 0.99'],
    ['server: { overload: { busy: { lag: 2s } } }', 'server.overload.overloaded.lag: must not be below that of busy'],
    ['server: []', 'server: must be a mapping, not a list'],
    ['auth: { mode: password }', 'auth.mode: must be one of keys, none'],
    ['auth: { mode: none }\nserver: { host: 0.0.0.0 }', 'auth.mode: none is for a loopback host only'],
    ['storage: { url: mysql://x }', 'storage.url: must be embedded:DIRECTORY, postgres://… or memory:'],
    ['storage: { url: "embedded:" }', 'storage.url: must be embedded:DIRECTORY, postgres://… or memory:'],
    ['metadata: { required: [tenant] }', 'metadata.required[0]: must be one of tenant_id'],
    ['metadata: { required: [plan] }', 'metadata.required[0]: must be one of tenant_id'],
    ['providers: {}', 'providers: must name at least one provider'],
    ['providers: []', 'providers: must be a mapping, not a list'],
    ['providers: { "a/b": { type: simulated } }', 'providers["a/b"]: is not a good name'],
    ['providers: { simulated: 1 }', 'providers.simulated: must be a mapping, not a number'],
    ['providers: { acme: {} }', 'providers.acme: is not a known provider; give it a type'],
    ['providers: { acme: { type: opnai } }', 'providers.acme.type: is not a known type'],
    ['providers: { acme: { type: openai-compatible } }', 'providers.acme.base_url: is missing'],
    ['providers: { mine: { type: openai, base_url: "http://h/v1" } }', 'providers.mine.api_key: is missing'],
    ['providers: { openai: { api: completions } }', 'providers.openai.api: must be one of chat, responses'],
    ['providers: { anthropic: { api: chat } }', 'providers.anthropic.api: is for providers of OpenAI’s kind'],
    [
      'providers: { anthropic: { models: { m: { api: responses } } } }',
      'providers.anthropic.models.m.api: is for providers of OpenAI’s kind',
    ],
    ['providers: { openai: { api_key: "" } }', 'providers.openai.api_key: must be a key'],
    ['providers: { openai: { api_key: "a\\nb" } }', 'providers.openai.api_key: must be a key'],
    [
      'providers: { openai: { api_key: 123 } }',
      'providers.openai.api_key: must be text, not a number; put it in quotes',
    ],
    [
      'providers: { openai: { base_url: "ftp://h", api_key: k } }',
      'providers.openai.base_url: must be an http or https URL',
    ],
    [
      'providers: { openai: { base_url: "http://u:p@h", api_key: k } }',
      'providers.openai.base_url: must be an http or https URL',
    ],
    [
      'providers: { openai: { base_url: "http://h/v1/chat/completions", api_key: k } }',
      'providers.openai.base_url: must be the base only',
    ],
    [
      'providers: { openai: { headers: { host: evil } } }',
      'providers.openai.headers.host: is a header that Headgate sets itself',
    ],
    [
      'providers: { openai: { headers: { "a b": x } } }',
      'providers.openai.headers["a b"]: is not the name of a header',
    ],
    ['providers: { openai: { headers: { a: "x\\r\\ny: z" } } }', 'providers.openai.headers.a: must be one line'],
    ['providers: { openai: { timeouts: { idle: 0s } } }', 'providers.openai.timeouts.idle: must be between 1ms and 1d'],
    [
      'providers: { openai: { timeouts: { idle: 60d } } }',
      'providers.openai.timeouts.idle: must be between 1ms and 1d',
    ],
    [
      'providers: { openai: { models: { m: { quality: 6 } } } }',
      'providers.openai.models.m.quality: must be at most 5',
    ],
    [
      'providers: { openai: { models: { m: { price: { input_per_mtok: 1 } } } } }',
      'providers.openai.models.m.price.output_per_mtok: is missing; it must be a number',
    ],
    [
      'providers: { openai: { models: { m: { price: { input_per_mtok: -1, output_per_mtok: 1 } } } } }',
      'providers.openai.models.m.price.input_per_mtok: must be at least 0',
    ],
    ['providers: { openai: { max_concurrency: 0 } }', 'providers.openai.max_concurrency'],
    ['breaker: { failures: 0 }', 'breaker.failures'],
    ['idempotency: { keep: 31d }', 'idempotency.keep: must be between 1m and 30d'],
    ['breaker: { open_for: 1ms }', 'breaker.open_for: must be between 100ms and 1d'],
    ['models: { m: [] }', 'models.m: must have at least one entry'],
    ['models: { m: [gpt-4o] }', 'models.m[0]: must be provider/model'],
    ['models: { m: [opena/x] }', 'models.m[0]: no provider is called "opena"'],
    ['models: { m: simulated/x }', 'models.m: must be a list or a mapping, not text'],
    ['models: { "a/b": [simulated/x] }', 'models["a/b"]: is not a good name'],
    [
      'models: { m: { deployments: [{ use: opena/x }] } }',
      'models.m.deployments[0].use: no provider is called "opena"',
    ],
    [
      'models: { m: { deployments: [{ use: simulated/x, weight: 80 }] } }',
      'models.m.deployments[0].weight: means nothing under strategy priority; write `strategy: weighted`',
    ],
    [
      'models: { m: { deployments: [simulated/x], strategy: random } }',
      'models.m.strategy: must be one of priority, weighted, cheapest, fastest, least-busy, prefix-affinity',
    ],
    [
      'models: { m: { deployments: [{ use: simulated/x, weight: 0 }], strategy: weighted } }',
      'models.m.deployments: must have a weight above 0',
    ],
    ['tasks: { t: {} }', 'tasks.t.default: is missing; it must be text'],
    [
      'tasks: { t: { default: smal } }\nmodels: { small: [simulated/x] }',
      'tasks.t.default: no logical model is called "smal"',
    ],
    [
      'tasks: { t: { default: simulated/x, fallback: [nothing] } }',
      'tasks.t.fallback[0]: no logical model is called "nothing"',
    ],
    [
      'tasks: { t: { default: simulated/x, fallback: nothing } }',
      'tasks.t.fallback: no logical model is called "nothing"',
    ],
    ['tasks: { t: { default: simulated/x, fallback: 5 } }', 'tasks.t.fallback: must be text or a list, not a number'],
    ['tasks: { t: { default: simulated/x, max_cost_usd: 0 } }', 'tasks.t.max_cost_usd: must be more than 0'],
    [
      'tasks: { t: { default: simulated/x, max_latency_ms: 1s } }',
      'tasks.t.max_latency_ms: must be a number, not text',
    ],
    [
      'tasks: { t: { default: simulated/x, requires_citations: "yes" } }',
      'tasks.t.requires_citations: must be true or false, not text',
    ],
    [
      'tasks: { t: { default: simulated/x, parameters: { temperature: { default: 1, max: 0.5 } } } }',
      'tasks.t.parameters.temperature: has a default above its max',
    ],
    [
      'tasks: { t: { default: simulated/x, parameters: { temperature: { max: 3 } } } }',
      'tasks.t.parameters.temperature.max: must be at most 2',
    ],
    ['tasks: { "a/b": { default: simulated/x } }', 'tasks["a/b"]: is not a good name'],
    ['models: { m: [simulated/x] }\ntasks: { m: { default: m } }', 'tasks.m: is also the name of a logical model'],
    ['plans: { p: { daily_usd_limit: -1 } }', 'plans.p.daily_usd_limit: must be at least 0'],
    ['plans: { p: { daily_usd_limit: "5" } }', 'plans.p.daily_usd_limit: must be a number, not text'],
    ['plans: { p: { daily_usd_limit: .inf } }', 'plans.p.daily_usd_limit: must be a number, not an infinite number'],
    ['plans: { p: { rpm_limit: -1 } }', 'plans.p.rpm_limit: must be at least 0'],
    ['plans: { p: { concurrency_limit: 1.5 } }', 'plans.p.concurrency_limit: must be a whole number'],
    ['plans: { p: { max_input_tokens: 0 } }', 'plans.p.max_input_tokens: must be at least 1'],
    ['tenants: { acme: { plan: pro } }', 'tenants.acme.plan: no plan is called "pro"'],
    ['tenants: { acme: { timezone: Mars/Olympus } }', 'tenants.acme.timezone: must be an IANA time zone'],
    ['tenants: { acme: { timezone: "+02:00" } }', 'tenants.acme.timezone: must be an IANA time zone'],
    ['tenants: { acme: { region: "in the EU" } }', 'tenants.acme.region: must be the name of a region'],
    ['tenants: { "tenänt": {} }', 'tenants["tenänt"]: is not a good id'],
    ['budgets: [{ per: team, usd: 1 }]', 'budgets[0].window: is missing; it must be one of minute, hour, day, month'],
    ['budgets: [{ per: user, window: day }]', 'budgets[0]: must have one of usd, tokens, requests'],
    [
      'budgets: [{ per: user, usd: 1, tokens: 1, window: day }]',
      'budgets[0]: must have one of usd, tokens, requests, not usd and tokens; write one entry for each',
    ],
    ['budgets: [{ per: user, requests: 1.5, window: day }]', 'budgets[0].requests: must be a whole number'],
    ['budgets: [{ per: group, usd: 1, window: day }]', 'budgets[0].per: must be one of total, tenant, team'],
    ['plans: { p: { daily_token_limit: -1 } }', 'plans.p.daily_token_limit: must be at least 0'],
    ['budgets: [{ per: user, usd: 1, window: day, match: { usr: x } }]', 'budgets[0].match.usr: is not a key here'],
    [
      'budgets: [{ per: user, usd: 1, window: day, match: { user: 7 } }]',
      'budgets[0].match.user: must be text or a list, not a number',
    ],
    ['budgets: { per: user }', 'budgets: must be a list, not a mapping'],
    ['unknown_price: free', 'unknown_price: must be one of refuse, ceiling, flag'],
    ['price_ceiling: { input_per_mtok: 1 }', 'price_ceiling.output_per_mtok: is missing'],
    ['plans: { p: { markup: -0.1 } }', 'plans.p.markup: must be at least 0'],
    ['plans: { p: { markup: 0.12345678901 } }', 'plans.p.markup: must have at most nine decimals'],
    ['guards: { strict: {} }', 'guards.strict: is not supported yet'],
    ['guards: { default: { input: { pii: redact } } }', 'guards.default.input: is not supported yet'],
    [
      'guards: { default: { tool_result: { high: explode } } }',
      'guards.default.tool_result.high: must be one of block, wrap, off',
    ],
    ['tracing: { content: full }', 'tracing.content: has a value that is not supported yet; for now it must be none'],
    ['tracing: { otlp: "http://x" }', 'tracing.otlp: is not supported yet'],
    ['coordination: { redis: "http://x" }', 'coordination.redis: must be redis://… or rediss://…'],
    ['limits: [{ per: user }]', 'limits[0]: must have one of requests, tokens, concurrency'],
    [
      'limits: [{ per: user, requests: 1, tokens: 1, window: 1m }]',
      'limits[0]: must have one of requests, tokens, concurrency, not requests and tokens; write one entry for each',
    ],
    ['limits: [{ per: group, requests: 1 }]', 'limits[0].per: must be one of total, tenant, team'],
    ['limits: [{ per: user, requests: 1, window: hour }]', 'limits[0].window: must be a duration such as'],
    ['limits: [{ per: user, requests: 1, window: 32d }]', 'limits[0].window: must be between 1ms and 31d'],
    ['limits: [{ per: total, concurrency: 5, window: 1m }]', 'limits[0].window: is for requests and tokens'],
    ['limits: [{ per: user, requests: 1, match: { usr: u } }]', 'limits[0].match.usr: is not a key here'],
    ['limits: [{ per: user, requests: 1, on_limit: wait }]', 'limits[0].on_limit: must be one of reject, queue'],
    [
      'limits: [{ per: user, requests: 1, on_limit: { action: downgrade, downgrade_to: gone } }]',
      'limits[0].on_limit.downgrade_to: no logical model is called "gone"',
    ],
    [
      'models: { a: [simulated/a] }\ntasks: { t: { default: a, on_limit: { action: downgrade, downgrade_to: gone } } }',
      'tasks.t.on_limit.downgrade_to: no logical model is called "gone"',
    ],
    [
      'budgets: [{ per: total, usd: 1, window: day, downgrade_at: 0.5, downgrade_to: gone }]',
      'budgets[0].downgrade_to: no logical model is called "gone"',
    ],
    ['budgets: [{ per: total, usd: 1, window: day, kill_at: 80 }]', 'budgets[0].kill_at: must be a share of the limit'],
    ['budgets: [{ per: total, usd: 1, window: day, alert_at: [0] }]', 'budgets[0].alert_at[0]: must be a share'],
    ['runaway: { identical_calls: 0 }', 'runaway.identical_calls: must be at least 1'],
    ['runaway: { action: reject }', 'runaway.action: must be one of refuse, alert'],
    ['alerts: { webhooks: [{ url: "ftp://x/y", secret: s }] }', 'alerts.webhooks[0].url: must be an http or https URL'],
    ['alerts: { webhooks: [{ url: "http://x/y" }] }', 'alerts.webhooks[0].secret: is missing'],
    [
      'alerts: { webhooks: [{ url: "http://x", secret: s, on: [budgets] }] }',
      'alerts.webhooks[0].on[0]: must be one of',
    ],
    ['alerts: { token_growth: { factor: 1 } }', 'alerts.token_growth.factor'],
    ['alerts: { error_rate: 0.05 }', 'alerts.error_rate: is not supported yet'],
  ])('%s', (text, problem) => {
    expect(problemsOf(text)).toEqual([expect.stringContaining(problem)])
  })
})
