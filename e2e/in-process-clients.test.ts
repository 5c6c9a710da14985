import Anthropic, {
  APIUserAbortError as AnthropicAbort,
  BadRequestError as AnthropicBadRequest,
} from '@anthropic-ai/sdk'
import OpenAI, { APIUserAbortError as OpenAiAbort, BadRequestError as OpenAiBadRequest } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Plan } from '../src/testing/index.ts'
import { type Running, startRunning } from './running-gateway.ts'

/*
 * The official clients, unchanged, against two upstream formats through `gateway.fetch`: without a socket between them every conversation
 * must look native to the SDK too. Over HTTP all clients meet all upstreams in `clients/`.
 */

let running: Running

beforeAll(async () => {
  running = await startRunning()
})
afterAll(() => running.stop())
beforeEach(() => {
  running.wall.plan(null)
  running.wall.clear()
})

const HEADERS = { 'x-headgate-feature': 'e2e' }
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='
const PARALLEL: Plan = {
  toolCallStyle: 'interleaved',
  toolCalls: [
    { name: 'weather', arguments: { city: 'Zürich' } },
    { name: 'weather', arguments: { city: '東京' } },
    { name: 'now', arguments: {} },
  ],
}
const SCHEMA = { type: 'object' as const, properties: { city: { type: 'string' } } }

const UPSTREAMS = ['via-openai', 'via-anthropic']
const COMMON = { apiKey: 'anything', maxRetries: 0, defaultHeaders: HEADERS }

function openai(): OpenAI {
  return new OpenAI({ ...COMMON, baseURL: 'http://headgate/v1', fetch: running.gateway.fetch })
}

function anthropic(): Anthropic {
  return new Anthropic({ ...COMMON, baseURL: 'http://headgate', fetch: running.gateway.fetch })
}

describe.each(UPSTREAMS)('the openai client in process, %s', (upstream) => {
  const ask = { model: upstream, messages: [{ role: 'user' as const, content: 'Say something.' }] }

  it('gets a plain answer with usage', async () => {
    running.wall.plan({ text: 'Grüezi 👋', reasoning: 'Short is good.' })
    const { data, response } = await openai().chat.completions.create(ask).withResponse()
    expect(data.choices[0]?.message.content).toBe('Grüezi 👋')
    expect(data.choices[0]?.finish_reason).toBe('stop')
    expect(data.usage?.total_tokens).toBeGreaterThan(0)
    expect(response.headers.get('x-headgate-trace-id')).toMatch(/^[0-9a-f]{32}$/)
    expect(Number(response.headers.get('x-headgate-cost-usd'))).toBeGreaterThan(0)
  })

  it('streams the same text, with usage when asked', async () => {
    running.wall.plan({ text: 'Eins, zwei, drei – 四五六 🎉.' })
    const stream = await openai().chat.completions.create({
      ...ask,
      stream: true,
      stream_options: { include_usage: true },
    })
    let text = ''
    let finish: string | null = null
    let total = 0
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      finish = chunk.choices[0]?.finish_reason ?? finish
      total = chunk.usage?.total_tokens ?? total
    }
    expect({ text, finish }).toEqual({ text: 'Eins, zwei, drei – 四五六 🎉.', finish: 'stop' })
    expect(total).toBeGreaterThan(0)
  })

  it('sees no usage event that it did not ask for', async () => {
    const stream = await openai().chat.completions.create({ ...ask, stream: true })
    for await (const chunk of stream) {
      expect(chunk.choices).toHaveLength(1)
      expect(chunk.usage ?? null).toBeNull()
    }
  })

  it.each([true, false])('gets parallel tool calls and answers them (stream: %s)', async (stream) => {
    running.wall.plan([PARALLEL, { text: 'Both are fine.' }])
    const tools = ['weather', 'now'].map((name) => ({
      type: 'function' as const,
      function: { name, parameters: SCHEMA },
    }))
    const client = openai()
    const message = stream
      ? (await client.chat.completions.stream({ ...ask, tools }).finalChatCompletion()).choices[0]?.message
      : (await client.chat.completions.create({ ...ask, tools })).choices[0]?.message
    const calls = (message?.tool_calls ?? []).flatMap((call) => (call.type === 'function' ? [call] : []))
    expect(calls.map((call) => [call.function.name, JSON.parse(call.function.arguments)])).toEqual([
      ['weather', { city: 'Zürich' }],
      ['weather', { city: '東京' }],
      ['now', {}],
    ])
    expect(new Set(calls.map((call) => call.id)).size).toBe(3)
    const results = calls.map((call) => ({ role: 'tool' as const, tool_call_id: call.id, content: 'sunny' }))
    const messages = [...ask.messages, { role: 'assistant' as const, tool_calls: calls }, ...results]
    const done = await client.chat.completions.create({ model: upstream, messages, tools })
    expect(done.choices[0]?.message.content).toBe('Both are fine.')
    expect(running.wall.calls[1]?.rawBody.match(/sunny/g)).toHaveLength(3)
  })

  it('sends a picture', async () => {
    await openai().chat.completions.create({
      model: upstream,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } },
          ],
        },
      ],
    })
    expect(running.wall.calls[0]?.rawBody).toContain(PIXEL)
  })

  it('gets the provider’s refusal as its own error class, without a retry', async () => {
    running.wall.plan({ fault: { kind: 'status', status: 400, message: 'temperature is too hot' } })
    const failed = await openai()
      .chat.completions.create(ask)
      .catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(OpenAiBadRequest)
    expect(String(failed)).toContain('temperature is too hot')
    expect((failed as OpenAiBadRequest).headers?.get('x-should-retry')).toBe('false')
  })

  it('gets an error inside the stream when the provider dies after the first words', async () => {
    running.wall.plan({ tokens: 40, fault: { kind: 'cut', after: 5 } })
    const stream = await openai().chat.completions.create({ ...ask, stream: true })
    let finished = false
    const read = async () => {
      for await (const chunk of stream) finished ||= chunk.choices[0]?.finish_reason != null
    }
    await expect(read()).rejects.toThrow()
    expect(finished).toBe(false)
  })

  it('ends the upstream call when it aborts', async () => {
    running.wall.plan({ tokens: 2_000, betweenEventsMs: 20 })
    const abort = new AbortController()
    const read = async () => {
      const stream = await openai().chat.completions.create({ ...ask, stream: true }, { signal: abort.signal })
      for await (const _chunk of stream) abort.abort()
    }
    await read().catch((error: unknown) => expect(error).toBeInstanceOf(OpenAiAbort))
    const call = await running.wall.waitFor((one) => one.abortedAtEvent !== null)
    expect(call.completed).toBe(false)
  })
})

describe.each(UPSTREAMS)('the anthropic client in process, %s', (upstream) => {
  const ask = { model: upstream, max_tokens: 500, messages: [{ role: 'user' as const, content: 'Say something.' }] }

  it('gets a plain answer with usage', async () => {
    running.wall.plan({ text: 'Grüezi 👋' })
    const message = await anthropic().messages.create(ask)
    expect(message.content).toMatchObject([{ type: 'text', text: 'Grüezi 👋' }])
    expect(message.stop_reason).toBe('end_turn')
    expect(message.usage.input_tokens).toBeGreaterThan(0)
    expect(message.usage.output_tokens).toBeGreaterThan(0)
  })

  it('streams text and reasoning', async () => {
    running.wall.plan({ text: 'Eins, zwei, drei – 四五六 🎉.', reasoning: 'Count.' })
    const message = await anthropic().messages.stream(ask).finalMessage()
    const text = message.content.flatMap((block) => (block.type === 'text' ? [block.text] : []))
    const thinking = message.content.flatMap((block) => (block.type === 'thinking' ? [block.thinking] : []))
    expect(text.join('')).toBe('Eins, zwei, drei – 四五六 🎉.')
    expect(thinking.join('')).toBe('Count.')
    expect(message.stop_reason).toBe('end_turn')
    expect(message.usage.output_tokens).toBeGreaterThan(0)
  })

  it.each([true, false])('gets parallel tool calls and answers them (stream: %s)', async (stream) => {
    running.wall.plan([PARALLEL, { text: 'Both are fine.' }])
    const tools = ['weather', 'now'].map((name) => ({ name, input_schema: SCHEMA }))
    const client = anthropic()
    const message = stream
      ? await client.messages.stream({ ...ask, tools }).finalMessage()
      : await client.messages.create({ ...ask, tools })
    const calls = message.content.flatMap((block) => (block.type === 'tool_use' ? [block] : []))
    expect(calls.map(({ name, input }) => [name, input])).toEqual([
      ['weather', { city: 'Zürich' }],
      ['weather', { city: '東京' }],
      ['now', {}],
    ])
    expect(message.stop_reason).toBe('tool_use')
    const results = calls.map(({ id }) => ({ type: 'tool_result' as const, tool_use_id: id, content: 'sunny' }))
    const done = await client.messages.create({
      ...ask,
      tools,
      messages: [...ask.messages, { role: 'assistant', content: message.content }, { role: 'user', content: results }],
    })
    expect(done.content).toMatchObject([{ type: 'text', text: 'Both are fine.' }])
  })

  it('sends a picture', async () => {
    const source = { type: 'base64' as const, media_type: 'image/png' as const, data: PIXEL }
    const content = [
      { type: 'text' as const, text: 'What is it?' },
      { type: 'image' as const, source },
    ]
    await anthropic().messages.create({ ...ask, messages: [{ role: 'user', content }] })
    expect(running.wall.calls[0]?.rawBody).toContain(PIXEL)
  })

  it('gets the provider’s refusal as its own error class', async () => {
    running.wall.plan({ fault: { kind: 'status', status: 400, message: 'temperature is too hot' } })
    const failed = await anthropic()
      .messages.create(ask)
      .catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(AnthropicBadRequest)
    expect(String(failed)).toContain('temperature is too hot')
  })

  it('gets an error inside the stream when the provider dies after the first words', async () => {
    running.wall.plan({ tokens: 40, fault: { kind: 'eof', after: 5 } })
    await expect(anthropic().messages.stream(ask).finalMessage()).rejects.toThrow(/middle of its answer/)
  })

  it('ends the upstream call when it aborts', async () => {
    running.wall.plan({ tokens: 2_000, betweenEventsMs: 20 })
    const stream = anthropic().messages.stream(ask)
    stream.once('text', () => stream.abort())
    await expect(stream.finalMessage()).rejects.toBeInstanceOf(AnthropicAbort)
    const call = await running.wall.waitFor((one) => one.abortedAtEvent !== null)
    expect(call.completed).toBe(false)
  })
})
