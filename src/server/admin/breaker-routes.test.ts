import { afterEach, beforeEach, expect, it } from 'vitest'
import { rows, startTestService, type TestService } from '../test-service.contract.ts'

let under: TestService
beforeEach(async () => {
  under = await startTestService({
    tasks: { t: { default: 'fast', fallback: 'wall/n' } },
    unknown_price: 'ceiling',
    breaker: { failures: 2, open_for: '1h' },
  })
})
afterEach(() => under.stop())

const breakers = (query = '') => rows(under.ask(`/admin/v1/breakers${query}`, { key: under.adminKey }))

it('breakers show how they stand and when a deployment is tried again, page by page', async () => {
  expect(await breakers()).toEqual([])
  const { key } = await under.issue({ kind: 'tenant', tenantId: 'acme' })
  const before = Date.now()
  under.wall.plan(({ model }) => (model === 'm' ? { fault: { kind: 'status', status: 503 } } : { text: 'Hello.' }))
  const reply = await under.call({ key, model: 't' })
  expect([reply.status, await reply.text()]).toEqual([200, expect.stringContaining('Hello.')])
  const [dead, well] = await breakers()
  expect(dead).toMatchObject({ deployment: 'wall/m', state: 'open', failures: 2 })
  expect(Date.parse(String(dead?.opened_at))).toBeGreaterThanOrEqual(before - 1)
  expect(Date.parse(String(dead?.retry_at)) - Date.parse(String(dead?.opened_at))).toBe(3_600_000)
  expect(well).toEqual({
    deployment: 'wall/n',
    state: 'closed',
    failures: 0,
    opened_at: null,
    retry_at: null,
    shared: false,
  })
  expect(await breakers('?limit=1')).toEqual([dead])
  expect(await breakers('?limit=1&cursor=wall/m')).toEqual([well])
})
