import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { ConfigInput } from '../src/config/schema.ts'
import { startTestServer, type TestServer } from '../src/storage/postgres/test-server.contract.ts'
import { MODEL, type Running, startRunning } from './running-gateway.ts'

/* The ladder of a budget: operators are told, calls go to a cheaper model, calls are refused, and in the end a switch is turned on. */

const open: Running[] = []
let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.stop()))
})
afterAll(() => server.close())

const CHEAP = { ...MODEL, price: { input_per_mtok: 0.1, output_per_mtok: 1 } }

/** A call of the large model costs a little more than 0.001 USD, of the small one a tenth of that. */
async function start(budgets: ConfigInput['budgets'], url = 'memory:', more: Partial<ConfigInput> = {}) {
  const running = await startRunning((wall) => ({
    providers: {
      oa: { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk-oa', models: { m: MODEL } },
      an: { type: 'anthropic', base_url: wall.url, api_key: 'sk-an', models: { cheap: CHEAP } },
    },
    models: { large: ['oa/m'], small: ['an/cheap'], both: ['oa/m', 'an/cheap'] },
    storage: { url },
    budgets,
    ...more,
  }))
  running.wall.plan({ tokens: 100 })
  open.push(running)
  return running
}

function call(on: Running, user = 'u1', model = 'large', tenantId = 'acme') {
  return on.gateway.fetchFor({ tenantId, userId: user, feature: 'e2e' })('http://headgate/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify({ model, max_tokens: 100, messages: [{ role: 'user', content: 'Say it.' }] }),
  })
}

const told = (reply: Response) => [reply.status, reply.headers.get('x-headgate-error')]
const servedBy = (reply: Response) => reply.headers.get('x-headgate-route')
const alertsOf = async (on: Running) => (await on.service.house.storage.alerts.list({ limit: 50 })).rows.toReversed()
const stepsOf = async (on: Running) =>
  (await alertsOf(on)).filter(({ kind }) => kind === 'budget').map(({ details }) => `${details.step} ${details.share}`)

describe('a budget that is used up step by step', () => {
  it('tells operators, goes to a cheaper model, and switches its calls off until it begins anew', async () => {
    const on = await start([
      {
        per: 'user',
        usd: 0.01,
        window: 'day',
        alert_at: [0.3, 0.6],
        downgrade_at: 0.8,
        downgrade_to: 'small',
        kill_at: 1,
      },
    ])
    const routes: (string | null)[] = []
    let reply = await call(on)
    while (reply.status === 200 && routes.length < 400) {
      routes.push(servedBy(reply))
      reply = await call(on)
    }
    // Eight of the large model, then as many of the small one as the rest pays for.
    expect(routes.slice(0, 9)).toEqual([...Array(8).fill('large'), 'large -> small'])
    expect(new Set(routes.slice(8))).toEqual(new Set(['large -> small']))
    expect(['budget_exceeded', 'kill_switch_on']).toContain(reply.headers.get('x-headgate-error'))

    await expect.poll(async () => told(await call(on)), { timeout: 5_000 }).toEqual([403, 'kill_switch_on'])
    expect((await call(on, 'u2')).status).toBe(200)
    await expect.poll(() => stepsOf(on)).toEqual(['alert_at 0.3', 'alert_at 0.6', 'downgrade_at 0.8', 'kill_at 1'])

    const { storage } = on.service.house
    const [row] = await storage.killSwitches.list()
    const [state] = await storage.ledger.budgets()
    expect(row).toMatchObject({
      scope: { tenant: 'acme', user: 'u1' },
      actor: 'system',
      cause: expect.stringContaining('tenant=acme,user=u1/usd/day day:'),
      endsAt: state?.endsAt,
    })
    const { rows } = await storage.audit.list({ limit: 5, actor: 'system' })
    expect(rows).toMatchObject([{ action: 'kill_switch.on', subject: 'tenant=acme,user=u1', before: null }])
    expect((state?.posted ?? 0n) <= (state?.limit ?? 0n)).toBe(true)
  })

  it('leaves a switch off that somebody turned off, for the rest of the window', async () => {
    const on = await start([{ per: 'tenant', usd: 0.0025, window: 'month', kill_at: 0.9 }])
    for (let count = 0; count < 3; count += 1) await call(on)
    await expect.poll(async () => told(await call(on)), { timeout: 5_000 }).toEqual([403, 'kill_switch_on'])
    const { switches, storage } = on.service.house
    const [row] = await storage.killSwitches.list()
    await switches.off(row?.id ?? '', { actor: 'key_1', reason: 'they paid' })
    for (let count = 0; count < 3; count += 1) expect(told(await call(on))).toEqual([429, 'budget_exceeded'])
    expect(await storage.killSwitches.list()).toEqual([])
  })

  it('goes to the cheapest of the call’s own candidates when no model is named, and stays when there is none', async () => {
    const on = await start([{ per: 'user', usd: 0.004, window: 'day', downgrade_at: 0.5 }])
    const routes: (string | null)[] = []
    for (const model of ['both', 'both', 'both', 'large'])
      routes.push((await call(on, 'u1', model)).headers.get('x-headgate-model'))
    expect(routes).toEqual(['oa/m', 'oa/m', 'an/cheap', 'oa/m'])
  })

  it('is not switched off by one call that is larger than all before', async () => {
    const on = await start([{ per: 'user', usd: 0.01, window: 'day', kill_at: 1 }])
    await call(on)
    const large = await on.gateway.fetchFor({ tenantId: 'acme', userId: 'u1', feature: 'e2e' })(
      'http://headgate/v1/chat/completions',
      {
        method: 'POST',
        body: JSON.stringify({
          model: 'large',
          max_tokens: 5_000,
          messages: [{ role: 'user', content: 'All of it.' }],
        }),
      },
    )
    expect(told(large)).toEqual([429, 'budget_exceeded'])
    expect((await call(on)).status).toBe(200)
    expect(await on.service.house.storage.killSwitches.list()).toEqual([])
  })
})

describe('two gateways on one budget', () => {
  it('tell of each step once, and are both switched off', async () => {
    const url = await server.createDatabase()
    const budgets: ConfigInput['budgets'] = [{ per: 'total', usd: 0.0105, window: 'day', alert_at: [0.5], kill_at: 1 }]
    const [here, there] = [await start(budgets, url), await start(budgets, url)]
    const both = async () => Promise.all([call(here), call(there)])
    for (let count = 0; count < 6; count += 1) await both()
    for (const on of [here, there]) {
      await expect.poll(async () => told(await call(on)), { timeout: 10_000 }).toEqual([403, 'kill_switch_on'])
    }
    const [row, ...others] = await here.service.house.storage.killSwitches.list()
    expect([row?.scope, others]).toEqual([{ total: true }, []])
    await expect.poll(() => stepsOf(here)).toEqual(['alert_at 0.5', 'kill_at 1'])
  })
})
