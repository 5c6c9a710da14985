import { expect, test } from 'vitest'
import { loadConfigText } from './load.ts'

test('what is done about failures', () => {
  const text = `
providers: { simulated: { max_concurrency: 64 } }
models: { m: [simulated/a] }
breaker: { failures: null, p95_ms: 900, open_for: 1m }
tasks:
  strict: { default: m, retry: { attempts: 0 }, fallback_policy: { on: [timeout, context_length], allow_downgrade: false } }
  plain: { default: m, retry: {}, fallback_policy: {} }
`
  const result = loadConfigText(text, 'headgate.yaml', {
    env: {},
    knownProviders: [{ type: 'simulated', simulated: true }],
  })
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  const { breaker, tasks, providers } = result.config
  expect(breaker).toEqual({ failures: null, p95Ms: 900, openForMs: 60_000 })
  expect(providers.get('simulated')?.maxConcurrency).toBe(64)
  expect(tasks.get('strict')).toMatchObject({
    retry: { attempts: 0, backoffMs: 200 },
    fallbackPolicy: { on: new Set(['timeout', 'context_length']), allowDowngrade: false },
  })
  expect(tasks.get('plain')).toMatchObject({
    retry: { attempts: 1, backoffMs: 200 },
    fallbackPolicy: {
      on: new Set(['timeout', 'rate_limited', 'server_error', 'saturated', 'context_length', 'invalid_output']),
      allowDowngrade: true,
    },
  })
})
