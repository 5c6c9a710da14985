import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { startTestService, type TestService } from '../test-service.contract.ts'
import { OPERATIONS } from './openapi-paths.ts'

let under: TestService
let keys: Record<string, string>
beforeAll(async () => {
  under = await startTestService()
  const revoked = await under.issue({ kind: 'admin' })
  await under.ask(`/admin/v1/keys/${revoked.id}`, { method: 'DELETE', key: under.adminKey })
  keys = {
    tenant: (await under.issue({ kind: 'tenant', tenantId: 'acme' })).key,
    service: (await under.issue({ kind: 'service', tenants: ['*'] })).key,
    revoked: revoked.key,
    admin: under.adminKey,
    unknown: `hg-admin-${'x'.repeat(43)}`,
  }
})
afterAll(() => under.stop())

const ADMIN = OPERATIONS.filter(({ keys }) => keys === 'admin')
const doors = ADMIN.map(({ method, path }) => ({ method: method.toUpperCase(), path: path.replace('{id}', 'none') }))

describe('a route of the admin API', () => {
  it.each(doors)('$method $path opens for an admin key alone', async ({ method, path }) => {
    const knock = async (key?: string) => {
      const reply = await under.ask(path, { method, ...(key === undefined ? {} : { key }) })
      return [reply.status, reply.headers.get('x-headgate-error'), reply.headers.get('cache-control')]
    }
    expect(await knock()).toEqual([401, 'invalid_api_key', 'private, no-store'])
    expect(await knock(keys.unknown)).toEqual([401, 'invalid_api_key', 'private, no-store'])
    expect(await knock(keys.revoked)).toEqual([401, 'invalid_api_key', 'private, no-store'])
    expect(await knock(keys.tenant)).toEqual([403, 'permission_denied', 'private, no-store'])
    expect(await knock(keys.service)).toEqual([403, 'permission_denied', 'private, no-store'])
    expect([200, 201, 400, 404]).toContain((await knock(keys.admin))[0])
  })
})

test('keys come in each of the usual headers, and never in the query string', async () => {
  const path = '/admin/v1/keys'
  for (const name of ['x-api-key', 'x-goog-api-key']) {
    expect((await under.ask(path, { headers: { [name]: under.adminKey } })).status).toBe(200)
  }
  for (const query of [`?key=${under.adminKey}`, `?limit=5&api_key=${under.adminKey}`]) {
    const reply = await under.ask(path + query, { key: under.adminKey })
    expect(reply.status).toBe(400)
    expect(await reply.text()).not.toContain(under.adminKey)
  }
})

test('two different keys in one request are refused', async () => {
  const headers = { 'x-api-key': keys.tenant ?? '' }
  expect((await under.ask('/admin/v1/keys', { key: under.adminKey, headers })).status).toBe(400)
})

test('a stranger is turned away before the body is read', async () => {
  const reply = await under.ask('/admin/v1/keys', { method: 'POST', body: '{ not json' })
  expect([reply.status, reply.headers.get('x-should-retry')]).toEqual([401, 'false'])
})

test('an admin key operates and makes no model calls', async () => {
  const reply = await under.call({ key: under.adminKey })
  expect([reply.status, reply.headers.get('x-headgate-error')]).toEqual([403, 'permission_denied'])
  expect(under.wall.calls).toHaveLength(0)
})
