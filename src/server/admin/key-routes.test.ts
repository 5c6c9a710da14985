import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { json, rows, startTestService, type TestService } from '../test-service.contract.ts'

let under: TestService
beforeAll(async () => {
  under = await startTestService()
})
afterAll(() => under.stop())

const create = (body: unknown) => under.ask('/admin/v1/keys', { key: under.adminKey, body })
const revoke = (id: unknown) => under.ask(`/admin/v1/keys/${id}`, { method: 'DELETE', key: under.adminKey })
const list = (query = '') => under.ask(`/admin/v1/keys${query}`, { key: under.adminKey })

describe('a new key', () => {
  it('is in the reply with what was asked, and works at once', async () => {
    const reply = await create({
      kind: 'tenant',
      tenant_id: 'acme',
      name: 'ci',
      defaults: { feature: 'support', prompt_version: 'v7' },
      allowed_models: ['fast'],
      expires_at: '2099-01-01T00:00:00+02:00',
    })
    expect([reply.status, reply.headers.get('cache-control')]).toEqual([201, 'private, no-store'])
    const made = await json(reply)
    expect(made).toEqual({
      id: expect.stringMatching(/^key_/),
      key: expect.stringMatching(/^hg-tenant-[\w-]{43}$/),
      kind: 'tenant',
      prefix: expect.stringMatching(/^hg-tenant-...…....$/),
      name: 'ci',
      tenant_id: 'acme',
      tenants: [],
      defaults: { feature: 'support', prompt_version: 'v7' },
      allowed_models: ['fast'],
      expires_at: '2098-12-31T22:00:00.000Z',
      revoked_at: null,
      created_at: expect.stringMatching(/^20.*Z$/),
    })
    const called = await under.ask('/v1/chat/completions', {
      key: String(made.key),
      body: { model: 'fast', messages: [{ role: 'user', content: 'Hello.' }] },
    })
    expect(called.status).toBe(200)
    const [event] = await rows(under.ask('/admin/v1/events?limit=1', { key: under.adminKey }))
    expect(event).toMatchObject({ tenant_id: 'acme', feature: 'support', key_id: made.id, prompt_version: 'v7' })
  })

  it('is shown this once: no list, record or audit row has it', async () => {
    const { key } = await json(create({ kind: 'service', tenants: ['acme', 'globex'] }))
    for (const path of ['keys', 'audit', 'events', 'traces']) {
      expect(await (await under.ask(`/admin/v1/${path}`, { key: under.adminKey })).text()).not.toContain(String(key))
    }
  })

  it('can be an admin key, which operates in its turn', async () => {
    const { key, tenant_id } = await json(create({ kind: 'admin' }))
    expect(tenant_id).toBeNull()
    expect((await under.ask('/admin/v1/keys', { key: String(key) })).status).toBe(200)
  })

  it.each([
    [{}, 'kind'],
    [{ kind: 'root' }, 'kind'],
    [{ kind: 'tenant' }, 'tenant_id'],
    [{ kind: 'tenant', tenant_id: 7 }, 'tenant_id'],
    [{ kind: 'tenant', tenant_id: 'a\u202eb' }, 'tenant_id'],
    [{ kind: 'admin', tenant_id: 'acme' }, 'tenant_id'],
    [{ kind: 'service' }, 'tenants'],
    [{ kind: 'service', tenants: ['acme', 5] }, 'tenants[1]'],
    [{ kind: 'tenant', tenant_id: 'acme', tenants: ['*'] }, 'tenants'],
    [{ kind: 'tenant', tenant_id: 'acme', expires_at: 'tomorrow' }, 'expires_at'],
    [{ kind: 'tenant', tenant_id: 'acme', expires_at: '2001-01-01T00:00:00Z' }, 'expires_at'],
    [{ kind: 'tenant', tenant_id: 'acme', defaults: { nonsense: 'x' } }, 'defaults.nonsense'],
    [{ kind: 'tenant', tenant_id: 'acme', defaults: { tenant_id: 'globex' } }, 'defaults.tenant_id'],
    [{ kind: 'tenant', tenant_id: 'acme', allowed_models: 'fast' }, 'allowed_models'],
    [{ kind: 'tenant', tenant_id: 'acme', colour: 'red' }, 'colour'],
    ['[]', 'body'],
    ['"text"', 'body'],
  ])('is refused when it is asked for as %j, and the field is named', async (body, param) => {
    const reply = await create(body)
    expect(reply.status).toBe(400)
    expect(await json(reply)).toMatchObject({ error: { code: 'invalid_request', param } })
  })
})

describe('a revoked key', () => {
  it('is dead with the reply, and stays in the list with its time', async () => {
    const { id, key } = await json(create({ kind: 'tenant', tenant_id: 'acme' }))
    expect((await under.call({ key: String(key) })).status).toBe(200)
    const reply = await revoke(id)
    expect([reply.status, await reply.text()]).toEqual([204, ''])
    const refused = await under.call({ key: String(key) })
    expect([refused.status, refused.headers.get('x-headgate-error')]).toEqual([401, 'invalid_api_key'])
    const [newest] = await rows(list('?limit=1'))
    expect(newest).toMatchObject({ id, revoked_at: expect.stringMatching(/Z$/) })
  })

  it('may be revoked again; one that never was is not found', async () => {
    const { id } = await json(create({ kind: 'tenant', tenant_id: 'acme' }))
    expect([(await revoke(id)).status, (await revoke(id)).status]).toEqual([204, 204])
    for (const strange of ['key_none', '%00', '..%2f..', 'x'.repeat(90)]) {
      expect([strange, (await revoke(strange)).status]).toEqual([strange, 404])
    }
  })

  it('may be asked for with an announced body that is empty, as many clients do', async () => {
    const { id } = await json(create({ kind: 'tenant', tenant_id: 'acme' }))
    const headers = { 'content-type': 'application/json' }
    const reply = await under.ask(`/admin/v1/keys/${id}`, { method: 'DELETE', key: under.adminKey, headers })
    expect(reply.status).toBe(204)
  })
})

describe('making and revoking', () => {
  it('leaves an audit row each, with who did it', async () => {
    const operator = await under.issue({ kind: 'admin' })
    const body = { kind: 'tenant', tenant_id: 'audited' }
    const { id, prefix } = await json(under.ask('/admin/v1/keys', { key: operator.key, body }))
    await under.ask(`/admin/v1/keys/${id}`, { method: 'DELETE', key: operator.key })
    const audit = await rows(under.ask('/admin/v1/audit?limit=2', { key: under.adminKey }))
    expect(audit).toMatchObject([
      { action: 'key.revoke', subject: `key=${id}`, actor: operator.id },
      { action: 'key.create', subject: `key=${id}`, actor: operator.id, after: { prefix, tenant_id: 'audited' } },
    ])
  })
})

describe('the list of keys', () => {
  it('comes newest first in pages that leave none out', async () => {
    const made: unknown[] = []
    for (const name of ['one', 'two', 'three']) {
      made.push((await json(create({ kind: 'tenant', tenant_id: 'paged', name }))).id)
    }
    const seen: unknown[] = []
    let query: string | null = '?limit=2'
    while (query !== null) {
      const page: Record<string, unknown> = await json(list(query))
      for (const row of page.data as readonly Record<string, unknown>[]) seen.push(row.id)
      query = page.next_cursor === null ? null : `?limit=2&cursor=${page.next_cursor}`
    }
    expect(seen).toEqual(expect.arrayContaining(made))
    // Keys of one millisecond are as new as one another; ids begin with the time.
    expect(seen).toEqual(seen.toSorted().toReversed())
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.length).toBe((await rows(list('?limit=1000'))).length)
  })
})
