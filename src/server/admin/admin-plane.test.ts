import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { json, startTestService, type TestService } from '../test-service.contract.ts'

let under: TestService
beforeAll(async () => {
  under = await startTestService()
})
afterAll(() => under.stop())

const post = (body: unknown, headers = {}) => under.ask('/admin/v1/keys', { key: under.adminKey, body, headers })

/** A request with a path that `fetch` would mend first. */
function raw(path: string): Promise<{ readonly status: number; readonly body: string }> {
  const { hostname, port } = new URL(under.url)
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path }, (reply) => {
      let body = ''
      reply.on('data', (chunk) => {
        body += chunk
      })
      reply.on('end', () => resolve({ status: reply.statusCode ?? 0, body }))
    })
    sent.on('error', reject).end()
  })
}

describe('what does not exist', () => {
  it.each(['/nothing', '/admin/v1/nothing', '/admin/v1/keys/', '/admin', '/v1', '/v1/nothing', '/console/nothing.js'])(
    '%s is 404 in our own words',
    async (path) => {
      const reply = await under.ask(path, { key: under.adminKey })
      expect([reply.status, reply.headers.get('x-headgate-error')]).toEqual([404, 'not_found'])
      expect(await json(reply)).toMatchObject({ error: { code: 'not_found' } })
    },
  )

  it('is 404 for a method that a path does not take', async () => {
    for (const method of ['PUT', 'PATCH']) {
      expect((await under.ask('/admin/v1/keys', { method, key: under.adminKey })).status).toBe(404)
    }
  })

  it('does not repeat a query string, where people put secrets', async () => {
    const text = await (await under.ask('/nothing?token=very-secret')).text()
    expect(text).not.toContain('very-secret')
  })

  it('is refused as well when its path cannot be read', async () => {
    for (const path of ['/%', '/admin/v1/keys/%ff', '/console/%E0%A4%A']) {
      const { status, body } = await raw(path)
      expect([path, status]).toEqual([path, 400])
      expect(JSON.parse(body)).toMatchObject({ error: { code: 'invalid_request' } })
    }
  })
})

describe('a body', () => {
  it.each(['{ "kind": ', '{}}', 'kind=admin', '\u0000'])('that is not JSON (%j) is refused', async (body) => {
    const reply = await post(body)
    expect(reply.status).toBe(400)
    expect(await json(reply)).toMatchObject({
      error: { code: 'invalid_request', message: 'The body is not valid JSON.' },
    })
  })

  it('must say that it is JSON, which a form of another site cannot', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const reply = await post(JSON.stringify({ kind: 'admin' }), { 'content-type': type })
      expect([type, reply.status]).toEqual([type, 400])
      expect(await json(reply)).toMatchObject({ error: { message: expect.stringContaining('application/json') } })
    }
  })

  it('larger than a megabyte is refused', async () => {
    const reply = await post({ kind: 'admin', name: 'x'.repeat(1_100_000) })
    expect([reply.status, reply.headers.get('x-headgate-error')]).toEqual([413, 'request_too_large'])
  })

  it('cannot change what all objects have', async () => {
    const text = '{"kind":"admin","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'
    expect((await post(text)).status).toBe(400)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})

describe('health', () => {
  it('needs no key', async () => {
    expect(await json(under.ask('/livez'))).toEqual({ status: 'ok' })
    const ready = await under.ask('/readyz')
    expect(ready.status).toBe(200)
    expect(await json(ready)).toEqual({
      status: 'ready',
      ledger: 'ok',
      limits: { store: 'memory', state: 'ok', instances: 1 },
      breakers: { store: 'memory', state: 'ok' },
      load: { level: 'normal', event_loop_lag_ms: 0, heap_used_share: 0 },
      config: { version: 'cfg_test', loaded_at: '2026-11-21T00:00:00.000Z', rejected: null },
    })
  })

  it('stays alive while the ledger is away, and is not ready', async () => {
    const { ledger } = under.service.house.storage
    const now = ledger.now
    ledger.now = () => Promise.reject(new Error('away'))
    const ready = await under.ask('/readyz')
    expect([ready.status, (await json(ready)).status]).toEqual([503, 'ledger_unavailable'])
    expect((await under.ask('/livez')).status).toBe(200)
    ledger.now = now
    expect((await under.ask('/readyz')).status).toBe(200)
  })

  it('is not ready once it drains', async () => {
    const other = await startTestService()
    other.service.house.drain()
    const ready = await other.ask('/readyz')
    expect([ready.status, (await json(ready)).status]).toEqual([503, 'draining'])
    await other.stop()
  })
})

it('says of an unforeseen failure nothing but that it happened', async () => {
  const { audit } = under.service.house.storage
  const list = audit.list
  audit.list = () => Promise.reject(new Error('password=hunter2'))
  const reply = await under.ask('/admin/v1/audit', { key: under.adminKey })
  const text = await reply.text()
  expect([reply.status, reply.headers.get('x-headgate-error')]).toEqual([500, 'internal'])
  expect(text).not.toMatch(/hunter2|at .*\.ts/)
  audit.list = list
})
