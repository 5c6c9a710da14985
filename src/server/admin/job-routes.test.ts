import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { json, rows, startTestService, type TestService } from '../test-service.contract.ts'

let under: TestService
const keys: Record<string, string> = {}
beforeAll(async () => {
  under = await startTestService()
  for (const tenantId of ['acme', 'globex']) keys[tenantId] = (await under.issue({ kind: 'tenant', tenantId })).key
})
afterAll(() => under.stop())

const send = async (tenant: string) =>
  json(under.call({ key: keys[tenant] ?? '', headers: { 'x-headgate-mode': 'background' } }))
const list = (query = '') => rows(under.ask(`/admin/v1/jobs${query}`, { key: under.adminKey }))

describe('/admin/v1/jobs', () => {
  it('lists jobs of all tenants, newest first, in pages, by tenant and status, without what was asked and answered', async () => {
    const made = [await send('acme'), await send('globex'), await send('acme')]
    const ids = made.map(({ id }) => id)
    await expect.poll(async () => (await list('?status=completed')).length).toBe(3)
    expect((await list()).map(({ id }) => id)).toEqual(ids.toReversed())
    expect((await list('?tenant_id=globex')).map(({ id }) => id)).toEqual([ids[1]])
    const page = await json(under.ask('/admin/v1/jobs?limit=2', { key: under.adminKey }))
    expect((await list(`?limit=2&cursor=${page.next_cursor}`)).map(({ id }) => id)).toEqual([ids[0]])
    const [first] = await list()
    expect(first).not.toHaveProperty('response')
    expect(await json(under.ask(`/admin/v1/jobs/${first?.id}`, { key: under.adminKey }))).toEqual(first)
  })

  it('cancels a job of any tenant', async () => {
    under.wall.plan({ tokens: 5, firstByteDelayMs: 30_000 })
    const { id } = await send('acme')
    const reply = await under.ask(`/admin/v1/jobs/${id}`, { method: 'DELETE', key: under.adminKey })
    expect([reply.status, (await json(reply)).status]).toEqual([200, 'cancelled'])
    expect((await json(under.ask(`/v1/jobs/${id}`, { key: keys.acme ?? '' }))).status).toBe('cancelled')
    under.wall.plan(null)
  })

  it('is for admin keys alone, and says what is wrong', async () => {
    expect((await under.ask('/admin/v1/jobs', { key: keys.acme ?? '' })).status).toBe(403)
    expect((await under.ask('/admin/v1/jobs/job_none', { key: under.adminKey })).status).toBe(404)
    expect((await under.ask('/admin/v1/jobs?status=done', { key: under.adminKey })).status).toBe(400)
  })
})
