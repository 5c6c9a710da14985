import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { json, rows, startTestService, type TestService } from '../test-service.contract.ts'

let under: TestService
beforeAll(async () => {
  under = await startTestService({
    tenants: { acme: { daily_usd_limit: 0.5, timezone: 'Europe/Berlin' } },
    budgets: [
      { per: 'user', usd: 2, window: 'hour' },
      { per: 'user', tokens: 1000, window: 'hour' },
      { per: 'feature', usd: 3, window: 'day', match: { plan: 'free' } },
      { per: 'feature', usd: 4, window: 'day', match: { plan: ['pro', 'team'] } },
      { per: 'total', usd: 100, window: 'month' },
    ],
  })
})
afterAll(() => under.stop())

const PATH = '/admin/v1/budgets/adjustments'
const adjust = (body: object, headers: Record<string, string> = {}) =>
  under.ask(PATH, { key: under.adminKey, method: 'POST', body, headers })
const daily = async () =>
  (await rows(under.ask('/admin/v1/budgets', { key: under.adminKey }))).find(
    ({ scope, window }) => JSON.stringify(scope) === '{"tenant":"acme"}' && window === 'day',
  )

describe('an adjustment', () => {
  it('gives spent money back: calls that were refused go through again', async () => {
    const { key } = await under.issue({ kind: 'tenant', tenantId: 'acme' })
    const served = await callsUntilRefused(key)
    expect(served).toBeGreaterThan(0)
    const reply = await adjust({ scope: { tenant: 'acme' }, window: 'day', usd: 0.2, reason: 'outage' })
    expect(reply.status).toBe(201)
    expect(await json(reply)).toMatchObject({
      id: expect.stringMatching(/^adj_/),
      budget: 'tenant=acme/usd/day',
      unit: 'usd',
      amount: 0.2,
    })
    expect(await daily()).toMatchObject({ limit: 0.5, spent: Number((served * 0.1 - 0.2).toFixed(9)) })
    expect(await callsUntilRefused(key)).toBe(2)
  })

  it('takes with an amount below zero, and gives ahead of the first call', async () => {
    const total = { scope: { total: true }, window: 'month', reason: 'prepaid elsewhere' }
    const before = await totalRow()
    await adjust({ ...total, usd: -40 })
    expect(await totalRow()).toMatchObject({ spent: Number((Number(before?.spent) + 40).toFixed(9)) })
    const user = { scope: { tenant: 'acme', user: 'new' }, window: 'hour', reason: 'welcome' }
    expect((await adjust({ ...user, tokens: 500 })).status).toBe(201)
    const row = (await rows(under.ask('/admin/v1/budgets', { key: under.adminKey }))).find(
      ({ scope, unit }) => JSON.stringify(scope) === '{"tenant":"acme","user":"new"}' && unit === 'tokens',
    )
    expect(row).toMatchObject({ limit: 1000, spent: -500, left: 1500 })
  })

  it('is made once under an idempotency key', async () => {
    const body = { scope: { total: true }, window: 'month', usd: 1, reason: 'once' }
    const before = Number((await totalRow())?.spent)
    const replies = [await adjust(body, { 'idempotency-key': 'k1' }), await adjust(body, { 'idempotency-key': 'k1' })]
    expect(replies.map(({ status }) => status)).toEqual([201, 200])
    expect(Number((await totalRow())?.spent)).toBeCloseTo(before - 1, 9)
  })

  it('is listed, and the audit log has who, before, after and why', async () => {
    const [row] = await rows(under.ask(`${PATH}?limit=1`, { key: under.adminKey }))
    expect(row).toMatchObject({ budget: 'total/usd/month', unit: 'usd', amount: 1, reason: 'once', usage_id: null })
    const audit = await rows(under.ask('/admin/v1/audit', { key: under.adminKey }))
    expect(audit.find(({ action }) => action === 'budget.adjust')).toMatchObject({
      actor: expect.any(String),
      subject: 'total/usd/month',
      before: { spent: expect.any(Number) },
      after: { spent: expect.any(Number), adjustment: row?.id },
      reason: 'once',
    })
  })

  it('names one budget: by its match where several share a scope', async () => {
    const chat = { scope: { feature: 'chat' }, window: 'day', usd: 1, reason: 'r' }
    const several = await adjust(chat)
    expect(several.status).toBe(400)
    expect(await json(several)).toMatchObject({ error: { param: 'match' } })
    expect((await adjust({ ...chat, match: { plan: ['team', 'pro'] } })).status).toBe(201)
    expect((await adjust({ ...chat, match: { plan: 'free' } })).status).toBe(201)
    expect((await adjust({ ...chat, match: { plan: 'gold' } })).status).toBe(404)
  })

  it.each([
    ['a budget that is none', { scope: { tenant: 'nobody' }, window: 'day', usd: 1, reason: 'r' }, 404, 'scope'],
    ['a user without its tenant', { scope: { user: 'u' }, window: 'hour', usd: 1, reason: 'r' }, 404, 'scope'],
    ['no amount', { scope: { total: true }, window: 'month', reason: 'r' }, 400, 'usd'],
    ['two amounts', { scope: { total: true }, window: 'month', usd: 1, tokens: 1, reason: 'r' }, 400, 'usd'],
    ['nothing', { scope: { total: true }, window: 'month', usd: 0, reason: 'r' }, 400, 'usd'],
    ['half a token', { scope: { total: true }, window: 'month', tokens: 0.5, reason: 'r' }, 400, 'tokens'],
    ['no reason', { scope: { total: true }, window: 'month', usd: 1, reason: ' ' }, 400, 'reason'],
    ['a week', { scope: { total: true }, window: 'week', usd: 1, reason: 'r' }, 400, 'window'],
  ])('is refused for %s', async (_what, body, status, param) => {
    const reply = await adjust(body)
    expect([reply.status, await json(reply)]).toEqual([
      status,
      { error: expect.objectContaining({ param, message: expect.any(String) }) },
    ])
  })
})

async function callsUntilRefused(key: string): Promise<number> {
  for (let served = 0; ; served += 1) {
    const { status } = await under.call({ key })
    if (status !== 200) {
      expect(status).toBe(429)
      return served
    }
  }
}

async function totalRow() {
  const all = await rows(under.ask('/admin/v1/budgets', { key: under.adminKey }))
  return all.find(({ scope }) => JSON.stringify(scope) === '{"total":true}')
}
