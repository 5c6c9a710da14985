import { describe, expect, test } from 'vitest'
import { loadConfigText } from './load.ts'
import type { Config } from './schema.ts'

/*
 * The language of policy: rules, strategies, what tasks, plans and tenants allow.
 */

function load(text: string) {
  const knownProviders = [{ type: 'simulated', simulated: true }]
  return loadConfigText(`providers: { simulated: {} }\n${text}`, 'headgate.yaml', { env: {}, knownProviders })
}

function configOf(text: string): Config {
  const result = load(text)
  if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 2))
  return result.config
}

/** The problems of a text, as `path: message`. */
function problemsOf(text: string): readonly string[] {
  const result = load(text)
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path}: ${message}`)
}

const usd = (amount: number) => BigInt(Math.round(amount * 1e9))

describe('what is taken', () => {
  test('tasks', () => {
    const { tasks } = configOf(`
models: { small: [simulated/a], large: [simulated/b] }
tasks:
  short: { default: small }
  full:
    default: large
    fallback: [small, simulated/c]
    max_latency_ms: 6000
    max_cost_usd: 0.001
    requires_citations: true
    parameters: { temperature: { default: 0.2, max: 1 }, max_output_tokens: { default: 800, max: 4000 } }
    delivery: whole
    partial: return
  one: { default: simulated/x, fallback: small, parameters: { temperature: { max: 0 } } }
`)
    expect(tasks.get('short')).toEqual({
      name: 'short',
      canary: null,
      promote: null,
      qualityBar: null,
      shadow: null,
      default: 'small',
      fallback: [],
      maxLatencyMs: null,
      maxCost: null,
      requiresCitations: false,
      onLimit: null,
      retry: null,
      fallbackPolicy: null,
      hedge: null,
      timeouts: null,
      responseFormat: null,
      onInvalidOutput: null,
      delivery: null,
      partial: 'error',
      parameters: {
        temperature: { default: null, max: null },
        topP: { default: null, max: null },
        maxOutputTokens: { default: null, max: null },
      },
      maxInputTokens: null,
      allowedTools: null,
      allowedResponseModes: null,
      promptVersion: 'optional',
      rules: [],
    })
    expect(tasks.get('full')).toMatchObject({
      default: 'large',
      fallback: ['small', 'simulated/c'],
      maxLatencyMs: 6000,
      maxCost: usd(0.001),
      requiresCitations: true,
      delivery: 'whole',
      partial: 'return',
      parameters: { temperature: { default: 0.2, max: 1 }, maxOutputTokens: { default: 800, max: 4000 } },
    })
    expect(tasks.get('one')).toMatchObject({
      fallback: ['small'],
      parameters: { temperature: { default: null, max: 0 } },
    })
  })

  test('what calls may ask for: of a plan, of a tenant, of a task and of a rule', () => {
    const { tenants, tasks } = configOf(`
plans:
  free: { allowed_tools: [lookup, "read_*"], allowed_response_modes: [text] }
tenants:
  acme: { plan: free }
  globex: { plan: free, allowed_tools: ["*"], allowed_response_modes: null }
  initech: { plan: free, allowed_tools: [] }
tasks:
  t:
    default: simulated/a
    max_input_tokens: 100
    allowed_tools: [lookup]
    allowed_response_modes: [json, json_schema]
    prompt_version: required
    when: [{ if: { risk: admin }, allowed_tools: [], max_input_tokens: 5, allowed_response_modes: [text] }]
`)
    const allowed = (id: string) => [tenants.get(id)?.allowedTools, tenants.get(id)?.allowedResponseModes]
    expect(allowed('acme')).toEqual([['lookup', 'read_*'], ['text']])
    expect(allowed('globex')).toEqual([null, null])
    expect(allowed('initech')).toEqual([[], ['text']])
    expect(tasks.get('t')).toMatchObject({
      maxInputTokens: 100,
      allowedTools: ['lookup'],
      allowedResponseModes: ['json', 'json_schema'],
      promptVersion: 'required',
      rules: [{ change: { allowedTools: [], maxInputTokens: 5, allowedResponseModes: ['text'] } }],
    })
  })

  test('strategies of a logical model', () => {
    const { models } = configOf(`
models:
  shared: { deployments: [{ use: simulated/a, weight: 80 }, { use: simulated/b, weight: 0.5 }, simulated/c], strategy: weighted }
  near: { deployments: [simulated/a, { use: simulated/b }], strategy: prefix-affinity }
`)
    expect(models.get('shared')).toEqual({
      name: 'shared',
      deployments: ['simulated/a', 'simulated/b', 'simulated/c'],
      strategy: 'weighted',
      weights: new Map([
        ['simulated/a', 80],
        ['simulated/b', 0.5],
      ]),
    })
    expect(models.get('near')).toEqual({
      name: 'near',
      deployments: ['simulated/a', 'simulated/b'],
      strategy: 'prefix-affinity',
    })
  })

  test('a rule for a plan that is not there yet', () => {
    const text =
      'plans: { enterprise-tier: {} }\ntasks: { t: { default: simulated/x, when: [{ if: { plan: free }, use: simulated/y }] } }'
    expect(configOf(text).tasks.get('t')?.rules).toHaveLength(1)
  })

  test('where the data of a tenant stays', () => {
    const { tenants } = configOf('tenants: { acme: { region: eu }, globex: {} }')
    expect([tenants.get('acme')?.region, tenants.get('globex')?.region]).toEqual(['eu', undefined])
  })

  test('rules of a task', () => {
    const rules = configOf(`
plans: { free: {} }
models: { large: [simulated/a], private-large: [simulated/b] }
tasks:
  t:
    default: large
    when:
      - { if: { data_sensitivity: [confidential, restricted] }, use: private-large, fallback: [] }
      - { if: { plan: free, input_tokens: { gt: 100000, not: 5 } }, use: simulated/c, max_cost_usd: 0.001 }
      - { if: { complexity: simple }, max_latency_ms: 5, parameters: { top_p: { max: 0.9 } }, delivery: whole, partial: return }
`).tasks.get('t')?.rules
    expect(rules).toEqual([
      {
        conditions: new Map([['data_sensitivity', { anyOf: ['confidential', 'restricted'] }]]),
        change: { default: 'private-large', fallback: [] },
      },
      {
        conditions: new Map<string, object>([
          ['plan', { anyOf: ['free'] }],
          ['input_tokens', { gt: 100000, not: [5] }],
        ]),
        change: { default: 'simulated/c', maxCost: usd(0.001) },
      },
      {
        conditions: new Map([['complexity', { anyOf: ['simple'] }]]),
        change: {
          maxLatencyMs: 5,
          parameters: { topP: { default: null, max: 0.9 } },
          delivery: 'whole',
          partial: 'return',
        },
      },
    ])
  })
})

describe('what is refused', () => {
  test.each([
    ...[
      ['{ risk: foo }', 'risk: must be one of read_only, write, admin'],
      ['{ risk: [write, foo] }', 'risk[1]: must be one of read_only, write, admin'],
      ['{ risk: { gt: 1 } }', 'risk.gt: is not a key here; valid keys: not'],
      ['{ risk: {} }', 'risk: says nothing'],
      ['{ risk: [] }', 'risk: must have at least one entry'],
      ['{ rsik: write }', 'rsik: is not a key here'],
      ['{ plan: fre }', 'plan: no plan is called "fre"'],
      ['{ plan: { not: [free, fre] } }', 'plan.not[1]: no plan is called "fre"'],
      ['{ prompt_version: 7 }', 'prompt_version: must be text or a list or a mapping, not a number'],
      ['{ input_tokens: many }', 'input_tokens: must be a number or a list or a mapping, not text'],
      ['{ input_tokens: { gtt: 5 } }', 'input_tokens.gtt: is not a key here'],
      ['{ input_tokens: { gt: 5, lt: 5 } }', 'input_tokens: fits no number'],
      ['{ complexity: hard }', 'complexity: must be one of simple, medium, complex'],
      ['{ complexity: { gt: 2 } }', 'complexity.gt: must be at most 1'],
      ['{ budget_used: { gte: 80 } }', 'budget_used.gte: must be at most 1'],
      ['{ requires_json: "yes" }', 'requires_json: must be true or false, not text'],
    ].map(([conditions, problem]): [string, string] => [
      `plans: { free: {} }\ntasks: { t: { default: simulated/x, when: [{ if: ${conditions}, use: simulated/y }] } }`,
      `tasks.t.when[0].if.${problem}`,
    ]),
    ['tasks: { t: { default: simulated/x, when: [{ use: simulated/x }] } }', 'tasks.t.when[0].if: is missing'],
    ['tasks: { t: { default: simulated/x, when: [{ if: { risk: write } }] } }', 'tasks.t.when[0]: changes nothing'],
    [
      'tasks: { t: { default: simulated/x, when: [{ if: {}, use: nope }] } }',
      'tasks.t.when[0].use: no logical model is called "nope"',
    ],
    [
      'tasks: { t: { default: simulated/x, when: [{ if: {}, fallback: [nope] }] } }',
      'tasks.t.when[0].fallback[0]: no logical model is called "nope"',
    ],
    [
      'complexity: { judge: smal }\nmodels: { small: [simulated/x] }',
      'complexity.judge: no logical model is called "smal"',
    ],
    ['complexity: { judge: other/x }', 'complexity.judge: no provider is called "other"'],
    ['complexity: { judge: simulated/x, timeout: 31s }', 'complexity.timeout: must be between 1ms and 30s'],
    ['plans: { p: { allowed_tools: [lookup, "re*d"] } }', 'plans.p.allowed_tools[1]: must be the name of a tool'],
    ['plans: { p: { allowed_response_modes: [] } }', 'plans.p.allowed_response_modes: must have at least one entry'],
    ['plans: { p: { allowed_response_modes: [xml] } }', 'plans.p.allowed_response_modes[0]: must be one of text, json'],
    [
      'tasks: { t: { default: simulated/x, prompt_version: v7 } }',
      'tasks.t.prompt_version: must be one of required, optional',
    ],
  ])('%s', (text, problem) => {
    const problems = problemsOf(text)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(problem)
  })
})
