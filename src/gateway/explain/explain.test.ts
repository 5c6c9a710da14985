import { afterEach, describe, expect, it } from 'vitest'
import type { ConfigInput } from '../../config/schema.ts'
import { json, startTestService, type TestService } from '../../server/test-service.contract.ts'

let under: TestService
afterEach(() => under.stop())

const PRICE = { input_per_mtok: 1, output_per_mtok: 10 }
const DEAR = { input_per_mtok: 10, output_per_mtok: 100 }

const providers = (wall: string): ConfigInput['providers'] => ({
  wall: {
    type: 'openai',
    api_key: 'sk-wall',
    base_url: wall,
    models: {
      small: { price: PRICE, context: 8_000, max_output: 50, quality: 2 },
      large: { price: DEAR, context: 8_000, max_output: 50, quality: 4 },
    },
  },
})

const SECTIONS: Partial<ConfigInput> = {
  models: { small: ['wall/small'], large: ['wall/large'] },
  tasks: {
    answer: {
      default: 'large',
      fallback: ['small'],
      when: [
        { if: { plan: 'free' }, use: 'small' },
        { if: { input_tokens: { gt: 5_000 } }, use: 'small' },
      ],
    },
  },
  plans: { free: { rpm_limit: 3, daily_usd_limit: 1 }, paid: {} },
  tenants: { acme: { plan: 'free' }, globex: { plan: 'paid' } },
}

/** A service on two models of the wall. */
async function start(more: Partial<ConfigInput> = {}): Promise<void> {
  under = await startTestService()
  const { wall, service } = under
  const { testConfig } = await import('../../server/test-service.contract.ts')
  service.house.reload(testConfig(wall, { ...SECTIONS, providers: providers(wall.openaiUrl), ...more }))
}

const keyOf = async (tenantId: string): Promise<string> => (await under.issue({ kind: 'tenant', tenantId })).key
const chat = (model: string) => ({ model, messages: [{ role: 'user', content: 'Hello.' }] })
const explain = async (key: string, body: unknown, headers: Record<string, string> = {}) =>
  json(under.ask('/v1/explain', { key, body, headers }))

describe('POST /v1/explain', () => {
  it('says the rule, the candidates, the estimate and the limits of a call', async () => {
    await start()
    const told = await explain(await keyOf('acme'), chat('answer'))
    expect(told).toMatchObject({
      task: 'answer',
      rule: { task: 'answer', index: 0, text: expect.stringContaining('plan') },
      chosen: { deployment: 'wall/small', model: 'small', provider: 'wall' },
      candidates: [{ deployment: 'wall/small', taken: true, reason: 'default', p95_ms: null }],
      estimate: { output_tokens: 50, cost_usd: expect.any(Number) },
      refusal: null,
      waits: null,
      context: { tenant_id: 'acme', plan: 'free', feature: 'default', risk: 'read_only' },
    })
    expect(told.limits).toMatchObject([
      {
        kind: 'rate',
        scope: { tenant: 'acme' },
        unit: 'requests',
        window: '1m',
        limit: 3,
        used: 0,
        left: 3,
        needed: 1,
        has_room: true,
        outcome: 'pass',
      },
      {
        kind: 'budget',
        scope: { tenant: 'acme' },
        unit: 'usd',
        window: 'day',
        limit: 1,
        used: 0,
        held: 0,
        left: 1,
        has_room: true,
        outcome: 'pass',
      },
    ])
  })

  it('is no call: nothing leaves, nothing is counted, held or recorded', async () => {
    await start()
    const key = await keyOf('acme')
    for (let turn = 0; turn < 10; turn += 1) expect(await explain(key, chat('answer'))).toMatchObject({ refusal: null })
    expect(under.wall.calls).toHaveLength(0)
    const { storage, limits } = under.service.house
    expect((await storage.reader.requests({ limit: 10 })).rows).toEqual([])
    expect((await storage.reader.events({ limit: 10 })).rows).toEqual([])
    expect(await storage.ledger.budgets()).toEqual([])
    expect(limits.slotsHeld()).toBe(0)
    expect((await under.call({ key, model: 'answer' })).headers.get('x-ratelimit-remaining-requests')).toBe('2')
  })

  it('says how a call would be refused, and what it would meet beyond that', async () => {
    await start()
    const key = await keyOf('acme')
    for (let turn = 0; turn < 3; turn += 1) await (await under.call({ key, model: 'answer' })).text()
    const told = await explain(key, chat('answer'))
    expect(told).toMatchObject({
      chosen: null,
      refusal: { code: 'rate_limited', status: 429, retry: true, retry_after_seconds: expect.any(Number) },
      candidates: [{ deployment: 'wall/small', taken: true }],
    })
    expect(told.limits).toMatchObject([
      { kind: 'rate', left: 0, has_room: false, outcome: 'reject' },
      { kind: 'budget', has_room: true },
    ])
    const real = await under.call({ key, model: 'answer' })
    expect(await json(real)).toMatchObject({ error: { code: 'rate_limited' } })
  })

  it('takes a context and a number of tokens instead of a call', async () => {
    await start()
    const key = await keyOf('globex')
    const of = (tokens: number) => explain(key, { context: { task: 'answer', user_id: 'u1' }, input_tokens: tokens })
    expect(await of(100)).toMatchObject({
      rule: { index: null },
      chosen: { deployment: 'wall/large' },
      estimate: { input_tokens: 100 },
      context: { user_id: 'u1', task: 'answer' },
    })
    expect(await of(6_000)).toMatchObject({ rule: { index: 1 }, chosen: { deployment: 'wall/small' } })
    expect(await of(9_000)).toMatchObject({ chosen: null, refusal: { code: 'context_length_exceeded' } })
  })

  it('supposes that a call asks for JSON, and lists names that say nothing', async () => {
    const answer = { default: 'large', when: [{ if: { requires_json: true }, use: 'small' }] }
    await start({ tasks: { answer } })
    const key = await keyOf('globex')
    const context = { task: 'answer' }
    expect(await explain(key, { context })).toMatchObject({ chosen: { deployment: 'wall/large' }, ignored: [] })
    for (const body of [{ context, requires_json: true }, { context: { ...context, requires_json: true } }]) {
      expect(await explain(key, body)).toMatchObject({
        rule: { index: 0 },
        chosen: { deployment: 'wall/small' },
        ignored: [],
      })
    }
    expect(await explain(key, { context: { ...context, tennant_id: 'acme' } })).toMatchObject({
      ignored: ['context.tennant_id'],
    })
  })

  it.each([
    ['chat', chat('answer')],
    ['messages', { model: 'answer', max_tokens: 20, system: 'Be brief.', messages: [{ role: 'user', content: 'Hi' }] }],
    ['responses', { model: 'answer', input: 'Hello.' }],
    ['generateContent', { model: 'answer', contents: [{ role: 'user', parts: [{ text: 'Hello.' }] }] }],
  ])('finds the format of a call of %s', async (_, body) => {
    await start()
    expect(await explain(await keyOf('globex'), body)).toMatchObject({ chosen: { deployment: 'wall/large' } })
  })

  it('reads embeddings as such, by their shape, their path or their name', async () => {
    await start()
    const key = await keyOf('globex')
    for (const body of [
      { model: 'large', input: ['a', 'b'] },
      { model: 'large', input: 'a', path: '/v1/embeddings' },
      { model: 'large', input: 'a', dialect: 'openai-embeddings' },
    ]) {
      expect(await explain(key, body)).toMatchObject({
        chosen: { deployment: 'wall/large' },
        estimate: { output_tokens: 0 },
      })
    }
  })

  it('refuses what is no call, with the field that is wrong', async () => {
    await start()
    const key = await keyOf('globex')
    const refusedFor = async (body: unknown) => {
      const reply = await under.ask('/v1/explain', { key, body })
      return [reply.status, (await json(reply)).error]
    }
    expect(await refusedFor({ model: 'answer' })).toMatchObject([400, { code: 'invalid_request' }])
    expect(await refusedFor({ ...chat('answer'), dialect: 'klingon' })).toMatchObject([400, { param: 'dialect' }])
    expect(await refusedFor({ ...chat('answer'), path: '/v1/nothing' })).toMatchObject([400, { param: 'path' }])
    expect(await refusedFor({ context: { task: 'answer' }, input_tokens: -1 })).toMatchObject([
      400,
      { param: 'input_tokens' },
    ])
    expect(await refusedFor({ context: { task: 'answer' }, prompt: 1 })).toMatchObject([400, { param: 'prompt' }])
    expect(await refusedFor({ context: {}, input_tokens: 1 })).toMatchObject([400, { param: 'context.task' }])
    expect(await refusedFor({ context: { task: 'answer', risk: 'huge' } })).toMatchObject([
      400,
      { param: 'context.risk' },
    ])
    expect(await refusedFor({ context: { task: 'answer' }, requires_json: 'yes' })).toMatchObject([
      400,
      { param: 'requires_json' },
    ])
    expect((await under.ask('/v1/explain', { body: chat('answer') })).status).toBe(401)
  })

  it('takes no plan from a caller, and one from an operator', async () => {
    await start()
    const asCaller = await explain(await keyOf('globex'), { context: { task: 'answer', plan: 'free' } })
    expect(asCaller).toMatchObject({ chosen: { deployment: 'wall/large' }, ignored: ['metadata.plan'] })
    const asOperator = await explain(under.adminKey, { context: { tenant_id: 'globex', task: 'answer', plan: 'free' } })
    expect(asOperator).toMatchObject({
      rule: { index: 0 },
      chosen: { deployment: 'wall/small' },
      context: { tenant_id: 'globex', plan: 'free' },
      limits: [
        { unit: 'requests', limit: 3 },
        { unit: 'usd', limit: 1 },
      ],
      ignored: [],
    })
    const unknown = await under.ask('/v1/explain', {
      key: under.adminKey,
      body: { context: { tenant_id: 'globex', task: 'answer', plan: 'fre' } },
    })
    expect([unknown.status, await unknown.json()]).toMatchObject([
      400,
      { error: { message: 'There is no plan fre; did you mean "free"?', param: 'plan' } },
    ])
  })

  it('supposes how hard a call is and how full its budgets are, where a rule asks', async () => {
    const when = [
      { if: { complexity: 'complex' as const }, use: 'large' },
      { if: { budget_used: { gte: 0.8 } }, use: 'small' },
      { if: { complexity: { gte: 0.4 } }, use: 'large' },
    ]
    await start({ tasks: { answer: { default: 'small', when } } })
    const key = await keyOf('globex')
    const ruleOf = async (said: object, more: object = { context: { task: 'answer' } }) => {
      const { rule } = await explain(key, { ...more, ...said })
      return (rule as { index: number | null }).index
    }
    expect(await ruleOf({})).toBeNull()
    expect(await ruleOf({ complexity: 'complex' })).toBe(0)
    expect(await ruleOf({ complexity: 0.5, budget_used: 0.9 })).toBe(1)
    expect(await ruleOf({ complexity: 0.5 })).toBe(2)
    expect(await ruleOf({}, { context: { task: 'answer', complexity: 'complex' } })).toBe(0)
    expect(await ruleOf({ budget_used: 1 }, chat('answer'))).toBe(1)
    expect(await ruleOf({ complexity: 'complex' }, chat('answer'))).toBe(0)
    const wrong = await under.ask('/v1/explain', { key, body: { ...chat('answer'), complexity: 'hard' } })
    expect([wrong.status, await wrong.json()]).toMatchObject([
      400,
      { error: { param: 'complexity', message: expect.stringContaining('simple, medium, complex or a score') } },
    ])
    expect(under.wall.calls).toEqual([])
  })

  it('says what a call without room would wait for, or go to, and lets no call wait for the answer', async () => {
    // biome-ignore lint/suspicious/noThenProperty: the word of the configuration.
    const onLimit = { action: 'queue', max_wait: '30s', then: 'downgrade', downgrade_to: 'small' } as const
    await start({
      tasks: {
        patient: { default: 'large', on_limit: onLimit },
        hasty: { default: 'large', on_limit: { ...onLimit, max_wait: '1s' } },
      },
      limits: [{ per: 'user', requests: 1, window: '10s' }],
    })
    const key = await keyOf('globex')
    const of = (task: string) => explain(key, { context: { task, user_id: 'u1' } })
    const headers = { 'x-headgate-user-id': 'u1' }
    await (await under.call({ key, model: 'patient', headers })).text()
    const patient = await of('patient')
    expect(patient).toMatchObject({
      chosen: { deployment: 'wall/large' },
      waits: { for: 'user/requests/10s', up_to_ms: 30_000, room_in_ms: expect.any(Number) },
      limits: [{ has_room: false, outcome: 'queue' }],
    })
    // Room comes later than it would wait.
    expect(await of('hasty')).toMatchObject({
      chosen: { deployment: 'wall/small' },
      waits: null,
      downgraded: { from: 'large', to: 'small', reason: 'limit user/requests/10s' },
    })
    expect(under.service.house.engine().lines.size).toBe(0)
  })

  it('shows nobody what other tenants use of a limit that they share', async () => {
    await start({
      limits: [{ per: 'total', requests: 100, window: '1h' }],
      budgets: [{ per: 'feature', usd: 5, window: 'day' }],
    })
    await (await under.call({ key: await keyOf('globex'), model: 'answer' })).text()
    const body = { context: { tenant_id: 'acme', task: 'answer', feature: 'chat' } }
    const shared = ({ limits }: Record<string, unknown>) =>
      (limits as { scope: Record<string, unknown> }[]).filter(({ scope }) => !('tenant' in scope))
    expect(shared(await explain(await keyOf('acme'), body))).toMatchObject([
      { scope: { total: true }, limit: 100, used: null, held: null, left: null, has_room: true },
      { scope: { feature: 'chat' }, limit: 5, used: null, held: null, left: null, has_room: true },
    ])
    expect(shared(await explain(under.adminKey, body))).toMatchObject([
      { scope: { total: true }, used: 1, left: 99 },
      { scope: { feature: 'chat' }, used: expect.any(Number) },
    ])
  })
})

describe('x-headgate-dry-run', () => {
  const DRY = { 'x-headgate-dry-run': '1' }

  it.each([
    ['/v1/chat/completions', chat('answer')],
    ['/v1/messages', { model: 'answer', max_tokens: 20, messages: [{ role: 'user', content: 'Hi' }] }],
    ['/v1/messages/count_tokens', { model: 'answer', messages: [{ role: 'user', content: 'Hi' }] }],
    ['/v1/responses', { model: 'answer', input: 'Hello.', background: true }],
    ['/v1beta/models/answer:generateContent', { contents: [{ role: 'user', parts: [{ text: 'Hello.' }] }] }],
    ['/v1beta/models/answer:streamGenerateContent', { contents: [{ role: 'user', parts: [{ text: 'Hello.' }] }] }],
  ])('makes a call of %s an explanation of it', async (path, body) => {
    await start()
    const reply = await under.ask(path, { key: await keyOf('globex'), body, headers: DRY })
    expect(reply.status).toBe(200)
    expect(await json(reply)).toMatchObject({ task: 'answer', chosen: { deployment: 'wall/large' }, refusal: null })
    expect(under.wall.calls).toHaveLength(0)
  })

  it('says refusals too, as 200', async () => {
    await start()
    const reply = await under.call({ key: await keyOf('globex'), model: 'nothing', headers: DRY })
    expect(reply.status).toBe(200)
    expect(await json(reply)).toMatchObject({
      chosen: null,
      refusal: { code: 'model_not_found', status: 404 },
      requested_model: 'nothing',
      candidates: [],
    })
  })

  it('is not guessed at', async () => {
    await start()
    const reply = await under.call({
      key: await keyOf('globex'),
      model: 'answer',
      headers: { 'x-headgate-dry-run': 'yes' },
    })
    expect([reply.status, under.wall.calls.length]).toEqual([400, 0])
    const real = await under.call({
      key: await keyOf('globex'),
      model: 'answer',
      headers: { 'x-headgate-dry-run': '0' },
    })
    expect(await json(real)).toMatchObject({ object: 'chat.completion' })
  })

  it('keeps what asks for it out of the books, an idempotency key included', async () => {
    await start()
    const key = await keyOf('globex')
    const headers = { ...DRY, 'idempotency-key': 'k1', 'x-headgate-mode': 'background' }
    expect(await json(under.call({ key, model: 'answer', headers }))).toMatchObject({ refusal: null })
    const real = await under.call({ key, model: 'answer', headers: { 'idempotency-key': 'k1' } })
    expect(await json(real)).toMatchObject({ object: 'chat.completion' })
  })
})
