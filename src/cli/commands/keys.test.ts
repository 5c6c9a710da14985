import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestService, type TestService } from '../../server/test-service.contract.ts'
import { runCommand } from '../command-line.contract.ts'

let under: TestService
beforeAll(async () => {
  under = await startTestService()
})
afterAll(() => under.stop())

const keys = (...args: readonly string[]) =>
  runCommand(['keys', ...args], { env: { HEADGATE_URL: under.url, HEADGATE_ADMIN_KEY: under.adminKey } })
const made = async (...args: readonly string[]) =>
  JSON.parse((await keys('create', ...args, '--json')).out) as Record<string, unknown>

describe('headgate keys create', () => {
  it('prints the key alone, so that a shell can take it; what is to be known of it goes to stderr', async () => {
    const { exitCode, out, err } = await keys('create', '--tenant', 'acme')
    expect(exitCode).toBe(0)
    expect(out).toMatch(/^hg-tenant-[\w-]{43}\n$/)
    expect(err).toMatch(/^tenant key key_\w+ for acme; it is shown this once\.\n$/)
    expect((await under.call({ key: out.trim() })).status).toBe(200)
  })

  it('makes what the flags say', async () => {
    const day = 86_400_000
    const key = await made(
      ...['--tenant', 'acme', '--name', 'ci'],
      ...['--default', 'feature=support', '--default', 'prompt_version=a=b'],
      ...['--allow-model', 'fast', '--allow-model', 'wall/*', '--expires', '30d'],
    )
    expect(key).toMatchObject({
      kind: 'tenant',
      tenant_id: 'acme',
      name: 'ci',
      defaults: { feature: 'support', prompt_version: 'a=b' },
      allowed_models: ['fast', 'wall/*'],
    })
    const lifeMs = Date.parse(String(key.expires_at)) - Date.parse(String(key.created_at))
    expect(Math.abs(lifeMs - 30 * day)).toBeLessThan(60_000)
    expect(await made('--tenants', 'acme, globex')).toMatchObject({ kind: 'service', tenants: ['acme', 'globex'] })
    expect(await made('--kind', 'admin')).toMatchObject({ kind: 'admin', tenant_id: null })
  })

  it.each([
    [[], 'say what the key is for'],
    [['--kind', 'root'], 'one of tenant, service, admin'],
    [['--tenant', 'a', '--default', 'feature'], 'key=value'],
    [['--tenant', 'a', '--expires', 'soon'], 'It must be a time'],
  ])('%j is wrong usage', async (args, hint) => {
    const { exitCode, out, err } = await keys('create', ...args)
    expect([exitCode, out, err]).toEqual([2, '', expect.stringContaining(hint)])
  })

  it('passes on what the gateway refuses, with the field', async () => {
    const { exitCode, err } = await keys('create', '--tenant', 'acme', '--default', 'colour=red')
    expect([exitCode, err]).toEqual([1, expect.stringMatching(/^headgate: defaults\.colour /)])
    expect((await keys('create', '--tenant', 'acme', '--expires', '2001-01-01')).err).toContain('expires_at')
  })
})

describe('headgate keys list and revoke', () => {
  it('show all keys with their state, never their text, and end what is named', async () => {
    const { id, key } = await made('--tenant', 'listed', '--name', 'laptop', '--expires', '2d')
    const listed = await keys('list')
    expect(listed.out.split('\n')[0]).toMatch(/^id +key +kind +for +name +state +created$/)
    expect(listed.out).toMatch(new RegExp(`${id} +hg-tenant-.{8} +tenant +listed +laptop +until 20`))
    expect(listed.out).not.toContain(key)

    expect(await keys('revoke', String(id))).toEqual({ exitCode: 0, out: `Revoked ${id}.\n`, err: '' })
    expect((await under.call({ key: String(key) })).status).toBe(401)
    const { data } = JSON.parse((await keys('list', '--json')).out) as { data: Record<string, unknown>[] }
    expect(data.find((row) => row.id === id)).toMatchObject({ revoked_at: expect.any(String) })
    expect((await keys('list')).out).toMatch(new RegExp(`${id} .* revoked `))
  })

  it('say that a key is not there', async () => {
    expect(await keys('revoke', 'key_none')).toEqual({
      exitCode: 1,
      out: '',
      err: 'headgate: There is no key key_none.\n',
    })
    expect((await keys('revoke')).exitCode).toBe(2)
  })

  it('list all pages', async () => {
    const before = (JSON.parse((await keys('list', '--json')).out) as { data: unknown[] }).data.length
    await Promise.all(Array.from({ length: 1_001 }, () => under.issue({ kind: 'tenant', tenantId: 'many' })))
    expect((JSON.parse((await keys('list', '--json')).out) as { data: unknown[] }).data).toHaveLength(before + 1_001)
  })
})
