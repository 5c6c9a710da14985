import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { json, rows, startTestService, type TestService, testConfig } from '../test-service.contract.ts'

let under: TestService
const sections = (acmeDaily: number) => ({
  tenants: {
    acme: { daily_usd_limit: acmeDaily, monthly_usd_limit: 50, timezone: 'Asia/Kolkata' },
    globex: { daily_usd_limit: 1 },
  },
  budgets: [
    { per: 'total' as const, usd: 100, window: 'month' as const },
    { per: 'user' as const, usd: 2, window: 'hour' as const },
    { per: 'user' as const, requests: 7, window: 'day' as const },
    { per: 'feature' as const, usd: 3, window: 'day' as const, match: { feature: 'chat', tenant: 'acme' } },
  ],
})

beforeAll(async () => {
  under = await startTestService(sections(5))
})
afterAll(() => under.stop())

const budgets = async (query = '') => rows(under.ask(`/admin/v1/budgets${query}`, { key: under.adminKey }))
const of = async (scope: object, window: string) => {
  const found = (await budgets()).filter((row) => JSON.stringify(row.scope) === JSON.stringify(scope))
  return found.find((row) => row.window === window)
}

describe('a budget', () => {
  it('shows before the first call: those of tenants, and the total', async () => {
    expect(
      (await budgets()).map(({ scope, window, limit, spent, held, left }) => [scope, window, limit, spent, held, left]),
    ).toEqual([
      [{ tenant: 'acme' }, 'day', 5, 0, 0, 5],
      [{ tenant: 'acme' }, 'month', 50, 0, 0, 50],
      [{ tenant: 'globex' }, 'day', 1, 0, 0, 1],
      [{ total: true }, 'month', 100, 0, 0, 100],
    ])
  })

  it('has the instants of its window in the zone of its tenant', async () => {
    const row = await of({ tenant: 'acme' }, 'day')
    expect(Object.keys(row ?? {})).toEqual([
      'scope',
      'unit',
      'window',
      'limit',
      'spent',
      'held',
      'left',
      'window_start',
      'resets_at',
      'match',
    ])
    expect(row).toMatchObject({ unit: 'usd', match: {} })
    const [start, end] = [Date.parse(String(row?.window_start)), Date.parse(String(row?.resets_at))]
    // Midnight in India is 18:30 in UTC, all year round.
    expect(new Date(start).toISOString()).toMatch(/T18:30:00\.000Z$/)
    expect(end - start).toBe(86_400_000)
    expect(start <= Date.now() && Date.now() < end).toBe(true)
  })

  it('counts what calls spent, in every budget they are in', async () => {
    const { key } = await under.issue({ kind: 'tenant', tenantId: 'acme' })
    await under.call({ key, headers: { 'x-headgate-user-id': 'u 1' } })
    expect(await of({ tenant: 'acme' }, 'day')).toMatchObject({ spent: 0.1 })
    expect(await of({ tenant: 'acme' }, 'month')).toMatchObject({ spent: 0.1 })
    expect(await of({ total: true }, 'month')).toMatchObject({ spent: 0.1 })
    const user = await of({ tenant: 'acme', user: 'u 1' }, 'hour')
    expect(user).toMatchObject({ spent: 0.1, limit: 2 })
    expect(await of({ tenant: 'acme', user: 'u 1' }, 'day')).toMatchObject({ unit: 'requests', spent: 1, limit: 7 })
    expect(String(user?.window_start)).toMatch(/:00:00\.000Z$/)
    expect(await of({ feature: 'chat' }, 'day')).toMatchObject({ match: { feature: 'chat', tenant: 'acme' } })
    expect(await of({ tenant: 'globex' }, 'day')).toMatchObject({ spent: 0 })
    for (const { limit, spent, held, left } of await budgets()) {
      expect(Number(spent) + Number(held) + Number(left)).toBeCloseTo(Number(limit), 9)
    }
  })

  it('shows a limit that was just changed, with nothing left when more is spent', async () => {
    under.service.reload(testConfig(under.wall, sections(0.05)))
    expect(await of({ tenant: 'acme' }, 'day')).toMatchObject({ limit: 0.05, spent: 0.1, left: 0 })
    under.service.reload(testConfig(under.wall, sections(5)))
  })

  it('is listed in pages', async () => {
    const all = await budgets()
    const first = await json(under.ask('/admin/v1/budgets?limit=3', { key: under.adminKey }))
    const rest = await json(under.ask(`/admin/v1/budgets?cursor=${first.next_cursor}`, { key: under.adminKey }))
    expect([...(first.data as object[]), ...(rest.data as object[])]).toEqual(all)
    expect(rest.next_cursor).toBeNull()
  })
})
