import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { json, startTestService, type TestService } from '../test-service.contract.ts'

let under: TestService
beforeAll(async () => {
  under = await startTestService()
})
afterAll(() => under.stop())

const PATH = '/admin/v1/session'
const own = () => ({ origin: under.url })

/** Signs in as the console does and gives the cookie as a browser would send it. */
async function signIn(adminKey: string): Promise<{ readonly cookie: string }> {
  const reply = await under.ask(PATH, { body: { admin_key: adminKey }, headers: own() })
  expect(reply.status).toBe(204)
  return { cookie: reply.headers.get('set-cookie')?.split(';')[0] ?? '' }
}

const list = (headers: Readonly<Record<string, string>>) => under.ask('/admin/v1/keys', { headers })
const create = (headers: Readonly<Record<string, string>>) =>
  under.ask('/admin/v1/keys', { headers, body: { kind: 'tenant', tenant_id: 'acme' } })

describe('signing in', () => {
  it('gives a cookie that scripts cannot read and other sites cannot make a browser send', async () => {
    const reply = await under.ask(PATH, { body: { admin_key: ` ${under.adminKey}\n` } })
    const cookie = reply.headers.get('set-cookie') ?? ''
    expect([reply.status, await reply.text()]).toEqual([204, ''])
    expect(cookie).toMatch(/^headgate_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/)
    expect(cookie).not.toContain(under.adminKey)
  })

  it('marks the cookie for TLS only where a proxy in front speaks TLS', async () => {
    const headers = { 'x-forwarded-proto': 'https' }
    const reply = await under.ask(PATH, { body: { admin_key: under.adminKey }, headers })
    expect(reply.headers.get('set-cookie')).toMatch(/; Secure$/)
  })

  it('needs an admin key', async () => {
    const { key } = await under.issue({ kind: 'tenant', tenantId: 'acme' })
    const statuses = [key, `hg-admin-${'x'.repeat(43)}`, 'nonsense', ''].map(async (admin_key) => {
      const reply = await under.ask(PATH, { body: { admin_key } })
      return [reply.status, reply.headers.get('set-cookie')]
    })
    expect(await Promise.all(statuses)).toEqual([
      [403, null],
      [401, null],
      [401, null],
      [401, null],
    ])
  })

  it.each([[{}], [{ admin_key: 5 }], [[]]])('with %j says what to send', async (body) => {
    const reply = await under.ask(PATH, { body })
    expect(reply.status).toBe(400)
    expect(await json(reply)).toMatchObject({ error: { param: 'admin_key' } })
  })

  it('is refused to a page of another site', async () => {
    const headers = { origin: 'https://evil.example' }
    expect((await under.ask(PATH, { body: { admin_key: under.adminKey }, headers })).status).toBe(403)
  })
})

describe('a session', () => {
  it('reads, and writes from our own pages', async () => {
    const session = await signIn(under.adminKey)
    expect((await list(session)).status).toBe(200)
    expect((await create({ ...session, ...own() })).status).toBe(201)
  })

  it('does not write for other pages, nor for one that hides where it is', async () => {
    const session = await signIn(under.adminKey)
    const port = new URL(under.url).port
    const foreign = [
      'https://evil.example',
      'null',
      `http://127.0.0.1:${Number(port) + 1}`,
      `http://evil.example:${port}`,
    ]
    for (const origin of foreign) {
      const reply = await create({ ...session, origin })
      expect([origin, reply.status, reply.headers.get('x-headgate-error')]).toEqual([origin, 403, 'permission_denied'])
    }
    expect((await create(session)).status).toBe(403)
  })

  it('ends when its key is revoked', async () => {
    const { key, id } = await under.issue({ kind: 'admin' })
    const session = await signIn(key)
    expect((await list(session)).status).toBe(200)
    await under.ask(`/admin/v1/keys/${id}`, { method: 'DELETE', key: under.adminKey })
    expect((await list(session)).status).toBe(401)
  })

  it('ends when it is signed out, in the browser and here', async () => {
    const [session, other] = [await signIn(under.adminKey), await signIn(under.adminKey)]
    const reply = await under.ask(PATH, { method: 'DELETE', headers: { ...session, ...own() } })
    expect([reply.status, reply.headers.get('set-cookie')]).toEqual([
      204,
      'headgate_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0',
    ])
    expect([(await list(session)).status, (await list(other)).status]).toEqual([401, 200])
  })

  it('cannot be signed out by another site', async () => {
    const session = await signIn(under.adminKey)
    const headers = { ...session, origin: 'https://evil.example' }
    expect((await under.ask(PATH, { method: 'DELETE', headers })).status).toBe(403)
    expect((await list(session)).status).toBe(200)
  })

  it('cannot be made up', async () => {
    for (const token of ['x', 'x'.repeat(43), under.adminKey]) {
      expect((await list({ cookie: `headgate_session=${token}` })).status).toBe(401)
    }
  })
})
