import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { countTokens, fillerText, promptTokens, startWall, unusedUrl, type Wall } from './index.ts'

let wall: Wall
let openai: OpenAI
let anthropic: Anthropic

beforeAll(async () => {
  wall = await startWall()
  openai = new OpenAI({ baseURL: wall.openaiUrl, apiKey: 'sk-test', maxRetries: 0 })
  anthropic = new Anthropic({ baseURL: wall.url, apiKey: 'ak-test', maxRetries: 0 })
})
afterAll(() => wall.close())
afterEach(() => {
  wall.plan(null)
  wall.clear()
})

const messages = [{ role: 'user' as const, content: 'Say something about walls.' }]
const weatherSchema = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] }
const weatherTool = { type: 'function' as const, function: { name: 'get_weather', parameters: weatherSchema } }

describe('the OpenAI SDK', () => {
  it('gets a plain answer with usage that can be computed', async () => {
    const answer = await openai.chat.completions.create({ model: 'any-model', messages })
    const text = answer.choices[0]?.message.content ?? ''
    expect(text).toContain('The wall heard "Say something about walls."')
    expect(answer.choices[0]?.finish_reason).toBe('stop')
    expect(answer.model).toBe('any-model')
    expect(answer.usage?.prompt_tokens).toBe(promptTokens({ messages }))
    expect(answer.usage?.completion_tokens).toBe(countTokens(text))
  })

  it('gets the same answer in a stream, and usage only when it asks', async () => {
    const plain = await openai.chat.completions.create({ model: 'm', messages })
    const heard = async (stream_options?: { include_usage: boolean }) => {
      const stream = await openai.chat.completions.create({
        model: 'm',
        messages,
        stream: true,
        ...(stream_options && { stream_options }),
      })
      let text = ''
      let usage: unknown = null
      for await (const chunk of stream) {
        text += chunk.choices[0]?.delta.content ?? ''
        usage = chunk.usage ?? usage
      }
      return { text, usage }
    }
    expect(await heard()).toEqual({ text: plain.choices[0]?.message.content, usage: null })
    expect((await heard({ include_usage: true })).usage).toEqual(plain.usage)
  })

  it('gets the tool calls it must get, and the planned ones', async () => {
    const forced = await openai.chat.completions.create({
      model: 'm',
      messages,
      tools: [weatherTool],
      tool_choice: 'required',
    })
    expect(forced.choices[0]?.finish_reason).toBe('tool_calls')
    expect(forced.choices[0]?.message.tool_calls).toMatchObject([{ function: { name: 'get_weather' } }])

    wall.plan({
      toolCalls: [
        { id: 'c1', name: 'a', arguments: { x: 1 } },
        { name: 'b', arguments: '{"y":' },
      ],
    })
    const runner = openai.chat.completions.stream({ model: 'm', messages, tools: [weatherTool] })
    const calls = (await runner.finalChatCompletion()).choices[0]?.message.tool_calls
    expect(calls).toMatchObject([
      { id: 'c1', function: { name: 'a', arguments: '{"x":1}' } },
      { function: { name: 'b', arguments: '{"y":' } },
    ])
  })

  it('gets several choices, each with its own text, and pays for all', async () => {
    const answer = await openai.chat.completions.create({ model: 'tokens-10', messages, n: 3 })
    expect(answer.choices.map((choice) => choice.message.content)).toEqual(Array(3).fill(fillerText(10)))
    expect(answer.usage?.completion_tokens).toBe(30)
  })

  it('gets JSON that satisfies its schema', async () => {
    const answer = await openai.chat.completions.create({
      model: 'm',
      messages,
      response_format: { type: 'json_schema', json_schema: { name: 'w', schema: weatherSchema } },
    })
    expect(JSON.parse(answer.choices[0]?.message.content ?? '')).toEqual({ city: 'simulated city' })
  })

  it('sees the planned error', async () => {
    const failure = openai.chat.completions.create({ model: 'status-429-after-2', messages })
    await expect(failure).rejects.toMatchObject({ status: 429, code: 'rate_limit_exceeded' })
  })
})

describe('the Anthropic SDK', () => {
  const ask = { model: 'claude', max_tokens: 100, messages }

  it('gets a plain answer with usage that can be computed', async () => {
    const answer = await anthropic.messages.create({ ...ask, system: 'Be brief.' })
    const [block] = answer.content
    expect(block?.type === 'text' && block.text).toContain('The wall heard')
    expect(answer.stop_reason).toBe('end_turn')
    expect(answer.usage.input_tokens).toBe(promptTokens({ messages, system: 'Be brief.' }))
  })

  it('gets reasoning with a signature, text and tool calls in a stream', async () => {
    wall.plan({
      reasoning: { text: 'Let me think.', signature: 'c2lnbmVk' },
      text: 'I will look.',
      toolCalls: [{ name: 'get_weather', arguments: { city: 'Oslo' } }],
      toolCallStyle: 'interleaved',
    })
    const answer = await anthropic.messages.stream(ask).finalMessage()
    expect(answer.content).toMatchObject([
      { type: 'thinking', thinking: 'Let me think.', signature: 'c2lnbmVk' },
      { type: 'text', text: 'I will look.' },
      { type: 'tool_use', name: 'get_weather', input: { city: 'Oslo' } },
    ])
    expect(answer.stop_reason).toBe('tool_use')
    expect(answer.usage.output_tokens).toBe(wall.completed[0]?.billed.outputTokens)
  })

  it('gets the tool it names', async () => {
    const tools = [{ name: 'get_weather', input_schema: weatherSchema }]
    const answer = await anthropic.messages.create({
      ...ask,
      tools,
      tool_choice: { type: 'tool', name: 'get_weather' },
    })
    expect(answer.content).toMatchObject([{ type: 'tool_use', input: { city: 'simulated city' } }])
  })

  it('counts tokens as the wall bills them', async () => {
    const counted = await anthropic.messages.countTokens({ model: 'claude', messages })
    expect(counted.input_tokens).toBe(promptTokens({ messages }))
  })

  it('sees the planned error', async () => {
    await expect(anthropic.messages.create({ ...ask, model: 'status-529' })).rejects.toMatchObject({
      status: 529,
      error: { error: { type: 'overloaded_error' } },
    })
  })
})

describe('caps and stops', () => {
  it('are honoured in both formats', async () => {
    const capped = await openai.chat.completions.create({ model: 'tokens-50', messages, max_tokens: 7 })
    expect(capped.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: fillerText(7) } })
    expect(capped.usage?.completion_tokens).toBe(7)
    const stopped = await anthropic.messages.create({
      model: 'tokens-9',
      max_tokens: 99,
      messages,
      stop_sequences: [' five', ' three'],
    })
    expect(stopped).toMatchObject({
      stop_reason: 'stop_sequence',
      stop_sequence: ' three',
      content: [{ text: 'one two' }],
    })
  })

  it('cut planned chunks where they must', async () => {
    wall.plan({ chunks: ['one two ', 'three four'] })
    const capped = await openai.chat.completions.create({ model: 'm', messages, max_tokens: 3 })
    expect(capped.choices[0]?.message.content).toBe('one two three')
  })
})

describe('the log', () => {
  it('holds what arrived and what was billed', async () => {
    await anthropic.messages.create({ model: 'claude', max_tokens: 100, messages }, { headers: { 'x-extra': 'yes' } })
    expect(wall.calls).toHaveLength(1)
    expect(wall.completed[0]).toMatchObject({
      dialect: 'anthropic-messages',
      method: 'POST',
      path: '/v1/messages',
      key: 'ak-test',
      headers: { 'anthropic-version': expect.any(String), 'x-extra': 'yes' },
      body: { model: 'claude', messages },
      model: 'claude',
      status: 200,
      outcome: 'completed',
      responseId: expect.stringMatching(/^msg_wall_\d+$/),
      billed: { inputTokens: promptTokens({ messages }) },
    })
    expect(JSON.parse(wall.calls[0]?.rawBody ?? '')).toEqual(wall.calls[0]?.body)
  })

  it('knows at which event the client left, and bills that much', async () => {
    wall.plan({ tokens: 5000, betweenEventsMs: 1 })
    const stream = await openai.chat.completions.create({ model: 'm', messages, stream: true })
    let seen = 0
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content && ++seen === 5) break
    const call = await wall.waitFor((one) => one.outcome === 'aborted')
    expect(call.abortedAtEvent).toBeGreaterThanOrEqual(5)
    expect(call.abortedAtEvent).toBeLessThan(5000)
    expect(call.billed.outputTokens).toBe(call.abortedAtEvent)
    expect(wall.completed).toHaveLength(0)
  })

  it('bills the whole answer of an aborted call when the plan says that the bill runs on', async () => {
    wall.plan({ tokens: 5000, betweenEventsMs: 1, billsAfterAbort: true })
    const stream = await openai.chat.completions.create({ model: 'm', messages, stream: true })
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break
    const call = await wall.waitFor((one) => one.outcome === 'aborted')
    expect(call.billed.outputTokens).toBe(5000)
  })

  it('notices a client that leaves before the first byte', async () => {
    const controller = new AbortController()
    const answer = openai.chat.completions.create({ model: 'hang', messages }, { signal: controller.signal })
    await wall.waitFor((call) => call.model === 'hang')
    controller.abort()
    await expect(answer).rejects.toThrow()
    const call = await wall.waitFor((one) => one.outcome === 'aborted')
    expect(call).toMatchObject({ abortedAtEvent: 0, billed: { inputTokens: 0, outputTokens: 0 } })
  })

  it('tells what it saw when what was waited for does not come', async () => {
    await openai.models.list()
    await expect(wall.waitFor((call) => call.completed, 1)).rejects.toThrow(
      /no call matched within 1 ms; seen:\n {2}\d+ GET \/v1\/models/,
    )
  })
})

it('the log file has the call before its last bytes leave', async () => {
  const logFile = join(mkdtempSync(join(tmpdir(), 'wall-')), 'calls.jsonl')
  const logged = await startWall({ logFile })
  try {
    const reply = await fetch(`${logged.openaiUrl}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'tokens-3', messages, stream: true }),
    })
    let text = ''
    for await (const chunk of reply.body ?? []) {
      text += Buffer.from(chunk).toString()
      if (text.includes('[DONE]')) break
    }
    const lines = readFileSync(logFile, 'utf8').trim().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { outcome: 'completed', responseId: 'chatcmpl-wall_1', billed: { outputTokens: 3 } },
    ])
    expect(lines[0]).not.toContain('rawBody')
  } finally {
    await logged.close()
  }
})

it('a wall with keys takes no other', async () => {
  const guarded = await startWall({ keys: ['right'] })
  const ask = (apiKey: string) =>
    new OpenAI({ baseURL: guarded.openaiUrl, apiKey, maxRetries: 0 }).chat.completions.create({ model: 'm', messages })
  try {
    await expect(ask('wrong')).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' })
    expect((await ask('right')).choices).toHaveLength(1)
  } finally {
    await guarded.close()
  }
})

it('an unused address refuses connections', async () => {
  const failure = await fetch(await unusedUrl()).catch((error: Error) => error)
  expect(failure).toMatchObject({ cause: { code: 'ECONNREFUSED' } })
})
