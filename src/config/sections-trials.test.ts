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

test.each([
  ['canary: { use: frsh, weight: 0.05 }', 'tasks.t.canary.use'],
  ['canary: { use: fresh, weight: 5 }', 'tasks.t.canary.weight'],
  ['canary: { use: fresh, weight: 0 }', 'tasks.t.canary.weight'],
  ['canary: { use: fresh }', 'tasks.t.canary.weight'],
])('a trial that cannot be is refused with its path: %s', (task, path) => {
  const result = load(task)
  expect(!result.ok && result.problems).toMatchObject([{ path, line: 4 }])
})
