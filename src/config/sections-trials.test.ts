import { expect, test } from 'vitest'
import { loadConfigText } from './load.ts'

function load(task: string) {
  const text = `version: 1
providers: { simulated: {} }
models: { m: [simulated/a], fresh: [simulated/b] }
tasks: { t: { default: m, ${task} } }
`
  return loadConfigText(text, 'headgate.yaml', { env: {}, knownProviders: [{ type: 'simulated', simulated: true }] })
}

test('a model that is tried', () => {
  const result = load('canary: { use: fresh, weight: 0.05 }')
  expect(result.ok && result.config.tasks.get('t')?.canary).toEqual({ use: 'fresh', weight: 0.05 })
})

test('a bar', () => {
  const barOf = (task: string) => {
    const result = load(`quality_bar: ${task}`)
    return result.ok && result.config.tasks.get('t')?.qualityBar
  }
  expect(barOf('{ at_least: 0.9 }')).toEqual({ metric: 'valid', atLeast: 0.9, confidence: 0.95 })
  const feedback = { metric: 'feedback', atLeast: -0.5, confidence: 0.9 }
  expect(barOf('{ metric: feedback, at_least: -0.5, confidence: 0.9 }')).toEqual(feedback)
})

test('a model that is given copies', () => {
  const result = load('shadow: { use: fresh, share: 0.02, judge: validator, daily_usd_limit: 2 }')
  const shadow = { use: 'fresh', share: 0.02, judge: null, dailyLimit: 2_000_000_000n }
  expect(result.ok && result.config.tasks.get('t')?.shadow).toEqual(shadow)
})

test.each(['m', 'simulated/c', 't'])('is compared by a model or a task: %s', (judge) => {
  const result = load(`shadow: { use: fresh, share: 0.02, judge: ${judge}, daily_usd_limit: 2 }`)
  expect(result.ok && result.config.tasks.get('t')?.shadow?.judge).toBe(judge)
})

test.each([
  ['shadow: { use: frsh, share: 0.02, daily_usd_limit: 2 }', 'tasks.t.shadow.use'],
  ['shadow: { use: fresh, share: 2, daily_usd_limit: 2 }', 'tasks.t.shadow.share'],
  ['shadow: { use: fresh, share: 0.02 }', 'tasks.t.shadow.daily_usd_limit'],
  ['shadow: { use: fresh, share: 0.02, daily_usd_limit: 0 }', 'tasks.t.shadow.daily_usd_limit'],
  ['shadow: { use: fresh, share: 0.02, judge: frsh, daily_usd_limit: 2 }', 'tasks.t.shadow.judge'],
  ['shadow: { use: fresh, share: 0.02, judge: simulatd/a, daily_usd_limit: 2 }', 'tasks.t.shadow.judge'],
  ['quality_bar: { at_least: 90 }', 'tasks.t.quality_bar.at_least'],
  ['quality_bar: { at_least: -0.5 }', 'tasks.t.quality_bar.at_least'],
  ['quality_bar: { at_least: 0.9, confidence: 1 }', 'tasks.t.quality_bar.confidence'],
  ['canary: { use: frsh, weight: 0.05 }', 'tasks.t.canary.use'],
  ['canary: { use: fresh, weight: 5 }', 'tasks.t.canary.weight'],
  ['canary: { use: fresh, weight: 0 }', 'tasks.t.canary.weight'],
  ['canary: { use: fresh }', 'tasks.t.canary.weight'],
])('a trial that cannot be is refused with its path: %s', (task, path) => {
  const result = load(task)
  expect(!result.ok && result.problems).toMatchObject([{ path, line: 4 }])
})
