import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Running, startRunning } from './running-gateway.ts'

/*
 * The rules of a task, through the public surface: which model serves is the caller's own affair to look up in `x-headgate-model`.
 */

let running: Running

beforeEach(async () => {
  running = await startRunning(() => ({
    auth: { mode: 'keys' },
    models: { large: ['oa/m'], private: ['an/m'], long: ['oa/other'], small: ['oa/ok'], cheap: ['an/ok'] },
    plans: { free: {}, pro: {} },
    tenants: { poor: { plan: 'free' }, rich: { plan: 'pro' }, thrifty: { daily_usd_limit: 0.01 } },
    tasks: {
      answer: {
        default: 'large',
        fallback: ['small'],
        when: [
          { if: { data_sensitivity: ['confidential', 'restricted'] }, use: 'private', fallback: [] },
          { if: { plan: 'free' }, use: 'small' },
          { if: { input_tokens: { gt: 10_000 } }, use: 'long' },
          { if: { requires_json: true }, use: 'cheap' },
          { if: { retrieved_documents: { gte: 2 } }, use: 'long' },
          { if: { budget_used: { gte: 0.5 } }, use: 'small' },
          { if: { complexity: 'complex' }, use: 'long' },
        ],
      },
    },
  }))
})
afterEach(() => running.stop())

interface Said {
  readonly tenantId?: string
  readonly context?: Readonly<Record<string, unknown>>
  readonly text?: string
  readonly body?: Readonly<Record<string, unknown>>
}

async function send({ tenantId = 'rich', context = {}, text = 'Hi.', body = {} }: Said) {
  const call = running.gateway.fetchFor({ tenantId, feature: 'test', task: 'answer', ...context })
  const reply = await call('http://headgate/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'answer', messages: [{ role: 'user', content: text }], ...body }),
  })
  await reply.text()
  return { model: reply.headers.get('x-headgate-model'), trace: reply.headers.get('x-headgate-trace-id') ?? '' }
}

const modelFor = async (said: Said) => (await send(said)).model

describe('which model serves a call of a task', () => {
  it('follows what the call is: its data, its plan, its prompt, its answer, its evidence, its difficulty', async () => {
    expect(await modelFor({})).toBe('oa/m')
    expect(await modelFor({ context: { dataSensitivity: 'confidential' } })).toBe('an/m')
    expect(await modelFor({ tenantId: 'poor' })).toBe('oa/ok')
    expect(await modelFor({ text: 'word '.repeat(20_000) })).toBe('oa/other')
    expect(await modelFor({ body: { response_format: { type: 'json_object' } } })).toBe('an/ok')
    expect(await modelFor({ context: { retrievedDocuments: 2 } })).toBe('oa/other')
    expect(
      await modelFor({
        body: {
          documents: [
            { id: 'a', text: 'x' },
            { id: 'b', text: 'y' },
          ],
        },
      }),
    ).toBe('oa/other')
    expect(await modelFor({ text: 'Prove it, analyze it step by step, compare it, design it.' })).toBe('oa/other')
  })

  it('follows how full the fullest budget is', async () => {
    running.wall.plan({ tokens: 600 })
    const ask = { tenantId: 'thrifty', body: { max_tokens: 600 } }
    expect(await modelFor(ask)).toBe('oa/m')
    expect(await modelFor({ tenantId: 'thrifty', body: { max_tokens: 50 } })).toBe('oa/ok')
  })

  it('is told with every rule that was tried', async () => {
    const { trace } = await send({ text: 'word '.repeat(20_000) })
    const row = await running.service.house.storage.reader.trace(trace, 'rich')
    expect(row?.request?.decision).toMatchObject({
      rule: { task: 'answer', index: 2 },
      rules: [
        { index: 0, matched: false, why: expect.stringContaining('not given') },
        { index: 1, matched: false, why: 'plan is free does not hold: it is pro' },
        { index: 2, matched: true, why: null },
      ],
    })
  })
})
