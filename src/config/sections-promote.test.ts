import { expect, test } from 'vitest'
import { loadConfigText } from './load.ts'
import { loadPolicyText } from './load-policy.ts'

const options = {
  env: {},
  knownProviders: [{ type: 'simulated', simulated: true }, { type: 'openai-compatible' }],
} as const

function load(task: string, source = 'ledger') {
  const text = `version: 1
policy: { source: ${source} }
providers: { simulated: {} }
models: { m: [simulated/a], fresh: [simulated/b] }
tasks: { t: { default: m, ${task} } }
`
  return loadConfigText(text, 'headgate.yaml', options)
}

test('when a model becomes the default by itself', () => {
  const promoteOf = (task: string, source?: string) => {
    const result = load(`quality_bar: { at_least: 0.9 }, ${task}`, source)
    return result.ok ? result.config.tasks.get('t')?.promote : result.problems
  }
  const usual = {
    ...{ action: 'propose', minCases: 200, coolDownMs: 86_400_000 },
    ...{ risk: ['read_only'], insteadOf: null },
  }
  expect(promoteOf('promote: {}', 'file')).toEqual(usual)
  expect(promoteOf('promote: null')).toBeNull()
  expect(
    promoteOf(
      'promote: { action: publish, min_cases: 50, cool_down: 7d, risk: [read_only, write], instead_of: fresh }',
    ),
  ).toEqual({
    ...{ action: 'publish', minCases: 50, coolDownMs: 7 * 86_400_000 },
    ...{ risk: ['read_only', 'write'], insteadOf: 'fresh' },
  })
})

test.each([
  ['promote: {}', 'ledger', 'tasks.t.promote', 'needs quality_bar'],
  [
    'promote: { action: publish }, quality_bar: { at_least: 0.9 }',
    'file',
    'tasks.t.promote.action',
    'policy.source: ledger',
  ],
  ['promote: {}, quality_bar: { at_least: 1 }', 'ledger', 'tasks.t.quality_bar.at_least', 'below 1'],
  ['promote: {}, quality_bar: { at_least: 0 }', 'ledger', 'tasks.t.quality_bar.at_least', 'above 0'],
  [
    'promote: {}, quality_bar: { metric: feedback, at_least: -1 }',
    'ledger',
    'tasks.t.quality_bar.at_least',
    'above -1',
  ],
  ['promote: { instead_of: frsh }, quality_bar: { at_least: 0.9 }', 'ledger', 'tasks.t.promote.instead_of', 'frsh'],
  [
    'promote: { instead_of: m }, quality_bar: { at_least: 0.9 }',
    'ledger',
    'tasks.t.promote.instead_of',
    'another model',
  ],
  ['promote: { risk: [some] }, quality_bar: { at_least: 0.9 }', 'ledger', 'tasks.t.promote.risk[0]', ''],
  ['promote: { cool_down: 1y }, quality_bar: { at_least: 0.9 }', 'ledger', 'tasks.t.promote.cool_down', ''],
])('a promotion that cannot be is refused with its path: %s', (task, source, path, message) => {
  const result = load(task, source)
  expect(!result.ok && result.problems).toMatchObject([{ path, line: 5, message: expect.stringContaining(message) }])
})

test('a policy that comes by itself may promote where policies are published, and nowhere else', () => {
  const policy = 'tasks: { t: { default: m, quality_bar: { at_least: 0.9 }, promote: { action: publish } } }'
  const onBase = (source: string) => {
    const base = load('fallback: []', source)
    if (!base.ok) throw new Error(JSON.stringify(base.problems))
    const result = loadPolicyText(policy, 'policy', { base: base.config, knownProviders: options.knownProviders })
    return result.ok ? result.config.tasks.get('t')?.promote?.action : result.problems.map(({ path }) => path)
  }
  expect([onBase('ledger'), onBase('file')]).toEqual(['publish', ['tasks.t.promote.action']])
})
