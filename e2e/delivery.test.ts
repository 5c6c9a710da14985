import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { fillerText } from '../src/testing/index.ts'
import { type Running, startRunning } from './running-gateway.ts'

/*
 * Streams that are held back until they are whole (`delivery: whole`): what breaks is answered by somebody else, and no caller sees half an answer or two.
 * And streams of which a caller takes what came (`partial: return`): they end in an orderly way, and never as if they were whole.
 */

const WORDS = 40
const WHOLE = fillerText(WORDS)
const messages = [{ role: 'user' as const, content: 'Say it all.' }]

let running: Running

beforeAll(async () => {
  running = await startRunning(() => ({
    tasks: {
      // The fallback answers in the other format, so that one of the two is always translated.
      held: { default: 'oa/m', fallback: ['an/m'], delivery: 'whole' },
      'held-anthropic': { default: 'an/m', fallback: ['oa/m'], delivery: 'whole' },
      'held-alone': { default: 'oa/m', delivery: 'whole' },
      'held-partial': { default: 'oa/m', fallback: ['an/m'], delivery: 'whole', partial: 'return' },
      partial: { default: 'oa/m', partial: 'return' },
      'partial-anthropic': { default: 'an/m', partial: 'return' },
      hasty: { default: 'oa/m', fallback: ['an/m'], delivery: 'whole', max_latency_ms: 2_000 },
    },
    metadata: { required: [] },
  }))
})
afterAll(() => running.stop())
beforeEach(() => running.wall.clear())

const BREAKS = [
  ['is cut', { kind: 'cut', after: 20 }],
  ['ends without its finish', { kind: 'eof', after: 20 }],
  ['says that it failed', { kind: 'error-event', after: 20 }],
] as const

/** The primary breaks, however often it is asked, and the other one does not. */
function primaryBreaks(fault: (typeof BREAKS)[number][1], dialect = 'openai-chat'): void {
  running.wall.plan((call) => (call.dialect === dialect ? { tokens: WORDS, fault } : { tokens: WORDS }))
}

const openai = () => new OpenAI({ baseURL: `${running.url}/v1`, apiKey: 'any', maxRetries: 0 })
const anthropic = () => new Anthropic({ baseURL: running.url, apiKey: 'any', maxRetries: 0 })

async function rowsOf(traceId: string | null) {
  return (await running.service.house.storage.reader.events({ limit: 20, traceId: traceId ?? '' })).rows
}

describe.each(BREAKS)('a primary whose stream %s', (_, fault) => {
  it.each(['held', 'held-anthropic'])('is replaced before the openai client sees anything, task %s', async (model) => {
    primaryBreaks(fault, model === 'held' ? 'openai-chat' : 'anthropic-messages')
    const { data, response } = await openai()
      .chat.completions.create({ model, messages, stream: true, stream_options: { include_usage: true } })
      .withResponse()
    let text = ''
    let finish: string | null = null
    for await (const { choices } of data) {
      text += choices[0]?.delta.content ?? ''
      finish = choices[0]?.finish_reason ?? finish
    }
    expect(text).toBe(WHOLE)
    expect(finish).toBe('stop')
    expect(response.headers.get('x-headgate-model')).toBe(model === 'held' ? 'an/m' : 'oa/m')
    expect(response.headers.get('x-headgate-fallback')).not.toBeNull()
    const rows = await rowsOf(response.headers.get('x-headgate-trace-id'))
    expect(rows.filter(({ status }) => status === 'completed')).toHaveLength(1)
    // What came of the broken answer was paid for.
    const broken = rows.filter(({ status }) => status === 'failed')
    expect(broken.length).toBeGreaterThan(0)
    for (const row of broken) expect(row.outputTokens).toBeGreaterThan(0)
  })

  it('is replaced before the anthropic client sees anything', async () => {
    primaryBreaks(fault)
    const stream = anthropic().messages.stream({ model: 'held', messages, max_tokens: 500 })
    const message = await stream.finalMessage()
    expect(message.content).toMatchObject([{ type: 'text', text: WHOLE }])
    expect(message.stop_reason).toBe('end_turn')
  })
})

it('gives an answer that is not streamed as ever', async () => {
  primaryBreaks({ kind: 'cut', after: 20 })
  const answer = await openai().chat.completions.create({ model: 'held', messages })
  expect(answer.choices[0]?.message.content).toBe(WHOLE)
})

it('refuses with a status when nobody can answer whole', async () => {
  running.wall.plan({ tokens: WORDS, fault: { kind: 'cut', after: 20 } })
  const asked = openai().chat.completions.create({ model: 'held-alone', messages, stream: true })
  await expect(asked).rejects.toMatchObject({ status: 502, code: 'upstream_truncated' })
})

it('leaves a primary that talks on past the deadline of the task', async () => {
  running.wall.plan((call) => ({ tokens: WORDS, ...(call.dialect === 'openai-chat' ? { betweenEventsMs: 500 } : {}) }))
  const { data, response } = await openai()
    .chat.completions.create({ model: 'hasty', messages, stream: true })
    .withResponse()
  let text = ''
  for await (const { choices } of data) text += choices[0]?.delta.content ?? ''
  expect(text).toBe(WHOLE)
  expect(response.headers.get('x-headgate-fallback')).toBe('timeout')
})

it('ends the upstream when the caller leaves while the answer is held back, and books what came', async () => {
  running.wall.plan({ tokens: 5_000, betweenEventsMs: 2 })
  const leave = new AbortController()
  const reply = fetch(`${running.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-headgate-trace-id': 'tr_left-held' },
    body: JSON.stringify({ model: 'held', messages, stream: true }),
    signal: leave.signal,
  })
  await running.wall.waitFor((call) => call.contentEvents > 20)
  leave.abort()
  await expect(reply).rejects.toThrow()
  const call = await running.wall.waitFor((one) => one.abortedAtEvent !== null)
  expect(call.completed).toBe(false)
  const [row, ...others] = await vi.waitUntil(async () => {
    const rows = await rowsOf('tr_left-held')
    return rows.length > 0 && rows
  })
  expect(others).toEqual([])
  expect(row).toMatchObject({ status: 'client_gone' })
  expect(row?.outputTokens).toBeGreaterThan(0)
})

it('streams from the library as events, once the answer is whole', async () => {
  primaryBreaks({ kind: 'cut', after: 20 })
  const stream = running.gateway.stream({ tenantId: 'acme', feature: 'e2e', model: 'held', messages })
  let text = ''
  for await (const event of stream) if (event.type === 'text-delta') text += event.text
  expect(text).toBe(WHOLE)
  expect(await stream.answer).toMatchObject({ text: WHOLE, model: 'an/m', finishReason: 'stop' })
})

const HALF = fillerText(20)

/** What the books say of a call that was handed over incomplete. */
async function booksOf(traceId: string | null) {
  const rows = await rowsOf(traceId)
  const trace = await running.service.house.storage.reader.trace(traceId ?? '', null)
  return { rows, request: trace?.request }
}

describe.each(BREAKS)('a task that takes what came of a stream that %s', (_, fault) => {
  beforeEach(() => running.wall.plan({ tokens: WORDS, fault }))

  it.each(['partial', 'partial-anthropic'])('tells the openai client an error finish, task %s', async (model) => {
    const { data, response } = await openai()
      .chat.completions.create({ model, messages, stream: true, stream_options: { include_usage: true } })
      .withResponse()
    let text = ''
    let usage: OpenAI.CompletionUsage | null = null
    const finishes: (string | null)[] = []
    for await (const chunk of data) {
      text += chunk.choices[0]?.delta.content ?? ''
      if (chunk.choices[0]?.finish_reason) finishes.push(chunk.choices[0].finish_reason)
      usage = chunk.usage ?? usage
    }
    expect(text.trim()).toBe(HALF)
    expect(finishes).toEqual(['error'])
    const { rows, request } = await booksOf(response.headers.get('x-headgate-trace-id'))
    expect(rows).toMatchObject([{ status: 'incomplete', finishReason: 'incomplete' }])
    expect(rows[0]?.errorCode).toMatch(/^upstream_/)
    expect(usage).toMatchObject({ completion_tokens: rows[0]?.outputTokens })
    expect(request).toMatchObject({ status: 'incomplete', flags: ['incomplete'] })
  })

  it.each(['partial', 'partial-anthropic'])('tells the anthropic client an error stop, task %s', async (model) => {
    const message = await anthropic().messages.stream({ model, messages, max_tokens: 500 }).finalMessage()
    expect(message.content).toMatchObject([{ type: 'text', text: expect.stringMatching(new RegExp(`^${HALF}\\s*$`)) }])
    expect(message.stop_reason).toBe('error')
  })

  it.each(['partial', 'partial-anthropic'])(
    'tells a client of Responses that it is incomplete, task %s',
    async (model) => {
      const stream = openai().responses.stream({ model, input: 'Say it all.' })
      const response = await stream.finalResponse()
      expect(response).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'error' } })
      expect(response.output_text.trim()).toBe(HALF)
    },
  )

  it.each(['partial', 'partial-anthropic'])('tells a client of Gemini another finish, task %s', async (model) => {
    const reply = await fetch(`${running.url}/v1beta/models/${model}:streamGenerateContent?alt=sse`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'Say it all.' }] }] }),
    })
    const text = await reply.text()
    expect([...text.matchAll(/"finishReason":"(\w+)"/g)].map(([, word]) => word)).toEqual(['OTHER'])
    expect(text).not.toContain('"error"')
  })

  it('gives the library an incomplete answer', async () => {
    const stream = running.gateway.stream({ tenantId: 'acme', feature: 'e2e', model: 'partial', messages })
    for await (const _event of stream);
    const answer = await stream.answer
    expect(answer).toMatchObject({ finishReason: 'incomplete', flags: ['incomplete'] })
    expect(answer.text.trim()).toBe(HALF)
  })

  it('hands over the longest of the held answers when nobody gives a whole one, and books each of them once', async () => {
    running.wall.plan((call) => ({
      tokens: WORDS,
      fault: { ...fault, after: call.dialect === 'openai-chat' ? 10 : 20 },
    }))
    const { data, response } = await openai()
      .chat.completions.create({ model: 'held-partial', messages, stream: true })
      .withResponse()
    let text = ''
    let finish: string | null = null
    for await (const { choices } of data) {
      text += choices[0]?.delta.content ?? ''
      finish = choices[0]?.finish_reason ?? finish
    }
    expect(text.trim()).toBe(HALF)
    expect(finish).toBe('error')
    expect(response.headers.get('x-headgate-flags')).toBe('incomplete')
    expect(response.headers.get('x-headgate-model')).toBe('an/m')
    const { rows, request } = await booksOf(response.headers.get('x-headgate-trace-id'))
    expect(rows).toHaveLength(running.wall.calls.length)
    expect(request).toMatchObject({ status: 'incomplete', flags: ['incomplete'] })
  })
})

it('does not hand over half a tool call', async () => {
  const plan = { toolCalls: [{ name: 'pay', arguments: { text: fillerText(40) } }] }
  running.wall.plan({ ...plan, fault: { kind: 'cut', after: 10 } })
  const parameters = { type: 'object', properties: { text: { type: 'string' } } }
  const tools = [{ type: 'function' as const, function: { name: 'pay', parameters } }]
  const stream = await openai().chat.completions.create({ model: 'partial', messages, tools, stream: true })
  const read = async () => {
    for await (const _ of stream);
  }
  await expect(read()).rejects.toThrow(/stopped in the middle/)
})

it('refuses with a status when all that came of held answers is half a tool call', async () => {
  const toolCalls = [{ name: 'pay', arguments: { text: fillerText(40) } }]
  running.wall.plan({ text: HALF, toolCalls, fault: { kind: 'cut', after: 30 } })
  const asked = openai().chat.completions.create({ model: 'held-partial', messages, stream: true })
  await expect(asked).rejects.toMatchObject({ status: 502, code: 'upstream_truncated' })
})

it.each([
  ['cut', 'partial'],
  ['eof', 'partial'],
  ['eof', 'partial-anthropic'],
] as const)('gives a client of Gemini, whose calls are whole, no half of one: %s, task %s', async (kind, model) => {
  const toolCalls = [{ name: 'pay', arguments: { text: fillerText(40) } }]
  running.wall.plan({ text: 'Well.', toolCalls, fault: { kind, after: 12 } })
  const reply = await fetch(`${running.url}/v1beta/models/${model}:streamGenerateContent?alt=sse`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'Pay.' }] }] }),
  })
  const text = await reply.text()
  expect(text).toContain('upstream_truncated')
  expect(text).not.toContain('functionCall')
})

it('leaves an error an error where nobody wants half an answer', async () => {
  running.wall.plan({ tokens: WORDS, fault: { kind: 'cut', after: 20 } })
  const stream = await openai().chat.completions.create({ model: 'oa/m', messages, stream: true })
  const read = async () => {
    for await (const _ of stream);
  }
  await expect(read()).rejects.toThrow(/stopped in the middle/)
})
