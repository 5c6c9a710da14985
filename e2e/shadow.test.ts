import { afterEach, describe, expect, it } from 'vitest'
import type { ConfigInput } from '../src/config/schema.ts'
import { qualityRows } from '../src/reports/quality/quality-report.ts'
import type { KillScope } from '../src/storage/contracts/kill-switch-store.ts'
import { MODEL, type Running, startRunning } from './running-gateway.ts'

/*
 * Copies of calls to another model: by what the wall saw, what the callers got and what the ledger says.
 */

let running: Running
afterEach(() => running.stop())

type Shadow = NonNullable<NonNullable<ConfigInput['tasks']>[string]['shadow']>

async function start(shadow: Partial<Shadow> = {}, more: Partial<ConfigInput> = {}): Promise<void> {
  running = await startRunning((wall) => {
    const priced = (usd: number) => ({ ...MODEL, price: { input_per_mtok: usd, output_per_mtok: usd * 10 } })
    const oa = { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk', region: 'us' } as const
    const whole = { use: 'oa/fresh', share: 1, judge: 'validator', daily_usd_limit: 2, ...shadow } as const
    const quality_bar = { metric: 'judge', at_least: 0.9 } as const
    const answer = { default: 'home/usual', shadow: whole, response_format: 'json', quality_bar } as const
    return {
      providers: {
        oa: { ...oa, models: { fresh: priced(0.2), poor: priced(0.1) } },
        home: { ...oa, private: true, region: 'eu', models: { usual: priced(1), own: priced(1) } },
      },
      models: {},
      tenants: { strict: { region: 'eu' }, broke: { daily_usd_limit: 0.001 } },
      tasks: {
        answer,
        poor: { ...answer, shadow: { ...whole, use: 'oa/poor' } },
        ruled: { ...answer, when: [{ if: { data_sensitivity: ['confidential'] }, use: 'home/own' }] },
      },
      ...more,
    }
  })
  running.wall.plan({ text: '{"ok":true}' })
}

interface Call {
  readonly tenantId?: string
  readonly task?: string
  readonly risk?: 'read_only' | 'write'
  readonly dataSensitivity?: 'restricted' | 'confidential'
  readonly tools?: boolean
  /** Null: no cap. */
  readonly maxOutputTokens?: null
}

function chat({ tools = false, maxOutputTokens, ...call }: Call = {}) {
  const tool = { type: 'function', name: 'pay', parameters: { type: 'object' } } as const
  return running.gateway.chat({
    tenantId: 'acme',
    feature: 'inbox',
    task: 'answer',
    ...(maxOutputTokens === null ? {} : { maxOutputTokens: 50 }),
    messages: [{ role: 'user', content: 'Where is my money?' }],
    ...(tools ? { tools: [tool] } : {}),
    ...call,
  })
}

/** Everything that was sent, once nothing runs any more. */
async function sent(): Promise<readonly (string | null)[]> {
  await new Promise((resolve) => setTimeout(resolve, 20))
  await running.service.house.engine().shadows.idle()
  return running.wall.calls.map(({ model }) => model ?? null)
}

const TURN = { reason: 'too dear', actor: 'test', cause: null, endsAt: null }

const ledger = () => running.service.house.storage

describe('a shadow', () => {
  it('is given a copy once the caller has the answer, on books of its own', async () => {
    await start()
    const answer = await chat()
    expect([answer.model, answer.text]).toEqual(['home/usual', '{"ok":true}'])
    expect(await sent()).toEqual(['usual', 'fresh'])
    const { rows } = await ledger().reader.events({ limit: 10 })
    expect(rows.map(({ tenantId, deployment, task, status }) => [tenantId, deployment, task, status])).toEqual([
      ['(shadow)', 'oa/fresh', 'answer', 'completed'],
      ['acme', 'home/usual', 'answer', 'completed'],
    ])
    const [copy, own] = (await ledger().reader.requests({ limit: 10 })).rows
    expect(copy).toMatchObject({ userId: null, requestedModel: 'oa/fresh', flags: ['shadow', 'shadow_tied'] })
    expect(copy?.decision).toMatchObject({ rule: { text: expect.stringContaining(`shadow of trace ${own?.traceId}`) } })
    expect(own?.flags).toEqual([])
    const budgets = await ledger().ledger.budgets()
    const tasks = 'answer|headgate_shadow_judge%2Fanswer'
    expect(budgets.map(({ key }) => key)).toEqual([`tenant=(shadow)[task=${tasks},tenant=(shadow)]/usd/day`])
  })

  it('follows a stream too, whichever face it has', async () => {
    await start()
    const stream = running.gateway.stream({
      tenantId: 'acme',
      feature: 'inbox',
      task: 'answer',
      messages: [{ role: 'user', content: 'Hi.' }],
    })
    for await (const _ of stream);
    expect(await sent()).toEqual(['usual', 'fresh'])
  })

  it.each<[string, Call]>([
    ['calls whose data may not leave the operator’s hands', { dataSensitivity: 'restricted' }],
    ['calls of a tenant whose data stay in another region', { tenantId: 'strict' }],
    ['calls that a rule sends elsewhere', { task: 'ruled', dataSensitivity: 'confidential' }],
    ['calls with tools', { tools: true }],
    ['calls that change something', { risk: 'write' }],
  ])('never sees %s', async (_, call) => {
    await start()
    await chat(call)
    expect(await sent()).toHaveLength(1)
    expect((await ledger().reader.events({ limit: 10 })).rows).toHaveLength(1)
  })

  it('is not compared with itself, as a canary or as what took over', async () => {
    const answer = { default: 'home/usual', shadow: { use: 'pool', share: 1, daily_usd_limit: 2 } } as const
    await start(
      {},
      {
        models: { pool: ['oa/fresh', 'oa/poor'] },
        tasks: {
          answer: { ...answer, canary: { use: 'oa/fresh', weight: 1 } },
          poor: { ...answer, fallback: ['oa/poor'] },
        },
      },
    )
    expect((await chat()).model).toBe('oa/fresh')
    running.wall.plan(({ model }) => (model === 'usual' ? { fault: { kind: 'status', status: 503 } } : 'ok'))
    expect((await chat({ task: 'poor' })).model).toBe('oa/poor')
    expect((await sent()).filter((model) => model !== 'usual')).toEqual(['fresh', 'poor'])
  })

  it('makes no copy of a call that failed', async () => {
    await start()
    running.wall.plan({ fault: { kind: 'status', status: 400 } })
    await expect(chat()).rejects.toThrow()
    expect(new Set(await sent())).toEqual(new Set(['usual']))
  })

  it('stops at what it may cost in a day, and costs the tenant nothing of its own', async () => {
    // A copy may cost 50 tokens for 2 USD a million, and what its prompt may have.
    await start({ daily_usd_limit: 0.00012 })
    for (let call = 0; call < 12; call += 1) {
      await chat({ tenantId: 'broke' })
      await sent()
    }
    const copies = (await sent()).filter((model) => model === 'fresh').length
    expect(copies).toBeGreaterThan(0)
    expect(copies).toBeLessThan(12)
    const budgets = await ledger().ledger.budgets()
    const [own] = budgets.filter(({ key }) => key.startsWith('tenant=(shadow)'))
    expect((own?.posted ?? 0n) <= (own?.limit ?? 0n)).toBe(true)
    const ofTenant = budgets.find(({ key }) => key.startsWith('tenant=broke'))
    const { rows } = await ledger().reader.events({ limit: 100, tenantId: 'broke' })
    expect(ofTenant?.posted ?? 0n).toBeLessThanOrEqual(rows.reduce((sum, { cost }) => sum + cost, 0n))
    expect(rows).toHaveLength(12)
  })

  it('is made with the model that is looked at, or not at all', async () => {
    const budget = { per: 'tenant', window: 'day', match: { tenant: '(shadow)' }, downgrade_at: 0.5 } as const
    await start({}, { budgets: [{ ...budget, usd: 0.02, downgrade_to: 'oa/poor' }] })
    for (let call = 0; call < 6; call += 1) {
      running.wall.plan({ text: '{"ok":true}', usage: { prompt_tokens: 20, completion_tokens: 3_000 } })
      await chat({ maxOutputTokens: null })
      await sent()
    }
    const copies = (await sent()).filter((model) => model !== 'usual')
    expect(new Set(copies)).toEqual(new Set(['fresh']))
    expect(copies.length).toBeLessThan(6)
    expect((await ledger().reader.requests({ limit: 20 })).rows.some(({ flags }) => flags.includes('downgraded'))).toBe(
      false,
    )
  })

  it('is not made shorter than the call was when money is short', async () => {
    // An answer of any length may cost 8000 tokens for 2 USD a million.
    await start({ daily_usd_limit: 0.012 })
    await chat({ maxOutputTokens: null })
    await chat()
    expect(await sent()).toEqual(['usual', 'usual', 'fresh'])
  })

  it.each<[string, KillScope]>([
    ['all copies', { tenant: '(shadow)' }],
    ['copies of a feature', { tenant: '(shadow)', feature: 'inbox' }],
    ['its model', { model: 'fresh' }],
    ['its model for the tenant that is copied', { tenant: 'acme', model: 'fresh' }],
  ])('is not made while a switch is on for %s', async (_, scope) => {
    await start()
    await running.service.house.switches.on({ ...TURN, scope })
    await chat()
    expect(await sent()).toEqual(['usual'])
    expect((await ledger().reader.events({ limit: 10 })).rows).toHaveLength(1)
  })

  it('ends when a switch is turned on while it runs', async () => {
    await start()
    running.wall.plan(({ model }) => (model === 'fresh' ? { fault: { kind: 'hang' } } : { text: '{}' }))
    await chat()
    await expect.poll(() => running.wall.calls.length).toBe(2)
    await running.service.house.switches.on({ ...TURN, scope: { tenant: '(shadow)' } })
    await sent()
    const { rows } = await ledger().reader.requests({ limit: 10, tenantId: '(shadow)' })
    expect(rows.map(({ status, errorCode }) => [status, errorCode])).toEqual([['failed', 'kill_switch_on']])
  })

  it('whose provider fails is no concern of the caller’s', async () => {
    await start()
    running.wall.plan(({ model }) => (model === 'fresh' ? { fault: { kind: 'status', status: 500 } } : { text: '{}' }))
    expect((await chat()).model).toBe('home/usual')
    await sent()
    const evidence = await ledger().reader.quality({ task: 'answer', from: 0, to: Date.now() + 1000 })
    expect(evidence.find(({ deployment }) => deployment === 'oa/fresh')).toMatchObject({ answers: 0, compared: 0 })
  })

  it('is given its share of the calls', async () => {
    await start({ share: 0.3 })
    for (let batch = 0; batch < 20; batch += 1) {
      await Promise.all(Array.from({ length: 5 }, () => chat()))
      await sent()
    }
    const copies = (await sent()).filter((model) => model === 'fresh').length
    // 100 calls: 30, give or take five standard deviations.
    expect(Math.abs(copies - 30)).toBeLessThan(23)
  })

  it('tells a candidate that is as good from one that is not', async () => {
    await start()
    const asked = new Map<string, number>()
    const wrongEvery: Readonly<Record<string, number>> = { usual: 50, fresh: 40, poor: 3 }
    running.wall.plan((call) => {
      const model = call.model ?? ''
      const calls = (asked.get(model) ?? 0) + 1
      asked.set(model, calls)
      return { text: calls % (wrongEvery[model] ?? 1_000_000) === 0 ? 'Well, {' : '{"ok":true}' }
    })
    for (let batch = 0; batch < 40; batch += 1) {
      await Promise.all([
        ...Array.from({ length: 4 }, () => chat()),
        ...Array.from({ length: 2 }, () => chat({ task: 'poor' })),
      ])
      await sent()
    }
    const rowsOf = async (name: string) => {
      const evidence = await ledger().reader.quality({ task: name, from: 0, to: Date.now() + 1000 })
      return qualityRows({ name, bar: running.service.house.config().tasks.get(name)?.qualityBar ?? null }, evidence)
    }
    const good = await rowsOf('answer')
    expect(good[0]).toMatchObject({ model: 'oa/fresh', verdict: 'meets', is_cheapest: true })
    expect(good[0]?.advice).toContain('is oa/fresh, with 95 % confidence')
    expect((await rowsOf('poor'))[0]).toMatchObject({ model: 'oa/poor', verdict: 'fails', is_cheapest: false })
  })
})
