import { afterEach, expect, it } from 'vitest'
import type { ConfigInput } from '../../config/schema.ts'
import { startTestService, type TestService } from '../../server/test-service.contract.ts'
import { runCommand } from '../command-line.contract.ts'

let under: TestService
afterEach(() => under.stop())

const start = async (sections: Partial<ConfigInput>) => {
  under = await startTestService(sections)
}
const list = (...args: readonly string[]) =>
  runCommand(['limits', 'list', ...args], { env: { HEADGATE_URL: under.url, HEADGATE_ADMIN_KEY: under.adminKey } })

const LIMITED: Partial<ConfigInput> = {
  plans: { startup: { rpm_limit: 2, concurrency_limit: 1_000 } },
  tenants: { acme: { plan: 'startup' } },
  limits: [{ per: 'user', requests: 4, window: '31d', match: { feature: ['chat', 'search'] }, on_limit: 'queue' }],
}

it('is a table with what is used and left, a bar of it, and who wrote the limit', async () => {
  await start(LIMITED)
  const { key } = await under.issue({ kind: 'tenant', tenantId: 'acme' })
  await under.call({ key, headers: { 'x-headgate-user-id': 'u1' } })
  const { exitCode, out, err } = await list()
  expect([exitCode, err]).toEqual([0, ''])
  const [head, ...lines] = out.trimEnd().split('\n')
  expect(head).toMatch(/^scope +unit +window +limit +used +left +share +all back at +at the limit +from$/)
  expect(lines).toEqual([
    expect.stringMatching(
      /^tenant=acme,user=u1 if feature=chat,search +requests +31d +4 +1 +3 +25% ████ +20\d\d-\S+Z +queue +limits\[0\]$/,
    ),
    expect.stringMatching(/^tenant=acme +requests +1m +2 +[01] +[12] +.*reject +plan startup$/),
    expect.stringMatching(/^tenant=acme +concurrency +1,000 +0 +1,000 +0% +reject +plan startup$/),
  ])
})

it('is JSON for programs', async () => {
  await start(LIMITED)
  const { out } = await list('--json')
  expect(JSON.parse(out).data).toMatchObject([
    { scope: { tenant: 'acme' }, unit: 'requests', window: '1m', limit: 2, used: 0, left: 2, from: 'plan startup' },
    { scope: { tenant: 'acme' }, unit: 'concurrency', window: null },
  ])
})

it('says where limits come from when there are none', async () => {
  await start({})
  expect(await list()).toMatchObject({ exitCode: 0, out: expect.stringContaining('`limits` of the config') })
})
