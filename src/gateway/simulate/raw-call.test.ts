import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ReplayRequest } from '../../policy/replay/replay-request.ts'
import { startTestService, type TestService } from '../../server/test-service.contract.ts'
import { storedRequest } from './replayed.ts'
import { readRequestLine } from './request-line.ts'

const QUESTION = 'Prove step by step that the algorithm is optimal, compare it with two others and design a test.'
const FUNCTION = { name: 'find', description: 'finds', parameters: { type: 'object', properties: {} } }
const PICTURE = 'data:image/png;base64,iVBORw0KGgo='

/** Calls as their formats write them. */
const CALLS: readonly (readonly [path: string, body: Record<string, unknown>])[] = [
  [
    '/v1/chat/completions',
    {
      model: 'answer',
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: QUESTION },
            { type: 'image_url', image_url: { url: PICTURE } },
          ],
        },
      ],
      tools: [{ type: 'function', function: FUNCTION }],
      max_completion_tokens: 33,
      temperature: 0.4,
      top_p: 0.9,
      n: 1,
      response_format: { type: 'json_object' },
      documents: [{ id: 'a', text: 'A.' }],
      metadata: { feature: 'search', risk: 'write', team_id: 't1' },
      user: 'u1',
    },
  ],
  [
    '/v1/messages',
    { model: 'answer', max_tokens: 44, system: 'Be brief.', messages: [{ role: 'user', content: QUESTION }] },
  ],
  [
    '/v1/responses',
    { model: 'answer', input: QUESTION, max_output_tokens: 22, store: false, reasoning: { effort: 'low' } },
  ],
  [
    '/v1beta/models/answer:generateContent',
    { contents: [{ role: 'user', parts: [{ text: QUESTION }] }], generationConfig: { maxOutputTokens: 11 } },
  ],
]

let under: TestService
beforeAll(async () => {
  under = await startTestService({
    models: { fast: ['wall/m'] },
    tasks: {
      answer: { default: 'fast', when: [{ if: { complexity: { gte: 0.99 }, budget_used: { gt: 1 } }, use: 'fast' }] },
    },
  })
})
afterAll(() => under.stop())

/** What a decision is asked, with everything that is found out when a rule wants it. */
function askOf(request: ReplayRequest | string) {
  if (typeof request === 'string') throw new Error(request)
  const { signals, traceId: _, context, ...ask } = request.ask
  return {
    ...ask,
    context: { ...context, task: null, region: null },
    complexity: signals?.complexity(),
    tools: signals?.tools(),
    documents: signals?.documents(),
    responseMode: signals?.responseMode(),
  }
}

describe('a line with a call as it was sent', () => {
  it.each(CALLS)('to %s is asked just as the gateway asked when the call came', async (path, body) => {
    const { key } = await under.issue({ kind: 'tenant', tenantId: 'acme' })
    const reply = await under.ask(path, { key, body, headers: { 'x-headgate-trace-id': `tr${path.length}` } })
    const [row] = (await under.service.house.storage.reader.asked({ from: 0, to: Date.now() + 1_000, limit: 1 })).rows
    expect([await reply.text(), row?.traceId]).toEqual([expect.any(String), reply.headers.get('x-headgate-trace-id')])
    if (!row) throw new Error('no row')
    const kept = askOf(storedRequest(row))
    const line = { url: path, body, context: { tenant_id: 'acme' } }
    expect(askOf(readRequestLine(line, 1))).toEqual(kept)
    if (path.includes('beta')) return
    expect(askOf(readRequestLine({ ...body, path, tenant_id: 'acme', trace_id: 'tr_1', output_tokens: 5 }, 1))).toEqual(
      kept,
    )
  })

  it('counts what it used and what became of it, where the line says so', () => {
    const [, body] = CALLS[1] ?? []
    const line = {
      body,
      path: '/v1/messages',
      input_tokens: 90,
      output_tokens: 10,
      served_model: 'wall/m',
      cost_usd: 0.5,
    }
    expect(readRequestLine(line, 1)).toMatchObject({
      usage: { inputUncached: 90, outputText: 10 },
      recorded: { model: 'wall/m', cost: 500_000_000n },
    })
  })

  it.each([
    [{ usage: { prompt_tokens: 90, completion_tokens: 10, total_tokens: 100 } }, { inputUncached: 90, outputText: 10 }],
    [{ response: { usage: { input_tokens: 7, output_tokens: 2, cache_read_input_tokens: 5 } } }, { cacheRead: 5 }],
    [{ response: { body: { usage: { input_tokens: 9, output_tokens: 2 } } } }, { inputUncached: 9, outputText: 2 }],
    [{ response: { usageMetadata: { promptTokenCount: 8, candidatesTokenCount: 3 } } }, { inputUncached: 8 }],
    [{ usage: { input_uncached: 4, output_text: 1 } }, { inputUncached: 4, outputText: 1 }],
    [
      { input_tokens: 6, output_tokens: 1 },
      { inputUncached: 6, outputText: 1 },
    ],
    [{}, null],
  ])('counts what it used as its provider says it: %j', (said, usage) => {
    const line = { model: 'answer', messages: [{ role: 'user', content: 'Hi.' }], ...said }
    expect(readRequestLine(line, 1)).toMatchObject({ usage })
  })

  it('may be the text of a prompt, with what else is known beside it', () => {
    const request = readRequestLine({ prompt: QUESTION, max_output_tokens: 77, context: { task: 'answer' } }, 1)
    if (typeof request === 'string') throw new Error(request)
    expect(request.ask).toMatchObject({ model: 'answer', maxOutputTokens: 77, needs: ['chat'] })
    expect(request.ask.prompt.textBytes).toBeGreaterThan(QUESTION.length)
    expect(request.ask.signals?.complexity().label).toBe('complex')
  })

  it('may name its task beside the call, and what is said there counts', () => {
    const messages = [{ role: 'user', content: 'Hi.' }]
    const request = readRequestLine({ request: { messages }, context: { task: 'answer' }, complexity: 'complex' }, 1)
    if (typeof request === 'string') throw new Error(request)
    expect(request.ask).toMatchObject({ model: 'answer', context: { task: 'answer' } })
    expect(request.ask.signals?.complexity().label).toBe('complex')
  })

  it('is refused with the field that is wrong', () => {
    expect(() => readRequestLine({ model: 'answer', messages: 'Hi.' }, 1)).toThrow(/messages/)
    expect(() => readRequestLine({ url: '/v1/nowhere', body: { model: 'answer' } }, 1)).toThrow(
      'no address of a model call',
    )
  })
})
