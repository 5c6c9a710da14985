import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rows, startTestService, type TestService } from '../../server/test-service.contract.ts'
import { unusedUrl } from '../../testing/index.ts'
import { runCommand } from '../command-line.contract.ts'

let keyed: TestService
let open: TestService
beforeAll(async () => {
  keyed = await startTestService()
  open = await startTestService({ auth: { mode: 'none' }, metadata: { required: ['tenant_id', 'feature'] } })
})
afterAll(async () => {
  await keyed.stop()
  await open.stop()
})

const demo = (url: string, env: Record<string, string>, ...args: readonly string[]) =>
  runCommand(['demo', '--rate', '1000', ...args], { env: { HEADGATE_URL: url, ...env } })

describe('headgate demo', () => {
  it('sends calls of several tenants through a key of its own, and revokes it', async () => {
    const { exitCode, out } = await demo(
      keyed.url,
      { HEADGATE_ADMIN_KEY: keyed.adminKey },
      '--requests',
      '150',
      '--json',
    )
    expect(exitCode).toBe(0)
    const result = JSON.parse(out) as { sent: number; answered: number; errors: Record<string, number> }
    expect(result).toMatchObject({ sent: 150, console: `${keyed.url}/console` })
    expect(result.answered).toBeGreaterThan(110)
    const usage = await rows(keyed.ask('/admin/v1/usage?group_by=tenant', { key: keyed.adminKey }))
    expect(usage.length).toBeGreaterThan(1)
    expect(usage.every((row) => String(row.tenant_id).startsWith('demo-'))).toBe(true)
    const [key] = await rows(keyed.ask('/admin/v1/keys?limit=1', { key: keyed.adminKey }))
    expect(key).toMatchObject({ kind: 'service', name: 'headgate demo', revoked_at: expect.any(String) })
  })

  it('works where no key is asked and there is none', async () => {
    const { exitCode, out, err } = await demo(open.url, {}, '--requests', '60')
    expect(exitCode).toBe(0)
    expect(out).toMatch(/^Sent 60 calls: \d+ answered/)
    expect(out).toContain(`See them at ${open.url}/console`)
    // The wall could be a real provider for all that the command knows.
    expect(err).toBe('Answers come from wall/m: where that is a real provider, this costs real money. Ctrl-C stops.\n')
    const usage = await rows(open.ask('/admin/v1/usage?group_by=tenant', { key: open.adminKey }))
    expect(usage.map((row) => row.tenant_id)).toEqual(['default'])
  })

  it('says what it needs where keys are asked and it has none', async () => {
    const { exitCode, err } = await demo(keyed.url, {}, '--requests', '5')
    expect([exitCode, err]).toEqual([1, expect.stringMatching(/asks for keys: set HEADGATE_ADMIN_KEY/)])
  })

  it('draws how far it is where somebody watches, and nothing else', async () => {
    const env = { HEADGATE_URL: open.url }
    const { err } = await runCommand(['demo', '--rate', '1000', '--requests', '20'], { env, watched: true })
    expect(err).toContain('20/20')
    expect(err.endsWith('\r\u001b[K')).toBe(true)
  })

  it('ends at once when there is no gateway', async () => {
    expect(await demo(await unusedUrl(), {})).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('headgate serve'),
    })
  })

  it.each([
    ['--requests', '0'],
    ['--requests', 'many'],
    ['--rate', '-1'],
  ])('%s %s is wrong usage', async (...args) => {
    expect((await demo(open.url, {}, ...args)).exitCode).toBe(2)
  })
})
