import { describe, expect, test } from 'vitest'
import { loadConfigText } from './load.ts'
import type { Config } from './schema.ts'

/** The config of a text that says only what a test is about. */
function configOf(text: string): Config {
  const knownProviders = [{ type: 'simulated', simulated: true }]
  const result = loadConfigText(`providers: { simulated: {} }\n${text}`, 'headgate.yaml', { env: {}, knownProviders })
  if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 2))
  return result.config
}

const usd = (amount: number) => BigInt(Math.round(amount * 1e9))

describe('what is taken of what happens at a limit', () => {
  test('the ladder of a budget', () => {
    const { budgets } = configOf(`
models: { small: [simulated/a] }
budgets:
  - { per: team, usd: 2000, window: month, alert_at: [0.8, 0.5], downgrade_at: 0.9, downgrade_to: small, kill_at: 1.0 }
  - { per: total, usd: 1, window: day, alert_at: 0.8 }
`)
    expect(budgets.map(({ ladder }) => ladder)).toEqual([
      { alertAt: [0.5, 0.8], downgradeAt: 0.9, downgradeTo: 'small', killAt: 1 },
      { alertAt: [0.8], downgradeAt: null, downgradeTo: null, killAt: null },
    ])
  })

  test('runaway', () => {
    const runaway = 'runaway: { identical_calls: 20, window: 1m, action: refuse, per_run: { calls: 200, usd: 10 } }'
    expect(configOf(runaway).runaway).toEqual({
      identicalCalls: 20,
      windowMs: 60_000,
      action: 'refuse',
      perRun: { calls: 200, cost: usd(10) },
    })
    expect(configOf('runaway: { action: alert }').runaway).toEqual({
      identicalCalls: null,
      windowMs: 60_000,
      action: 'alert',
      perRun: { calls: null, cost: null },
    })
  })

  test('alerts', () => {
    const { alerts } = configOf(`
alerts:
  webhooks:
    - { url: "http://10.0.0.7/hook?a=b", secret: s3cret, on: [budget, kill_switch] }
    - { url: "https://hooks.example", secret: other }
  token_growth: { factor: 2.5, window: 7d, per: user }
`)
    expect(alerts.tokenGrowth).toEqual({ factor: 2.5, windowMs: 7 * 86_400_000, per: 'user' })
    expect(alerts.webhooks).toMatchObject([
      { url: 'http://10.0.0.7/hook?a=b', on: ['budget', 'kill_switch'] },
      { url: 'https://hooks.example', on: expect.arrayContaining(['budget', 'token_growth', 'runaway']) },
    ])
    expect(alerts.webhooks.map(({ secret }) => [String(secret), secret.reveal()])).toEqual([
      ['***', 's3cret'],
      ['***', 'other'],
    ])
    expect(configOf('alerts: { token_growth: {} }').alerts.tokenGrowth).toEqual({
      factor: 3,
      windowMs: 3_600_000,
      per: 'tenant',
    })
  })

  test('what a task does at a limit', () => {
    const { tasks } = configOf(`
models: { small: [simulated/a] }
tasks:
  plain: { default: small }
  patient: { default: small, on_limit: queue }
  modest: { default: small, on_limit: { action: queue, max_wait: 2s, then: downgrade, downgrade_to: small } }
`)
    const onLimit = { action: 'queue', maxWaitMs: 5_000, afterwards: 'reject', downgradeTo: null }
    expect([...tasks.values()].map((task) => task.onLimit)).toEqual([
      null,
      onLimit,
      { ...onLimit, maxWaitMs: 2_000, afterwards: 'downgrade', downgradeTo: 'small' },
    ])
  })
})
