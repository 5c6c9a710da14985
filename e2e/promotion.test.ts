import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { issueKey } from '../src/access/issue-key.ts'
import type { ConfigInput } from '../src/config/schema.ts'
import { SILENT_LOG } from '../src/gateway/log.ts'
import { PROMOTION_ACTOR } from '../src/gateway/promotion/task-history.ts'
import { isObject } from '../src/lib/json.ts'
import { startTestServer, type TestServer } from '../src/storage/postgres/test-server.contract.ts'
import type { Wall } from '../src/testing/index.ts'
import { MODEL, type Running, startRunning } from './running-gateway.ts'

/*
 * A cheaper model that is good enough becomes the default of its task by itself, on two instances over one PostgreSQL: by what the wall was asked, and by the versions of
 * the policy. How good a model is says the wall: every so many of its answers are not the JSON that the task asks for.
 */

const GOOD = '{"intent":"refund"}'
const TASK = {
  default: 'oa/usual',
  response_format: 'json',
  quality_bar: { at_least: 0.8, confidence: 0.95 },
  promote: { action: 'publish', min_cases: 40 },
} as const

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
}, 60_000)
afterAll(() => server.close())

/** Two instances over one database and one wall. */
interface Pair {
  readonly one: Running
  readonly two: Running
  readonly key: string
  /** Each model is wrong in every so manyth answer; never for null. */
  plan(wrongEvery: Readonly<Record<string, number | null>>): void
  stop(): Promise<void>
}

function tasksOf(extra: Partial<NonNullable<ConfigInput['tasks']>[string]> = {}): ConfigInput['tasks'] {
  return {
    intent: { ...TASK, canary: { use: 'oa/fresh', weight: 0.5 }, fallback: ['oa/spare'], ...extra },
    topic: { ...TASK, canary: { use: 'oa/poor', weight: 0.5 }, on_invalid_output: { retries: 0 } },
  }
}

async function startPair(promotionLookMs: number, tasks = tasksOf()): Promise<Pair> {
  const url = await server.createDatabase()
  const priced = (usd: number) => ({ ...MODEL, price: { input_per_mtok: usd, output_per_mtok: usd * 10 } })
  const models = { usual: priced(1), spare: priced(1), fresh: priced(0.2), poor: priced(0.02) }
  const configOf = (wall: Wall): Partial<ConfigInput> => ({
    storage: { url },
    policy: { source: 'ledger' },
    providers: { oa: { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk', models } },
    models: {},
    tasks,
  })
  const one = await startRunning(configOf, SILENT_LOG, { promotionLookMs })
  const two = await startRunning(() => configOf(one.wall), SILENT_LOG, { promotionLookMs })
  const { key } = await issueKey(one.service.house.storage.keys, { kind: 'admin' }, Date.now())
  return {
    ...{ one, two, key: key.reveal() },
    plan(wrongEvery) {
      const asked = new Map<string, number>()
      one.wall.plan(({ model }) => {
        const calls = (asked.get(model ?? '') ?? 0) + 1
        asked.set(model ?? '', calls)
        const every = wrongEvery[model ?? ''] ?? null
        return { text: every !== null && calls % every === 0 ? 'Well, {' : GOOD }
      })
    },
    async stop() {
      await two.stop()
      await one.stop()
    },
  }
}

const PATIENT = { timeout: 20_000 }

/** As many calls of as many users, on both instances. */
async function calls(
  { one, two }: Pick<Pair, 'one' | 'two'>,
  task: string,
  users: number,
  risk: 'read_only' | 'write' = 'read_only',
) {
  for (let from = 0; from < users; from += 20) {
    await Promise.all(
      Array.from({ length: Math.min(20, users - from) }, (_, at) =>
        (at % 2 === 0 ? one : two).gateway
          .chat({
            ...{ tenantId: 'acme', userId: `u${from + at}`, feature: 'inbox', task, risk },
            messages: [{ role: 'user', content: 'Where is my money?' }],
          })
          .catch(() => undefined),
      ),
    )
  }
}

const store = ({ one }: Pair) => one.service.house.storage
const newest = (pair: Pair) => store(pair).policies.newest()

/** Both instances look, four times at once. A database that is slow for a moment is no reason to fail: they look again later, as they would by themselves. */
async function allLook({ one, two }: Pair): Promise<void> {
  const looks = [one, two, one, two, one, two, one, two].map(({ service }) => service.house.promotions.look())
  await Promise.allSettled(looks)
}

/** Looks until something was published. */
async function untilMoved(pair: Pair): Promise<number> {
  const before = await newest(pair)
  const next = async () => {
    await allLook(pair)
    return newest(pair)
  }
  await expect.poll(next, PATIENT).not.toBe(before)
  return newest(pair)
}

async function defaultsOf(pair: Pair): Promise<unknown> {
  await Promise.all([pair.one, pair.two].map(({ service }) => service.house.policies.poll()))
  const of = ({ service }: Running) =>
    ['intent', 'topic'].map((name) => {
      const task = service.house.config().tasks.get(name)
      return [task?.default, ...(task?.fallback ?? [])].join()
    })
  expect(of(pair.one)).toEqual(of(pair.two))
  return of(pair.one)
}

async function admin({ one, key }: Pair, path: string, body?: object) {
  const reply = await fetch(`${one.url}/admin/v1/${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${key}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const said: unknown = await reply.json()
  return isObject(said) ? said : {}
}

async function noteOf(pair: Pair, task = 'intent'): Promise<unknown> {
  const { data } = await admin(pair, `reports/quality?task=${task}`)
  return Array.isArray(data) && isObject(data[0]) ? data[0].promotion : undefined
}

describe('two instances that look for themselves', () => {
  let pair: Pair
  beforeAll(async () => {
    pair = await startPair(100)
  }, 60_000)
  afterAll(() => pair.stop())

  it('promote the cheaper model that is good enough once, and never the one that is not', async () => {
    pair.plan({ usual: 50, fresh: 33, poor: 4 })
    await calls(pair, 'topic', 200)
    await calls(pair, 'intent', 200)
    await expect.poll(() => newest(pair), PATIENT).toBe(2)
    await calls(pair, 'topic', 200)
    expect(await defaultsOf(pair)).toEqual(['oa/fresh,oa/usual,oa/spare', 'oa/usual'])
    expect(await newest(pair)).toBe(2)
    const version = await store(pair).policies.get(2)
    expect(version).toMatchObject({
      actor: PROMOTION_ACTOR,
      reason: expect.stringMatching(
        /^intent: oa\/fresh instead of oa\/usual: it meets the bar \(valid ≥ 0\.8, 95 % confidence\) by valid 0\.9\d\d of \d+ \(0\.8\d\d to .* at every look\) since version 1; 0\.0\d+ USD an answer instead of 0\.0\d+$/,
      ),
    })
    expect(version?.changes).toEqual(
      expect.arrayContaining([{ path: 'tasks.intent.default', before: 'oa/usual', after: 'oa/fresh' }]),
    )
    const audit = await store(pair).audit.list({ limit: 5, subject: 'policy=2' })
    expect(audit.rows).toMatchObject([{ action: 'policy.version', actor: PROMOTION_ACTOR }])
    const alerts = await store(pair).alerts.list({ limit: 10, kind: 'promotion' })
    expect(alerts.rows).toMatchObject([{ scope: { task: 'intent' }, details: { version: 2, to: 'oa/fresh' } }])
    const counted = await Promise.all(
      [pair.one, pair.two].map(({ service }) =>
        service.house.metrics.registry.getSingleMetricAsString('headgate_promotions_total'),
      ),
    )
    expect(counted.join().match(/headgate_promotions_total\{[^}]*task="intent"[^}]*\} 1/g)).toHaveLength(1)
  }, 60_000)

  it('send the calls to the promoted model, on both, and say so; but none that may write', async () => {
    const before = pair.one.wall.calls.length
    await calls(pair, 'intent', 40)
    expect(new Set(pair.one.wall.calls.slice(before).map(({ model }) => model))).toEqual(new Set(['fresh']))
    const [row] = (await store(pair).reader.requests({ limit: 1 })).rows
    expect(row?.decision).toMatchObject({
      rule: {
        text: 'task intent: oa/fresh, then oa/usual, then oa/spare (oa/fresh was promoted instead of oa/usual)',
      },
    })
    const reading = pair.one.wall.calls.length
    await calls(pair, 'intent', 20, 'write')
    expect(new Set(pair.one.wall.calls.slice(reading).map(({ model }) => model))).toEqual(new Set(['usual']))
    await expect
      .poll(() => noteOf(pair), PATIENT)
      .toMatch(/^oa\/fresh was promoted instead of oa\/usual \(version 2\); since then valid \d\.\d+ of \d+ \(/)
    await expect
      .poll(() => noteOf(pair, 'topic'), PATIENT)
      .toMatch(/^oa\/poor: valid 0\.7\d+ of \d+ \(.*it is not shown to meet the bar/)
  }, 60_000)

  it('send it back once it is no longer good enough, and do not promote it again', async () => {
    pair.plan({ usual: 50, fresh: 2, poor: 4 })
    await calls(pair, 'intent', 200)
    await expect.poll(() => newest(pair), PATIENT).toBe(3)
    expect(await defaultsOf(pair)).toEqual(['oa/usual,oa/spare', 'oa/usual'])
    expect(await store(pair).policies.get(3)).toMatchObject({
      actor: PROMOTION_ACTOR,
      reason: expect.stringMatching(/^intent: oa\/usual again instead of oa\/fresh: oa\/fresh is below the bar/),
    })
    pair.plan({})
    await calls(pair, 'intent', 100)
    await allLook(pair)
    expect(await newest(pair)).toBe(3)
    await expect
      .poll(() => noteOf(pair), PATIENT)
      .toMatch(/^oa\/fresh: it was sent back in version 3, and is not promoted again/)
  }, 60_000)
})

describe('a gateway whose policy lives in its file', () => {
  it('tells operators once what could be changed, and changes nothing', async () => {
    const running = await startRunning((wall) => {
      const priced = (usd: number) => ({ ...MODEL, price: { input_per_mtok: usd, output_per_mtok: usd * 10 } })
      const oa = {
        type: 'openai',
        base_url: wall.openaiUrl,
        api_key: 'sk',
        models: { usual: priced(1), fresh: priced(0.2) },
      }
      const promote = { action: 'propose', min_cases: 40 } as const
      return {
        providers: { oa },
        models: {},
        tasks: { intent: { ...TASK, promote, canary: { use: 'oa/fresh', weight: 0.5 } } },
      }
    })
    const { house } = running.service
    running.wall.plan({ text: GOOD })
    await calls({ one: running, two: running }, 'intent', 160)
    for (let look = 0; look < 3; look += 1) await house.promotions.look()
    const proposed = async () => (await house.storage.alerts.list({ limit: 10, kind: 'promotion' })).rows
    await expect.poll(proposed).toMatchObject([
      {
        scope: { task: 'intent' },
        message: expect.stringMatching(
          /^task intent could change: tasks\.intent\.default: oa\/fresh instead of oa\/usual/,
        ),
        details: { proposed: true, from: 'oa/usual', to: 'oa/fresh' },
      },
    ])
    expect([await house.storage.policies.newest(), house.config().tasks.get('intent')?.default]).toEqual([
      1,
      'oa/usual',
    ])
    await running.stop()
  }, 60_000)
})

describe('a model that is known by copies of calls', () => {
  it('is promoted by them, and sent back by copies to the model before', async () => {
    const running = await startRunning((wall) => {
      const priced = (usd: number) => ({ ...MODEL, price: { input_per_mtok: usd, output_per_mtok: usd * 10 } })
      const models = { usual: priced(1), fresh: priced(0.2) }
      const shadow = { use: 'oa/fresh', share: 1, daily_usd_limit: 5 }
      const quality_bar = { metric: 'judge', at_least: 0.7 } as const
      return {
        policy: { source: 'ledger' },
        providers: { oa: { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk', models } },
        models: {},
        tasks: { intent: { default: 'oa/usual', promote: TASK.promote, quality_bar, shadow } },
      }
    })
    const { house } = running.service
    let isBroken = false
    running.wall.plan(({ model }) => ({
      text: GOOD,
      ...(model === 'fresh' && isBroken ? { finishReason: 'length' } : {}),
    }))
    const copied = async () => {
      for (let call = 0; call < 60; call += 1) {
        await calls({ one: running, two: running }, 'intent', 1)
        await house.engine().shadows.idle()
      }
    }
    const written = async () => (await house.storage.policies.get(await house.storage.policies.newest()))?.sections
    await copied()
    await house.promotions.look()
    expect(await written()).toMatchObject({
      tasks: { intent: { default: 'oa/fresh', fallback: ['oa/usual'], shadow: { use: 'oa/usual', share: 1 } } },
    })
    await copied()
    await house.promotions.look()
    expect(await house.storage.policies.newest()).toBe(2)
    isBroken = true
    await copied()
    await house.promotions.look()
    expect(await written()).toMatchObject({ tasks: { intent: { default: 'oa/usual', fallback: [] } } })
    expect(await house.storage.policies.get(3)).toMatchObject({ reason: expect.stringContaining('judge 0.') })
    await running.stop()
  }, 60_000)
})

describe('people and promotions', () => {
  let pair: Pair
  beforeAll(async () => {
    pair = await startPair(3_600_000)
  }, 60_000)
  afterAll(() => pair.stop())

  it('however many look at once, one change is made', async () => {
    pair.plan({ usual: 50, fresh: 50, poor: 50 })
    await calls(pair, 'intent', 160)
    await calls(pair, 'topic', 160)
    expect(await untilMoved(pair)).toBe(2)
    await defaultsOf(pair)
    expect(await untilMoved(pair)).toBe(3)
    await allLook(pair)
    expect(await defaultsOf(pair)).toEqual(['oa/fresh,oa/usual,oa/spare', 'oa/poor,oa/usual'])
    expect(await newest(pair)).toBe(3)
  }, 60_000)

  it('a promotion that somebody took back does not come again before the task is changed', async () => {
    await admin(pair, 'policy/rollback', { to: 1, reason: 'not now' })
    expect(await defaultsOf(pair)).toEqual(['oa/usual,oa/spare', 'oa/usual'])
    await calls(pair, 'intent', 160)
    await allLook(pair)
    expect(await newest(pair)).toBe(4)
    await expect
      .poll(() => noteOf(pair), PATIENT)
      .toMatch(/^oa\/fresh: valid .*; key_\w+ took it back in version 4, and is not promoted again/)
    await admin(pair, 'policy', { policy: { tasks: tasksOf({ max_latency_ms: 30_000 }) } })
    await defaultsOf(pair)
    await allLook(pair)
    expect(await newest(pair)).toBe(5)
    await expect.poll(() => noteOf(pair), PATIENT).toMatch(/^oa\/fresh: nothing seen; it is not shown to meet the bar/)
    await calls(pair, 'intent', 160)
    expect(await untilMoved(pair)).toBe(6)
    expect(await defaultsOf(pair)).toEqual(['oa/fresh,oa/usual,oa/spare', 'oa/usual'])
  }, 60_000)
})
