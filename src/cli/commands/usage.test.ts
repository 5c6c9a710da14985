import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestService, type TestService, testConfig } from '../../server/test-service.contract.ts'
import { runCommand } from '../command-line.contract.ts'

let under: TestService
beforeAll(async () => {
  under = await startTestService()
})
afterAll(() => under.stop())

const usage = (...args: readonly string[]) =>
  runCommand(['usage', ...args], { env: { HEADGATE_URL: under.url, HEADGATE_ADMIN_KEY: under.adminKey } })

describe('headgate usage', () => {
  it('says what to do where nothing was used', async () => {
    expect((await usage()).out).toMatch(/^Nothing was used since 20.*headgate demo\n$/)
  })

  it('is a table by tenant and feature, the dearest first, with shares and a total', async () => {
    const acme = await under.issue({ kind: 'tenant', tenantId: 'acme' })
    const globex = await under.issue({ kind: 'tenant', tenantId: 'globex' })
    for (const feature of ['chat', 'chat', 'chat', 'search']) await under.call({ key: acme.key, feature })
    await under.call({ key: globex.key, feature: 'chat' })
    const { exitCode, out, err } = await usage()
    expect([exitCode, err]).toEqual([0, ''])
    expect(out.split('\n')).toEqual([
      expect.stringMatching(/^tenant +feature +calls +tokens in +of it cached +tokens out +USD +share$/),
      expect.stringMatching(/^acme +chat +3 +\d+ +0 +30 +0\.300000 +60\.0% █{12}$/),
      expect.stringMatching(/^acme +search +1 +\d+ +0 +10 +0\.100000 +20\.0% █{4}$/),
      expect.stringMatching(/^globex +chat +1 +\d+ +0 +10 +0\.100000 +20\.0% █{4}$/),
      expect.stringMatching(/^total +5 +\d+ +0 +50 +0\.500000$/),
      '',
    ])
  })

  it('is summed up by anything, of one tenant, of a time', async () => {
    expect((await usage('--by', 'model')).out).toMatch(/^model .*\nm +5 /)
    expect((await usage('--by', 'feature', '--tenant', 'globex')).out).toMatch(/\nchat +1 .*\ntotal +1 /)
    expect((await usage('--since', '2001-01-01', '--until', '2002-01-01')).out).toContain('Nothing was used')
    expect((await usage('--by', '')).out).toMatch(/^calls .*\n {4}5 /)
  })

  it('is JSON with its totals, exact to the billionth', async () => {
    expect(JSON.parse((await usage('--json')).out)).toMatchObject({
      from: expect.any(String),
      rows: [{ tenant_id: 'acme', feature: 'chat', calls: 3, cost_usd: 0.3 }, {}, {}],
      totals: { calls: 5, output_tokens: 50, cost_usd: 0.5 },
    })
  })

  it('is CSV as the gateway writes it', async () => {
    const { out } = await usage('--csv', '--by', 'tenant')
    expect(out).toMatch(/^tenant_id,calls,.*,cost_usd,charge_usd\r\nacme,4,\d+,40,0,0,0,0\.4,0\.4\r\nglobex,1,.*\r\n$/)
  })

  it('has both sums where a markup is charged', async () => {
    const { house } = under.service
    house.reload(testConfig(under.wall, { tenants: { initech: { markup: 0.25 } } }))
    const { key } = await under.issue({ kind: 'tenant', tenantId: 'initech' })
    await under.call({ key, feature: 'chat' })
    const { out } = await usage('--tenant', 'initech', '--by', 'tenant')
    expect(out).toMatch(/^tenant .* USD +charged USD +share\ninitech .* 0\.100000 +0\.125000 +100\.0% /)
    expect(out).toMatch(/\ntotal .* 0\.100000 +0\.125000\n$/)
    expect(JSON.parse((await usage('--json', '--tenant', 'initech')).out).totals).toMatchObject({ charge_usd: 0.125 })
  })

  it('is refused for groups that do not exist, and for two forms at once', async () => {
    expect(await usage('--by', 'colour')).toMatchObject({ exitCode: 1, err: expect.stringContaining('colour') })
    expect(await usage('--csv', '--json')).toMatchObject({ exitCode: 2 })
    expect(await usage('--since', 'ever')).toMatchObject({ exitCode: 2 })
  })
})
