import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { defineConfig } from './define-config.ts'
import { type LoadOptions, loadConfigObject, loadConfigText } from './load.ts'

const knownProviders = [
  { type: 'openai', baseUrl: 'https://api.openai.com/v1', keyVariable: 'OPENAI_API_KEY' },
  { type: 'simulated', simulated: true },
]
const withEnv = (env: LoadOptions['env'], overrides: LoadOptions['overrides'] = {}): LoadOptions => ({
  env,
  knownProviders,
  overrides,
})

function linesOf(text: string, env: LoadOptions['env'] = {}): readonly string[] {
  const result = loadConfigText(text, 'headgate.yaml', withEnv(env))
  if (result.ok) return []
  return result.problems.map(({ file, line, column, path, suggestion }) => {
    return `${file}:${line}:${column} ${path}${suggestion === undefined ? '' : ` -> ${suggestion}`}`
  })
}

function configOf(text: string, env: LoadOptions['env'] = {}, overrides: LoadOptions['overrides'] = {}) {
  const result = loadConfigText(text, 'headgate.yaml', withEnv(env, overrides))
  if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 2))
  return result.config
}

describe('problems', () => {
  test('are all found at once, each at its line, with the nearest name', () => {
    const text = `version: 1
servr:
  port: 1
providers:
  openai:
    api_key: "\${OPENAI_API_KEY}"
    timeouts: { conect: 2s, idle: soon }
  simulated: {}
models:
  fast-small: [simulated/a, simulate/b]
tasks:
  classify:
    default: fast-smal
    maxLatencyMs: 1000
    fallback:
      - fast-small
      - gone
tenants:
  acme:
    plan: enterprize
    timezone: Europe/Berln
plans:
  enterprise: {}
budgets:
  - per: usr
    usd: 5
    window: day
`
    expect(linesOf(text)).toEqual([
      'headgate.yaml:2:1 servr -> server',
      'headgate.yaml:6:14 providers.openai.api_key',
      'headgate.yaml:7:17 providers.openai.timeouts.conect -> connect',
      'headgate.yaml:7:35 providers.openai.timeouts.idle',
      'headgate.yaml:10:29 models.fast-small[1] -> simulated/b',
      'headgate.yaml:13:14 tasks.classify.default -> fast-small',
      'headgate.yaml:14:5 tasks.classify.maxLatencyMs -> max_latency_ms',
      'headgate.yaml:17:9 tasks.classify.fallback[1]',
      'headgate.yaml:20:11 tenants.acme.plan -> enterprise',
      'headgate.yaml:21:15 tenants.acme.timezone',
      'headgate.yaml:25:10 budgets[0].per -> user',
    ])
  })

  test('of an empty text and of a text that is no mapping', () => {
    expect(linesOf('')).toEqual(['headgate.yaml:1:1 '])
    expect(linesOf('- a\n- b\n')).toEqual(['headgate.yaml:1:1 '])
    expect(linesOf('just words')).toEqual(['headgate.yaml:1:1 '])
  })

  test('of a section that is missing are at the top', () => {
    expect(linesOf('version: 1\n')).toEqual(['headgate.yaml:1:1 providers'])
  })

  test('name a variable that is not set once, and nothing that follows from it', () => {
    const text = `providers:\n  openai:\n    api_key: "\${OPENAI_API_KEY}"\n    base_url: "\${BASE}"\n`
    expect(linesOf(text)).toEqual([
      'headgate.yaml:3:14 providers.openai.api_key',
      'headgate.yaml:4:15 providers.openai.base_url',
    ])
  })

  test('of a very large config are all found too', () => {
    const tenants = Array.from({ length: 40_000 }, (_, index) => `t${index}`)
    const result = loadConfigObject(
      {
        providers: { simulated: {} },
        tenants: Object.fromEntries(tenants.map((id) => [id, { plan: 'gone', plna: 1, timezone: 'x' }])),
      } as never,
      withEnv({}),
    )
    expect(result.ok ? 0 : result.problems.length).toBe(3 * tenants.length)
  })

  test('never quote a secret', () => {
    const text = `providers:
  openai: { api_key: "\${OPENAI_API_KEY}", headers: { "a b": "\${OPENAI_API_KEY}" }, base_url: "http://\${OPENAI_API_KEY}:x@h" }
storage: { url: "\${OPENAI_API_KEY}" }
server: { port: "\${OPENAI_API_KEY}" }
auth: { mode: "\${OPENAI_API_KEY}" }
`
    const result = loadConfigText(text, 'headgate.yaml', withEnv({ OPENAI_API_KEY: 'sk-very-secret' }))
    expect(result.ok ? [] : result.problems).toHaveLength(5)
    expect(JSON.stringify(result)).not.toContain('sk-very-secret')
  })
})

describe('the routing policy of a product, pasted in as JSON', () => {
  const policy = `{
"classify_intent": {
"default": "fast-small",
"fallback": "fast-medium",
"max_latency_ms": 1000,
"max_cost_usd": 0.001
},
"rag_answer": {
"default": "balanced-large",
"fallback": "balanced-medium",
"max_latency_ms": 6000,
"requires_citations": true
},
"code_patch_review": {
"default": "reasoning-strong",
"fallback": "balanced-large",
"max_cost_usd": 0.08
},
"bulk_email_draft": {
"default": "cheap-medium",
"fallback": "cheap-small",
"max_cost_usd": 0.01
}
}`
  const names = [
    ...['fast-small', 'fast-medium', 'balanced-large', 'balanced-medium', 'reasoning-strong', 'cheap-medium'],
    'cheap-small',
  ]
  const around = `providers: { simulated: {} }\nmodels:\n${names.map((name) => `  ${name}: [simulated/${name}]`).join('\n')}\n`

  test.each([
    ['after its key', `${around}tasks: ${policy}\n`],
    ['below its key', `${around}tasks:\n${policy}\n`],
    ['before other keys', `tasks: ${policy}\n${around}`],
    ['indented', `${around}tasks: ${JSON.stringify(JSON.parse(policy), null, 2)}\n`],
    ['indented with tabs', `${around}tasks:\n${JSON.stringify(JSON.parse(policy), null, '\t')}\n`],
    ['on one line', `${around}tasks: ${JSON.stringify(JSON.parse(policy))}\n`],
  ])('%s', (_where, text) => {
    const { tasks } = configOf(text)
    expect([...tasks.keys()]).toEqual(['classify_intent', 'rag_answer', 'code_patch_review', 'bulk_email_draft'])
    expect(tasks.get('classify_intent')).toMatchObject({
      default: 'fast-small',
      fallback: ['fast-medium'],
      maxLatencyMs: 1000,
      maxCost: 1_000_000n,
    })
    expect(tasks.get('rag_answer')?.requiresCitations).toBe(true)
  })

  test('has its mistakes at their own lines', () => {
    expect(linesOf(`${around}tasks: ${policy.replace('"cheap-small"', '"cheap-smal"')}\n`)).toEqual([
      'headgate.yaml:30:13 tasks.bulk_email_draft.fallback -> cheap-small',
    ])
  })
})

describe('variables', () => {
  test('stand for numbers and booleans too, where those are wanted', () => {
    const config = configOf(
      `providers: { simulated: { private: "\${PRIVATE}" } }\nserver: { port: "\${PORT}" }\nplans: { p: { daily_usd_limit: "\${USD:-2.5}" } }\n`,
      { PORT: '8080', PRIVATE: 'true' },
    )
    expect(config.server.port).toBe(8080)
    expect(config.providers.get('simulated')?.private).toBe(true)
    expect(config.plans.get('p')?.dailyLimit).toBe(2_500_000_000n)
  })

  test('stay text where text is wanted', () => {
    const config = configOf(`providers: { openai: { api_key: "\${KEY}" } }`, { KEY: '12345' })
    expect(config.providers.get('openai')?.apiKey?.reveal()).toBe('12345')
  })

  test('a quoted number without a variable is text', () => {
    expect(linesOf('providers: { simulated: {} }\nserver: { port: "8080" }')).toEqual([
      'headgate.yaml:2:17 server.port',
    ])
  })

  test('the usual key of a provider is found by itself, and is never sent to an address from the config', () => {
    const env = { OPENAI_API_KEY: 'sk-env' }
    expect(configOf('providers: { openai: {} }', env).providers.get('openai')?.apiKey?.reveal()).toBe('sk-env')
    expect(linesOf('providers: { openai: { base_url: "http://elsewhere/v1" } }', env)).toEqual([
      'headgate.yaml:1:14 providers.openai.api_key',
    ])
    const own = configOf('providers: { openai: { base_url: "http://elsewhere/v1", self_hosted: true } }', env)
    expect(own.providers.get('openai')?.apiKey).toBeNull()
  })
})

describe('flags', () => {
  test('win over the config and are checked with it', () => {
    const config = configOf('providers: { simulated: {} }\nserver: { port: 1 }', {}, { port: 2, dataDir: '/data' })
    expect(config.server).toMatchObject({ port: 2, host: '127.0.0.1' })
    expect(config.storage.target).toEqual({ kind: 'embedded', dataDir: '/data' })
    const exposed = loadConfigText(
      'providers: { simulated: {} }\nauth: { mode: none }',
      'headgate.yaml',
      withEnv({}, { host: '0.0.0.0' }),
    )
    expect(exposed.ok ? [] : exposed.problems.map(({ path }) => path)).toEqual(['auth.mode'])
  })
})

describe('an object', () => {
  const config = defineConfig({
    version: 1,
    providers: { openai: { api_key: `\${KEY}` } },
    models: { small: ['openai/gpt-4o-mini'] },
    tasks: { t: { default: 'small', max_cost_usd: 0.05 } },
  })

  test('is loaded like a file, and left as it was', () => {
    const before = structuredClone(config)
    const result = loadConfigObject(config, withEnv({ KEY: 'sk-1' }))
    expect(result.ok && result.config.tasks.get('t')?.maxCost).toBe(50_000_000n)
    expect(result.ok && result.config.providers.get('openai')?.apiKey?.reveal()).toBe('sk-1')
    expect(config).toEqual(before)
  })

  test('has problems with paths and without lines', () => {
    const result = loadConfigObject({ ...config, tasks: { t: { default: 'smal' } } }, withEnv({ KEY: 'sk-1' }))
    expect(result).toEqual({
      ok: false,
      problems: [
        {
          file: null,
          line: null,
          column: null,
          path: 'tasks.t.default',
          message: 'no logical model is called "smal"',
          suggestion: 'small',
        },
      ],
    })
  })

  test('that is no config at all has problems, not a crash', () => {
    const circular: Record<string, unknown> = {}
    circular.providers = circular
    const polluted = JSON.parse(
      '{"providers":{"simulated":{}},"__proto__":{"x":1},"tasks":{"__proto__":{"default":"x"}}}',
    )
    for (const given of [
      null,
      undefined,
      5,
      'text',
      [],
      circular,
      polluted,
      { providers: () => 1 },
      { providers: 10n },
    ]) {
      const result = loadConfigObject(given as never, withEnv({}))
      expect(result.ok, inspect(given)).toBe(false)
    }
  })
})

describe('a loaded config', () => {
  test('cannot be changed', () => {
    const config = configOf('providers: { simulated: {} }\nbudgets: [{ per: total, usd: 1, window: day }]')
    expect(() => Object.assign(config.server, { port: 1 })).toThrow(TypeError)
    expect(() => Object.assign(config, { budgets: [] })).toThrow(TypeError)
    expect(() => (config.budgets as unknown[]).push(1)).toThrow(TypeError)
    expect(() => Object.assign(config.providers.get('simulated') ?? {}, { private: true })).toThrow(TypeError)
  })

  test('prints no secret, however it is printed', () => {
    const text = `providers:
  openai: { api_key: "\${KEY}", headers: { authorization: "Bearer \${KEY}" } }
storage: { url: "postgres://u:\${KEY}@db/x" }
`
    const config = configOf(text, { KEY: 'sk-canary' })
    expect(inspect(config, { depth: 10, showHidden: true })).not.toContain('sk-canary')
    const asJson = JSON.stringify(config, (_key, value) => (value instanceof Map ? [...value] : value))
    expect(asJson).toContain('***')
    expect(asJson).not.toContain('sk-canary')
  })

  test('answers only for names that were written', () => {
    const config = configOf('providers: { simulated: {} }')
    for (const name of ['constructor', 'toString', '__proto__']) expect(config.tasks.get(name)).toBeUndefined()
  })
})
