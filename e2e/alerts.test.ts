import { afterAll, beforeAll, expect, it } from 'vitest'
import { settlementOf, unique } from '../src/storage/contracts/samples.contract.ts'
import { type Running, startRunning } from './running-gateway.ts'

let running: Running
beforeAll(async () => {
  running = await startRunning(() => ({ alerts: { token_growth: { factor: 3, window: '1m' } } }))
})
afterAll(() => running.stop())

it('a tenant that uses many more tokens than before is told of, once', async () => {
  const { storage, clock } = running.service.house
  const MINUTE = 60_000
  const use = (tokens: number, windowsAgo: number) =>
    storage.ledger.settle('ins', [
      settlementOf(1n, [], {
        tenantId: 'acme',
        inputTokens: tokens,
        outputTokens: 0,
        createdAt: clock.now() - windowsAgo * MINUTE - 1_000,
        traceId: unique('trc'),
      }),
    ])
  for (let window = 1; window <= 7; window += 1) await use(1_000, window)
  await use(9_000, 0)
  const alerts = async () => (await storage.alerts.list({ limit: 10 })).rows
  await expect.poll(alerts, { timeout: 15_000, interval: 100 }).toMatchObject([
    {
      kind: 'token_growth',
      scope: { tenant: 'acme' },
      message: 'tenant=acme used 9000 tokens in the last 60 s, 9.0 times the usual 1000.',
    },
  ])
})
