import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { issueKey } from '../src/access/issue-key.ts'
import { loadConfigObject } from '../src/config/load.ts'
import { isObject } from '../src/lib/json.ts'
import { providerDefinitions } from '../src/providers/registry.ts'
import { startTestServer, type TestServer } from '../src/storage/postgres/test-server.contract.ts'
import { configFor, type Running, startRunning } from './running-gateway.ts'

/*
 * A policy that lives in the ledger: published on one instance, in force on all of them, taken back, and never half in force.
 */

let server: TestServer
let url: string
let one: Running
let two: Running
let key: string

const start = (source: 'file' | 'ledger', database: string, models: Record<string, string[]> = { fast: ['oa/m'] }) =>
  startRunning(() => ({ storage: { url: database }, policy: { source }, models }))

beforeAll(async () => {
  server = await startTestServer()
  url = await server.createDatabase()
  one = await start('ledger', url)
  two = await start('ledger', url, { fast: ['an/other'] })
  key = (await issueKey(one.service.house.storage.keys, { kind: 'admin' }, Date.now())).key.reveal()
}, 60_000)
afterAll(async () => {
  await one.stop()
  await two.stop()
  await server.close()
})

async function ask(at: Running, path: string, body?: object, by = key) {
  const reply = await fetch(`${at.url}/admin/v1/policy${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${by}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const said: unknown = await reply.json()
  return { status: reply.status, said: isObject(said) ? said : {} }
}

async function servedBy({ gateway }: Running): Promise<string> {
  const call = gateway.fetchFor({ tenantId: 'acme', feature: 'test' })
  const reply = await call('http://headgate/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'fast', max_tokens: 5, messages: [{ role: 'user', content: 'Hi.' }] }),
  })
  await reply.text()
  return reply.headers.get('x-headgate-model') ?? ''
}

describe('a policy in the ledger', () => {
  it('begins as the policy of the first file, which every instance then has', async () => {
    expect([await servedBy(one), await servedBy(two)]).toEqual(['oa/m', 'oa/m'])
    expect((await ask(two, '')).said).toMatchObject({
      source: 'ledger',
      version: { number: 1, source: 'file', actor: 'file' },
      sections: { models: { fast: ['oa/m'] }, tasks: {}, limits: [] },
    })
  })

  it('is published on one instance and in force on the other within seconds, with who, why and what changed', async () => {
    const { status, said } = await ask(one, '', { policy: 'models: { fast: [oa/other] }', reason: 'cheaper' })
    expect([status, said]).toEqual([201, expect.objectContaining({ number: 2, source: 'ledger', reason: 'cheaper' })])
    expect(said.changes).toEqual([{ path: 'models.fast[0]', before: 'oa/m', after: 'oa/other' }])
    expect(await servedBy(one)).toBe('oa/other')
    await expect.poll(() => servedBy(two), { timeout: 20_000 }).toBe('oa/other')
    const { rows } = await one.service.house.storage.audit.list({ limit: 5, subject: 'policy=2' })
    expect(rows).toMatchObject([{ action: 'policy.version', reason: 'cheaper', actor: said.actor }])
  })

  it('is refused with the place and the nearest name when it is wrong, and the last good one stays', async () => {
    const { status, said } = await ask(one, '', { policy: 'tasks:\n  answer: { default: fasst }' })
    expect([status, JSON.stringify(said)]).toEqual([400, expect.stringContaining('did you mean \\"fast\\"')])
    const other = await ask(one, '', { policy: 'providers: { oa: { api_key: stolen } }' })
    expect([other.status, JSON.stringify(other.said)]).toEqual([400, expect.stringContaining('is no part of a policy')])
    const late = await ask(one, '', { policy: 'models: { fast: [oa/m] }', after: 1 })
    expect([late.status, JSON.stringify(late.said)]).toEqual([409, expect.stringContaining('is 2, not 1')])
    expect(await servedBy(one)).toBe('oa/other')
    expect(await one.service.house.storage.policies.newest()).toBe(2)
  })

  it('outlives a reload of the file and a start', async () => {
    one.service.reload(one.service.house.config())
    expect(await servedBy(one)).toBe('oa/other')
    const third = await start('ledger', url)
    expect(await servedBy(third)).toBe('oa/other')
    await third.stop()
  })

  it('is published by one of two who publish at once, and the other is told', async () => {
    const after = await one.service.house.storage.policies.newest()
    const policy = 'models: { fast: [oa/other], race: [oa/m] }'
    const both = await Promise.all([ask(one, '', { policy, after }), ask(two, '', { policy, after })])
    expect(both.map(({ status }) => status).toSorted()).toEqual([201, 409])
    expect(JSON.stringify(both)).toContain('version_conflict')
    expect(await one.service.house.storage.policies.newest()).toBe(after + 1)
  })

  it('goes back to an earlier version as a new one', async () => {
    expect((await ask(two, '/rollback', { to: 1, after: 2 })).status).toBe(409)
    const { status, said } = await ask(two, '/rollback', { to: 1, after: 3 })
    expect([status, said]).toEqual([201, expect.objectContaining({ number: 4, reason: 'back to version 1' })])
    expect(await servedBy(two)).toBe('oa/m')
    await expect.poll(() => servedBy(one), { timeout: 20_000 }).toBe('oa/m')
    const { said: list } = await ask(one, '/versions')
    const numbers = (list.data as { number: number; hash: string }[]).map(({ number }) => number)
    expect(numbers).toEqual([4, 3, 2, 1])
    const [first, last] = [await ask(one, '/versions/1'), await ask(one, '/versions/4')]
    expect(first.said.hash).toBe(last.said.hash)
    expect((await ask(one, '/versions/9')).status).toBe(404)
    expect((await ask(one, '/rollback', { to: 9 })).status).toBe(404)
  })
})

describe('a policy in the file', () => {
  it('is noted as a version when it comes into force, and cannot be published', async () => {
    const running = await start('file', await server.createDatabase())
    const { house } = running.service
    const { key: own } = await issueKey(house.storage.keys, { kind: 'admin' }, Date.now())
    expect((await ask(running, '', undefined, own.reveal())).said).toMatchObject({
      source: 'file',
      version: { number: 1, actor: 'file' },
    })
    const refused = await ask(running, '', { policy: 'models: { fast: [oa/other] }' }, own.reveal())
    expect([refused.status, JSON.stringify(refused.said)]).toEqual([400, expect.stringContaining('policy.source')])
    const next = loadConfigObject(configFor(running.wall, { models: { fast: ['oa/other'] } }), {
      env: {},
      knownProviders: [...providerDefinitions.values()],
    })
    if (!next.ok) throw new Error(JSON.stringify(next.problems))
    running.service.reload(next.config)
    await expect
      .poll(() => house.policies.inForce, { timeout: 20_000 })
      .toMatchObject({
        number: 2,
        changes: expect.arrayContaining([{ path: 'models.fast[0]', before: 'oa/m', after: 'oa/other' }]),
      })
    await running.stop()
  }, 60_000)
})
