import { expect, test } from 'vitest'
import { loadConfigText } from './load.ts'

test('what is done about failures', () => {
  const text = `
providers: { simulated: { max_concurrency: 64 } }
models: { m: [simulated/a] }
breaker: { failures: null, p95_ms: 900, open_for: 1m }
idempotency: { keep: 7d }
tasks:
  strict: { default: m, retry: { attempts: 0 }, fallback_policy: { on: [timeout, context_length], allow_downgrade: false } }
  plain: { default: m, retry: {}, fallback_policy: {}, hedge: null }
  hasty: { default: m, hedge: { after: 800ms }, timeouts: { first_token: 10s, idle: 5s } }
  usual: { default: m, hedge: { after: p95 } }
`
  const result = loadConfigText(text, 'headgate.yaml', {
    env: {},
    knownProviders: [{ type: 'simulated', simulated: true }],
  })
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  const { breaker, idempotency, tasks, providers } = result.config
  expect(idempotency.keepMs).toBe(7 * 86_400_000)
  expect(breaker).toEqual({ failures: null, p95Ms: 900, openForMs: 60_000 })
  expect(providers.get('simulated')?.maxConcurrency).toBe(64)
  expect(tasks.get('strict')).toMatchObject({
    retry: { attempts: 0, backoffMs: 200 },
    fallbackPolicy: { on: new Set(['timeout', 'context_length']), allowDowngrade: false },
  })
  expect(tasks.get('hasty')?.hedge).toEqual({ afterMs: 800 })
  expect(tasks.get('hasty')?.timeouts).toEqual({ firstTokenMs: 10_000, idleMs: 5_000 })
  expect(tasks.get('usual')?.hedge).toEqual({ afterMs: null })
  expect(tasks.get('plain')).toMatchObject({
    hedge: null,
    retry: { attempts: 1, backoffMs: 200 },
    fallbackPolicy: {
      on: new Set(['timeout', 'rate_limited', 'server_error', 'saturated', 'context_length', 'invalid_output']),
      allowDowngrade: true,
    },
  })
})

test.each([
  ['{ after: p99 }', 'must be p95, or a duration such as 800ms'],
  ['{ after: 11m }', 'must be between 1ms and 10m'],
  ['{}', 'is missing; it must be text'],
])('a hedge that begins at no good time is refused with its path: %s', (hedge, message) => {
  const text = `
providers: { simulated: {} }
models: { m: [simulated/a] }
tasks: { hasty: { default: m, hedge: ${hedge} } }
`
  const result = loadConfigText(text, 'headgate.yaml', {
    env: {},
    knownProviders: [{ type: 'simulated', simulated: true }],
  })
  expect(!result.ok && result.problems).toMatchObject([{ path: 'tasks.hasty.hedge.after', message, line: 4 }])
})
