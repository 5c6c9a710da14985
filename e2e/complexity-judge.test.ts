import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { issueKey } from '../src/access/issue-key.ts'
import type { Plan } from '../src/testing/index.ts'
import { MODEL, type Running, startRunning } from './running-gateway.ts'

/*
 * A model that judges how hard calls are: what it says decides the route, its own call is a call of the same tenant, and nothing that it does or is told fails the
 * call that it is asked for.
 */

const JUDGE = 'headgate_complexity_judge'
let running: Running
/** What the judge's upstream does. */
let judging: Plan

beforeEach(async () => {
  judging = { text: '{"score": 0.9}' }
  running = await startRunning((wall) => ({
    auth: { mode: 'keys' },
    providers: {
      oa: {
        type: 'openai',
        base_url: wall.openaiUrl,
        api_key: 'sk-oa',
        models: { m: MODEL, ok: MODEL },
        region: 'eu',
        private: true,
      },
      an: { type: 'anthropic', base_url: wall.url, api_key: 'sk-an', models: { other: MODEL } },
    },
    metadata: { required: ['tenant_id', 'feature', 'user_id'] },
    models: { large: ['oa/m'], small: ['oa/ok'], grader: ['an/other'] },
    complexity: { judge: 'grader', timeout: '30s' },
    runaway: { identical_calls: 2, action: 'refuse' },
    plans: { free: {}, few: { allowed_models: ['small', 'large'] } },
    tenants: {
      acme: {},
      narrow: { concurrency_limit: 1, rpm_limit: 2 },
      free: { plan: 'free' },
      few: { plan: 'few' },
      there: { region: 'eu' },
    },
    limits: [{ per: 'model', match: { model: 'other' }, requests: 4, window: '1h' }],
    tasks: {
      answer: {
        default: 'small',
        when: [
          { if: { complexity: 'complex', plan: { not: 'free' } }, use: 'large' },
          { if: { complexity: { gte: 0.4 } }, fallback: ['large'] },
        ],
      },
      plain: { default: 'small', when: [{ if: { requires_json: true }, use: 'large' }] },
    },
  }))
  running.wall.plan((call) => (isJudging(call) ? judging : { text: 'Done.' }))
})
afterEach(() => running.stop())

const isJudging = ({ rawBody }: { readonly rawBody: string }) => rawBody.includes('You grade how hard')
const judgeCalls = () => running.wall.calls.filter(isJudging)

interface Said {
  readonly tenantId?: string
  readonly text?: string
  readonly task?: string
  readonly more?: Readonly<Record<string, unknown>>
}

function ask({ tenantId = 'acme', text = 'Hi.', task = 'answer', more = {} }: Said = {}) {
  const messages = [{ role: 'user' as const, content: text }]
  return running.gateway.chat({ tenantId, feature: 'chat', userId: 'u1', task, messages, ...more })
}

async function rowsOf(tenantId = 'acme') {
  return (await running.service.house.storage.reader.events({ limit: 100 })).rows.filter(
    (row) => row.tenantId === tenantId,
  )
}

async function judgeSpan(traceId: string, tenantId = 'acme') {
  const trace = await running.service.house.storage.reader.trace(traceId, tenantId)
  return trace?.spans.find(({ name }) => name === 'judge_complexity')
}

describe('a model that judges how hard calls are', () => {
  it('decides the route, and is a call of the same tenant with a row, a price and a trace of its own', async () => {
    const answer = await ask()
    expect(answer.model).toBe('oa/m')
    const [judged] = (await rowsOf()).filter(({ feature }) => feature === JUDGE)
    expect(judged).toMatchObject({ tenantId: 'acme', userId: 'u1', task: JUDGE, model: 'other', status: 'completed' })
    expect(judged?.cost).toBeGreaterThan(0n)
    const span = await judgeSpan(answer.traceId)
    expect(span?.attributes).toMatchObject({
      'headgate.complexity.by': 'model',
      'headgate.complexity.label': 'complex',
      'headgate.complexity.score': 0.9,
      'headgate.judge.trace_id': judged?.traceId,
      'headgate.judge.cost_usd': Number(judged?.cost) / 1e9,
    })
    judging = { text: '{"complexity": "simple"}' }
    expect((await ask({ text: 'Prove it, design it, compare it, debug it step by step.' })).model).toBe('oa/ok')
  })

  it('is asked once for the same question of a tenant, and again for another tenant', async () => {
    await ask()
    const again = await ask()
    expect(again.model).toBe('oa/m')
    expect((await judgeSpan(again.traceId))?.attributes).toMatchObject({ 'headgate.complexity.by': 'memory' })
    expect(judgeCalls()).toHaveLength(1)
    await ask({ tenantId: 'narrow' })
    expect(judgeCalls()).toHaveLength(2)
    const explained = await running.gateway.explain({
      tenantId: 'acme',
      feature: 'chat',
      userId: 'u1',
      task: 'answer',
      messages: [{ role: 'user', content: 'Hi.' }],
    })
    expect(explained.rule).toMatchObject({ index: 0 })
    expect(judgeCalls()).toHaveLength(2)
  })

  it('is not asked where the answer would change nothing, or there is nothing to read', async () => {
    await ask({ task: 'plain' })
    await ask({ more: { model: 'small', task: undefined } })
    const image = { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AAAA' } } as const
    await running.gateway.chat({
      tenantId: 'acme',
      feature: 'chat',
      userId: 'u1',
      task: 'answer',
      messages: [{ role: 'user', content: [image] }],
    })
    expect(judgeCalls()).toEqual([])
    const rows = await rowsOf()
    expect(rows.map(({ feature }) => feature)).not.toContain(JUDGE)
  })

  it('takes no request and no place of the calls that it is asked for', async () => {
    for (const text of ['One.', 'Two.']) expect((await ask({ tenantId: 'narrow', text })).model).toBe('oa/m')
    await expect(ask({ tenantId: 'narrow', text: 'Three.' })).rejects.toMatchObject({ code: 'rate_limited' })
    // It has as much room as they have, and no more.
    expect(judgeCalls()).toHaveLength(2)
  })

  it('shares with all others what protects its model', async () => {
    for (const text of ['1', '2', '3', '4', '5', '6']) await ask({ text })
    expect(judgeCalls()).toHaveLength(4)
  })

  it.each<[string, Plan]>([
    ['an error', { fault: { kind: 'status', status: 500 } }],
    ['a broken connection', { fault: { kind: 'reset' } }],
    ['words', { text: 'This one is simple.' }],
    ['a verdict among words', { text: 'Sure: {"score": 0.9}' }],
    ['a number out of range', { text: '{"score": 9}' }],
    ['too long an answer', { tokens: 400 }],
    ['a tool', { toolCalls: [{ name: 'run', arguments: '{}' }] }],
  ])('leaves the call to the scorer when it gets %s', async (_, plan) => {
    judging = plan
    const answer = await ask()
    expect(answer).toMatchObject({ model: 'oa/ok', text: 'Done.' })
    const span = await judgeSpan(answer.traceId)
    expect(span).toMatchObject({ status: 'error', attributes: { 'headgate.complexity.by': 'scorer' } })
  })

  it('rests after three failures one after another', async () => {
    judging = { text: 'No.' }
    for (const text of ['1', '2', '3', '4', '5']) expect((await ask({ text })).text).toBe('Done.')
    expect(judgeCalls()).toHaveLength(3)
  })

  it('may not see what it may not see: another region, what is restricted, a plan without its model', async () => {
    const answers = [
      await ask({ more: { dataSensitivity: 'restricted' } }),
      await ask({ tenantId: 'there' }),
      await ask({ tenantId: 'few' }),
    ]
    expect(answers.map(({ model }) => model)).toEqual(['oa/ok', 'oa/ok', 'oa/ok'])
    expect(judgeCalls()).toEqual([])
    const reasons = await Promise.all(
      ['acme', 'there', 'few'].map(async (tenant, at) => {
        const span = await judgeSpan(answers[at]?.traceId ?? '', tenant)
        return span?.attributes['headgate.complexity.why']
      }),
    )
    expect(reasons).toEqual(['residency_violation', 'residency_violation', 'model_not_allowed'])
    // That is no failure of the judge: it goes on with what it may see.
    for (const text of ['1', '2', '3']) await ask({ text, more: { dataSensitivity: 'restricted' } })
    expect((await ask({ text: '4' })).model).toBe('oa/m')
  })

  it('can be switched off by its feature, and is not asked for a call that is switched off itself', async () => {
    const { switches } = running.service.house
    const turn = { reason: 'too dear', actor: 'test', cause: null, endsAt: null }
    const on = await switches.on({ ...turn, scope: { feature: JUDGE } })
    expect((await ask()).model).toBe('oa/ok')
    await switches.off(on?.id ?? '', { actor: 'test', reason: 'test' })
    await switches.on({ ...turn, scope: { feature: 'chat' } })
    await expect(ask()).rejects.toMatchObject({ code: 'kill_switch_on' })
    expect(judgeCalls()).toEqual([])
    const rows = await rowsOf()
    expect(rows.map(({ feature }) => feature).sort()).toEqual(['chat', 'chat', JUDGE])
  })

  it('is asked under the key of the call, and not by what that key says where a call says nothing', async () => {
    const { storage, clock } = running.service.house
    const defaults = { feature: 'chat', user_id: 'u1', task: 'answer' }
    const { key, row } = await issueKey(storage.keys, { kind: 'tenant', tenantId: 'acme', defaults }, clock.now())
    const reply = await fetch(`${running.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key.reveal()}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'answer', messages: [{ role: 'user', content: 'Hi.' }] }),
    })
    await reply.text()
    expect(reply.headers.get('x-headgate-model')).toBe('oa/m')
    const rows = await rowsOf()
    expect(rows.map(({ feature, task, keyId }) => [feature, task, keyId]).sort()).toEqual([
      ['chat', 'answer', row.id],
      [JUDGE, JUDGE, row.id],
    ])
  })

  it('sees the last question only, cut, between two lines that are never the same', async () => {
    const long = `START ${'x'.repeat(9_000)} END`
    await running.gateway.chat({
      tenantId: 'acme',
      feature: 'chat',
      userId: 'u1',
      task: 'answer',
      messages: [
        { role: 'system', content: 'SECRET RULES' },
        { role: 'user', content: 'EARLIER' },
        { role: 'assistant', content: 'SAID' },
        { role: 'user', content: long },
      ],
    })
    await ask()
    const [first, second] = judgeCalls().map(({ rawBody }) => rawBody)
    expect(first).toContain('START')
    expect(first).toContain('END')
    expect(first?.length).toBeLessThan(6_500)
    for (const hidden of ['SECRET RULES', 'EARLIER', 'SAID']) expect(first).not.toContain(hidden)
    const fence = (body = '') => /==== (\w+) ====/.exec(body)?.[1]
    expect(fence(first)).toMatch(/^[0-9a-f]{18}$/)
    expect(fence(second)).not.toBe(fence(first))
  })
})

describe('a judge that does not answer in time', () => {
  it('is left, the scorer answers, and what it held is given back', async () => {
    const late = await startRunning(() => ({
      models: { large: ['oa/m'], small: ['oa/ok'], grader: ['an/other'] },
      complexity: { judge: 'grader', timeout: '50ms' },
      tenants: { acme: { concurrency_limit: 1, daily_usd_limit: 0.01 } },
      tasks: { answer: { default: 'small', when: [{ if: { complexity: 'complex' }, use: 'large' }] } },
    }))
    late.wall.plan((call) => (isJudging(call) ? { fault: { kind: 'hang' } } : { text: 'Done.' }))
    const answer = await late.gateway.chat({
      tenantId: 'acme',
      feature: 'chat',
      task: 'answer',
      maxOutputTokens: 100,
      messages: [{ role: 'user', content: 'Hi.' }],
    })
    expect(answer.model).toBe('oa/ok')
    const trace = await late.service.house.storage.reader.trace(answer.traceId, 'acme')
    expect(trace?.spans.find(({ name }) => name === 'judge_complexity')?.attributes).toMatchObject({
      'headgate.complexity.why': 'late',
    })
    await late.stop()
  })
})
