import { afterEach, describe, expect, it } from 'vitest'
import type { ConfigInput } from '../../config/schema.ts'
import { json, rows, startTestService, type TestService, testConfig } from '../test-service.contract.ts'

let under: TestService
afterEach(() => under.stop())

const start = async (sections: Partial<ConfigInput>) => {
  under = await startTestService(sections)
}
const limits = (query = '') => rows(under.ask(`/admin/v1/limits${query}`, { key: under.adminKey }))
const call = async (tenantId: string, headers: Readonly<Record<string, string>> = {}) => {
  const { key } = await under.issue({ kind: 'tenant', tenantId })
  const reply = await under.call({ key, headers })
  await reply.text()
  return reply.status
}
const as = (user: string) => ({ 'x-headgate-user-id': user })
const short = async () => (await limits()).map(({ scope, unit, used, left, from }) => [scope, unit, used, left, from])

describe('a limit', () => {
  it('shows before the first call: the total, and those of listed tenants with who wrote them', async () => {
    await start({
      plans: { startup: { rpm_limit: 120, concurrency_limit: 10 }, free: { rpm_limit: 5 } },
      tenants: {
        acme: { plan: 'startup', concurrency_limit: 20 },
        globex: { plan: 'startup', rpm_limit: null },
        initech: { plan: 'free' },
        umbrella: { plan: 'startup', rpm_limit: 500 },
      },
      limits: [
        { per: 'user', requests: 9 },
        { per: 'tenant', requests: 400 },
        { per: 'tenant', tokens: 7_000, window: '1h', match: { plan: 'startup', tenant: ['acme', 'initech'] } },
        { per: 'total', concurrency: 50, on_limit: 'queue' },
      ],
    })
    expect((await limits()).map(({ scope, unit, window, limit, from }) => [scope, unit, window, limit, from])).toEqual([
      [{ tenant: 'acme' }, 'requests', '1m', 120, 'plan startup'],
      [{ tenant: 'globex' }, 'requests', '1m', 400, 'limits[1]'],
      [{ tenant: 'initech' }, 'requests', '1m', 5, 'plan free'],
      [{ tenant: 'umbrella' }, 'requests', '1m', 400, 'limits[1]'],
      [{ tenant: 'acme' }, 'tokens', '1h', 7_000, 'limits[2]'],
      [{ total: true }, 'concurrency', null, 50, 'limits[3]'],
      [{ tenant: 'acme' }, 'concurrency', null, 20, 'tenant acme'],
      [{ tenant: 'globex' }, 'concurrency', null, 10, 'plan startup'],
      [{ tenant: 'umbrella' }, 'concurrency', null, 10, 'plan startup'],
    ])
    expect((await limits())[5]).toEqual({
      scope: { total: true },
      unit: 'concurrency',
      window: null,
      limit: 50,
      used: 0,
      left: 50,
      resets_at: null,
      match: {},
      on_limit: 'queue',
      from: 'limits[3]',
    })
  })

  it('counts what calls use, and shows who is in use, the busiest first', async () => {
    await start({
      tenants: { acme: {}, globex: {} },
      limits: [
        { per: 'tenant', requests: 4, window: '1d' },
        { per: 'user', requests: 3, window: '1d', match: { feature: ['chat', 'search'], plan: 'free' } },
        { per: 'user', tokens: 500, window: '31d' },
        { per: 'feature', requests: 100, window: '1d' },
        { per: 'model', requests: 100, window: '1d' },
      ],
    })
    const begunAt = Date.now()
    for (const user of ['u1', 'u2', 'u2']) expect(await call('globex', as(user))).toBe(200)
    expect(await call('unlisted', as('u1'))).toBe(200)
    const shown = await short()
    expect(shown.filter(([, unit]) => unit === 'requests')).toEqual([
      [{ tenant: 'globex' }, 'requests', 3, 1, 'limits[0]'],
      [{ tenant: 'unlisted' }, 'requests', 1, 3, 'limits[0]'],
      [{ tenant: 'acme' }, 'requests', 0, 4, 'limits[0]'],
      [{ feature: 'chat' }, 'requests', 4, 96, 'limits[3]'],
      [{ model: 'm' }, 'requests', 4, 96, 'limits[4]'],
    ])
    expect(shown.filter(([, unit]) => unit === 'tokens').map(([scope]) => scope)).toEqual([
      { tenant: 'globex', user: 'u2' },
      { tenant: 'globex', user: 'u1' },
      { tenant: 'unlisted', user: 'u1' },
    ])
    const [busy] = await limits()
    // Three of four in a day are back after three quarters of it.
    const resetsAfter = Date.parse(String(busy?.resets_at)) - begunAt
    expect(resetsAfter).toBeGreaterThanOrEqual(64_800_000 - 1)
    expect(resetsAfter).toBeLessThan(64_900_000)
  })

  it('is right after calls were refused, were fewer tokens than expected, or are larger than the limit', async () => {
    await start({
      tenants: { acme: {} },
      limits: [
        { per: 'tenant', requests: 2, window: '1d' },
        { per: 'total', tokens: 5, window: '1d', on_limit: { action: 'downgrade', downgrade_to: 'fast' } },
      ],
    })
    expect(await call('globex')).toBe(200)
    expect(await call('globex')).toBe(429)
    const [, , total] = await limits()
    // What was really used: the wall's ten tokens and the prompt.
    expect(total).toMatchObject({ limit: 5, left: 0, on_limit: 'downgrade' })
    expect(Number(total?.used)).toBeGreaterThan(10)
    expect(Number(total?.used)).toBeLessThan(50)
    expect(await short()).toContainEqual([{ tenant: 'globex' }, 'requests', 1, 1, 'limits[0]'])
  })

  it('on running calls counts those that run', async () => {
    await start({ tenants: { acme: { concurrency_limit: 3 } }, limits: [{ per: 'feature', concurrency: 5 }] })
    under.wall.plan({ tokens: 1, fault: { kind: 'hang' } })
    const { key } = await under.issue({ kind: 'tenant', tenantId: 'acme' })
    const caller = new AbortController()
    const body = JSON.stringify({ model: 'fast', messages: [{ role: 'user', content: 'Hello.' }] })
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'x-headgate-feature': 'chat' }
    const open = [1, 2].map(() =>
      fetch(`${under.url}/v1/chat/completions`, { method: 'POST', body, headers, signal: caller.signal }),
    )
    for (const one of open) one.catch(() => undefined)
    await expect.poll(() => under.wall.calls.length).toBe(2)
    expect(await short()).toEqual([
      [{ feature: 'chat' }, 'concurrency', 2, 3, 'limits[0]'],
      [{ tenant: 'acme' }, 'concurrency', 2, 1, 'tenant acme'],
    ])
    expect(await limits()).toMatchObject([{ resets_at: null }, { resets_at: null }])
    caller.abort()
    await expect.poll(short).toEqual([[{ tenant: 'acme' }, 'concurrency', 0, 3, 'tenant acme']])
  })

  it('that was just changed shows at once, with what was used', async () => {
    const of = (requests: number) => ({
      tenants: { acme: {} },
      limits: [{ per: 'tenant' as const, requests, window: '1d' }],
    })
    await start(of(5))
    await call('acme')
    await call('acme')
    under.service.reload(testConfig(under.wall, of(2)))
    expect(await limits()).toMatchObject([{ limit: 2, used: 2, left: 0 }])
    under.service.reload(testConfig(under.wall, {}))
    expect(await limits()).toEqual([])
  })
})

describe('the list of limits', () => {
  it('has a hundred of a million users, and all listed tenants', async () => {
    const tenants = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`t${index}`, {}]))
    await start({
      tenants,
      limits: [
        { per: 'tenant', requests: 1_000, window: '1d' },
        { per: 'user', requests: 1_000, window: '1d' },
      ],
    })
    const { key } = await under.issue({ kind: 'tenant', tenantId: 't7' })
    for (let user = 0; user < 110; user += 1) await (await under.call({ key, headers: as(`u${user}`) })).text()
    await (await under.call({ key, headers: as('u109') })).text()
    const all = await limits()
    expect(all.filter(({ from }) => from === 'limits[0]')).toHaveLength(150)
    const users = all.filter(({ from }) => from === 'limits[1]')
    expect(users).toHaveLength(100)
    expect(users[0]).toMatchObject({ scope: { tenant: 't7', user: 'u109' }, used: 2 })

    const first = await json(under.ask('/admin/v1/limits?limit=180', { key: under.adminKey }))
    const rest = await json(
      under.ask(`/admin/v1/limits?limit=180&cursor=${first.next_cursor}`, { key: under.adminKey }),
    )
    expect(
      [...(first.data as object[]), ...(rest.data as object[])].map((row) =>
        JSON.stringify(row, ['scope', 'tenant', 'user', 'used']),
      ),
    ).toEqual(all.map((row) => JSON.stringify(row, ['scope', 'tenant', 'user', 'used'])))
    expect(rest.next_cursor).toBeNull()
  })

  it('comes as lines and as CSV, for admins alone, and knows its own cursors', async () => {
    await start({ tenants: { acme: { rpm_limit: 3 } } })
    const ask = (accept: string, query = '', key = under.adminKey) =>
      under.ask(`/admin/v1/limits${query}`, { key, headers: { accept } })
    expect(JSON.parse(await (await ask('application/x-ndjson')).text())).toMatchObject({ limit: 3 })
    expect(await (await ask('text/csv')).text()).toBe(
      'scope,unit,window,limit,used,left,resets_at,match,on_limit,from\r\n' +
        '"{""tenant"":""acme""}",requests,1m,3,0,3,,{},reject,tenant acme\r\n',
    )
    for (const cursor of ['nonsense', 'WzFd'])
      expect(await json(ask('application/json', `?cursor=${cursor}`))).toMatchObject({ error: { param: 'cursor' } })
    const { key } = await under.issue({ kind: 'tenant', tenantId: 'acme' })
    expect((await ask('application/json', '', key)).status).toBe(403)
  })
})
