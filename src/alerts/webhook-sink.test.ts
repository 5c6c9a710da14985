import { createHmac } from 'node:crypto'
import { expect, it, vi } from 'vitest'
import { Secret } from '../lib/secret.ts'
import type { AlertRow } from '../storage/contracts/alert-store.ts'
import { AlertRejected } from './alert.ts'
import { webhookSink } from './webhook-sink.ts'

const ROW: AlertRow = {
  id: 'alert_1',
  key: 'budget/tenant=acme/usd/day/day:2026-11-21/alert_at=0.8',
  kind: 'budget',
  scope: { tenant: 'acme' },
  message: 'Tenant acme has used 80%.',
  details: { share: 0.8 },
  at: Date.UTC(2026, 10, 21, 12),
}
const NOW = 1_795_262_400_900

const sinkOf = (status: number) => {
  const post = vi.fn(async (_url: string, _headers: Readonly<Record<string, string>>, _body: Buffer) => ({ status }))
  const webhook = { url: 'https://hooks.example/alerts?team=a', secret: new Secret('s3cret'), on: ['budget'] }
  return { post, sink: webhookSink(webhook, post, { now: () => NOW }) }
}

it('posts the alert as JSON, signed over time and body', async () => {
  const { post, sink } = sinkOf(204)
  await sink.deliver(ROW)
  const [url, headers, body] = post.mock.calls[0] ?? []
  expect(url).toBe('https://hooks.example/alerts?team=a')
  expect(JSON.parse(String(body))).toEqual({
    id: 'alert_1',
    kind: 'budget',
    key: ROW.key,
    scope: { tenant: 'acme' },
    message: 'Tenant acme has used 80%.',
    details: { share: 0.8 },
    at: '2026-11-21T12:00:00.000Z',
  })
  const mac = createHmac('sha256', 's3cret').update(`1795262400.${body}`).digest('hex')
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'x-headgate-signature': `t=1795262400,v1=${mac}`,
  })
})

it('wants the kinds that it was set up for, and is named without its path', () => {
  const { sink } = sinkOf(200)
  expect([sink.wants('budget'), sink.wants('kill_switch'), sink.name]).toEqual([true, false, 'https://hooks.example'])
})

it.each([
  [500, false],
  [503, false],
  [429, false],
  [408, false],
  [301, true],
  [404, true],
  [410, true],
])('takes %i for a failure; for good: %s', async (status, forGood) => {
  const error = await sinkOf(status)
    .sink.deliver(ROW)
    .catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(Error)
  expect(error instanceof AlertRejected).toBe(forGood)
})
