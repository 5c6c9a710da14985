import { afterEach, describe, expect, it } from 'vitest'
import { wholeUnits } from '../src/canonical/amounts.ts'
import type { ConfigInput } from '../src/config/schema.ts'
import { MODEL, type Running, startRunning } from './running-gateway.ts'

/* Budgets in tokens and requests, of models, and of attempts that fall back, seen from outside. */

const open: Running[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.stop()))
})

async function start(budgets: ConfigInput['budgets'], more: Partial<ConfigInput> = {}): Promise<Running> {
  const models = { ok: MODEL, m: MODEL, 'status-503': MODEL }
  const running = await startRunning((wall) => ({
    providers: {
      oa: { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk-oa', models },
      an: { type: 'anthropic', base_url: wall.url, api_key: 'sk-an', models },
    },
    models: { both: ['oa/m', 'an/ok'], broken: ['oa/status-503', 'an/ok'] },
    budgets,
    ...more,
  }))
  open.push(running)
  return running
}

function call(on: Running, model = 'both', more: object = {}): Promise<Response> {
  return on.gateway.fetchFor({ tenantId: 'acme', userId: 'u1', feature: 'e2e', runId: 'r1' })(
    'http://headgate/v1/chat/completions',
    {
      method: 'POST',
      body: JSON.stringify({ model, max_tokens: 20, messages: [{ role: 'user', content: 'Hi.' }], ...more }),
    },
  )
}

const told = (reply: Response) => [
  reply.status,
  reply.headers.get('x-headgate-error'),
  reply.headers.get('x-should-retry'),
]
const posted = async (on: Running) =>
  Object.fromEntries((await on.service.house.storage.ledger.budgets()).map((state) => [state.key, state.posted]))

describe('quotas', () => {
  it('of tokens per day refuse for good, of requests per minute for now, and say when to come back', async () => {
    const on = await start([{ per: 'run', requests: 1, window: 'minute' }], {
      plans: { small: { daily_token_limit: 200 } },
      tenants: { globex: { plan: 'small' } },
    })
    expect((await call(on)).status).toBe(200)
    const soon = await call(on)
    expect(told(soon)).toEqual([429, 'rate_limited', null])
    expect(Number(soon.headers.get('retry-after'))).toBeLessThanOrEqual(60)

    const globex = on.gateway.fetchFor({ tenantId: 'globex', feature: 'e2e' })
    const ask = (max_tokens: number) =>
      globex('http://headgate/v1/chat/completions', {
        method: 'POST',
        body: JSON.stringify({ model: 'both', max_tokens, messages: [{ role: 'user', content: 'Hi.' }] }),
      })
    const late = await ask(500)
    expect(told(late)).toEqual([429, 'quota_exceeded', 'false'])
    expect(await late.json()).toMatchObject({ error: { details: { unit: 'tokens', limit_tokens: 200 } } })
    expect((await ask(5)).status).toBe(200)
  })

  it.each(['budgets', 'limits'] as const)(
    'of a task are of the task that a call is run as, whatever it calls itself: %s',
    async (kind) => {
      const tasks = { summary: { default: 'both' } }
      const on = await (kind === 'budgets'
        ? start([{ per: 'task', requests: 1, window: 'minute' }], { tasks })
        : start([], { tasks, limits: [{ per: 'task', requests: 1, window: '1m' }] }))
      const ask = (task: string) =>
        on.gateway.fetchFor({ tenantId: 'acme', feature: 'e2e', task })('http://headgate/v1/chat/completions', {
          method: 'POST',
          body: JSON.stringify({ model: 'summary', max_tokens: 20, messages: [{ role: 'user', content: 'Hi.' }] }),
        })
      expect((await ask('one label')).status).toBe(200)
      expect(told(await ask('another label'))).toEqual([429, 'rate_limited', null])
      const { rows } = await on.service.house.storage.reader.events({ limit: 10 })
      expect(rows.map(({ task }) => task)).toEqual(['summary', 'summary'])
      if (kind === 'budgets') expect(await posted(on)).toEqual({ 'task=summary/requests/minute': wholeUnits(1) })
    },
  )

  it('count what the rows say: tokens of prompt and answer, one request', async () => {
    const on = await start([
      { per: 'user', tokens: 1_000_000, window: 'day' },
      { per: 'total', requests: 100, window: 'month' },
      { per: 'run', usd: 1, window: 'day' },
    ])
    for (const stream of [true, false]) await (await call(on, 'both', { stream })).text()
    const { rows } = await on.service.house.storage.reader.events({ limit: 10 })
    const sums = await posted(on)
    const tokens = rows.reduce((sum, row) => sum + row.inputTokens + row.outputTokens, 0)
    expect(sums['tenant=acme,user=u1/tokens/day']).toBe(wholeUnits(tokens))
    expect(sums['total/requests/month']).toBe(wholeUnits(2))
    expect(sums['tenant=acme,run=r1/usd/day']).toBe(rows.reduce((sum, row) => sum + row.cost, 0n))
  })
})

describe('budgets of models', () => {
  it('pass over a model that has spent its own, and the trace says why', async () => {
    const on = await start([{ per: 'model', requests: 1, window: 'day', match: { model: 'm' } }])
    expect((await call(on)).headers.get('x-headgate-model')).toBe('oa/m')
    const second = await call(on)
    expect([second.status, second.headers.get('x-headgate-model')]).toEqual([200, 'an/ok'])
    const trace = await on.service.house.storage.reader.trace(second.headers.get('x-headgate-trace-id') ?? '', null)
    expect(JSON.stringify(trace?.request?.decision)).toContain('over_model_budget')
    // Whoever names the model alone is told.
    expect(told(await call(on, 'oa/m'))).toEqual([429, 'quota_exceeded', 'false'])
  })

  it('are those of each attempt when a call falls back, and a model that is used up does not take over', async () => {
    const on = await start([
      { per: 'model', requests: 2, window: 'day' },
      { per: 'total', requests: 100, window: 'day' },
    ])
    const reply = await call(on, 'broken')
    expect([reply.status, reply.headers.get('x-headgate-model')]).toEqual([200, 'an/ok'])
    expect(await posted(on)).toMatchObject({
      'model=status-503/requests/day': wholeUnits(1),
      'model=ok/requests/day': wholeUnits(1),
      'total/requests/day': wholeUnits(1),
    })
    await call(on, 'an/ok')
    // One more call of the broken model is paid for; the other one, which would take over, is not.
    expect(told(await call(on, 'broken'))[0]).not.toBe(200)
    expect(await posted(on)).toMatchObject({
      'model=status-503/requests/day': wholeUnits(2),
      'model=ok/requests/day': wholeUnits(2),
    })
  })
})
