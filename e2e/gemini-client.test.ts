import Anthropic from '@anthropic-ai/sdk'
import { ApiError, type Content, FunctionCallingConfigMode, GoogleGenAI, Type } from '@google/genai'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { isObject, type JsonObject } from '../src/lib/json.ts'
import type { Plan } from '../src/testing/index.ts'
import { MODEL, type Running, startRunning } from './running-gateway.ts'

/*
 * Google's own client, unchanged, against Gemini itself and against models that speak other formats; and the clients of others
 * against Gemini, through a turn with tools, where the signatures that Gemini demands must come back.
 */

const GEMINI = 'gemini-3-flash-preview'
let running: Running

beforeAll(async () => {
  running = await startRunning((wall) => ({
    providers: {
      oa: { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk-oa', models: { m: MODEL } },
      an: { type: 'anthropic', base_url: wall.url, api_key: 'sk-an', models: { m: MODEL } },
      google: { base_url: wall.url, api_key: 'AIza-google', models: { [GEMINI]: MODEL } },
    },
    models: { 'via-openai': ['oa/m'], 'via-anthropic': ['an/m'], 'via-gemini': [`google/${GEMINI}`] },
  }))
})
afterAll(() => running.stop())
beforeEach(() => {
  running.wall.plan(null)
  running.wall.clear()
})

const HEADERS = { 'x-headgate-feature': 'e2e' }
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='
const WEATHER = {
  name: 'weather',
  description: 'Weather of a place.',
  parameters: { type: Type.OBJECT, properties: { city: { type: Type.STRING } }, required: ['city'] },
}
const PARALLEL: Plan = {
  reasoning: { text: 'Two places.', signature: 'EqQBCgIYAhIM+/=' },
  toolCalls: [
    { name: 'weather', arguments: { city: 'Zürich' } },
    { name: 'weather', arguments: { city: '東京' } },
  ],
}

function gemini(): GoogleGenAI {
  return new GoogleGenAI({ apiKey: 'anything', httpOptions: { baseUrl: running.url, headers: HEADERS } })
}

const bodyOf = (at: number): JsonObject => {
  const body = running.wall.calls[at]?.body
  return isObject(body) ? body : {}
}

describe.each(['via-gemini', 'via-openai', 'via-anthropic'])('the Gemini client, %s', (model) => {
  it('gets a plain answer with usage', async () => {
    running.wall.plan({ text: 'Grüezi 👋' })
    const answer = await gemini().models.generateContent({
      model,
      contents: 'Say something.',
      config: { systemInstruction: 'Be brief.', maxOutputTokens: 50, temperature: 0.5 },
    })
    expect(answer.text).toBe('Grüezi 👋')
    expect(answer.candidates?.[0]?.finishReason).toBe('STOP')
    expect(answer.usageMetadata?.totalTokenCount).toBeGreaterThan(0)
    expect(answer.modelVersion).toBe(model === 'via-gemini' ? GEMINI : 'm')
    expect(running.wall.calls[0]?.rawBody).toContain('Be brief.')
    expect(running.wall.calls[0]?.key).toMatch(/^(AIza-google|sk-oa|sk-an)$/)
  })

  it('streams the same text, with thoughts when they are asked for', async () => {
    running.wall.plan({ text: 'Eins, zwei, drei – 四五六 🎉.', reasoning: 'Count.' })
    const stream = await gemini().models.generateContentStream({
      model,
      contents: 'Count.',
      config: { thinkingConfig: { includeThoughts: true } },
    })
    const told = { text: '', thoughts: '', finish: '', tokens: 0 }
    for await (const chunk of stream) {
      told.text += chunk.text ?? ''
      for (const part of chunk.candidates?.[0]?.content?.parts ?? []) if (part.thought) told.thoughts += part.text ?? ''
      told.finish = chunk.candidates?.[0]?.finishReason ?? told.finish
      told.tokens = chunk.usageMetadata?.totalTokenCount ?? told.tokens
    }
    expect(told).toMatchObject({ text: 'Eins, zwei, drei – 四五六 🎉.', thoughts: 'Count.', finish: 'STOP' })
    expect(told.tokens).toBeGreaterThan(0)
  })

  it.each([true, false])('gets parallel function calls and answers them (stream: %s)', async (streamed) => {
    running.wall.plan([PARALLEL, { text: 'Both are sunny.' }])
    const config = { tools: [{ functionDeclarations: [WEATHER] }] }
    const ask: Content = { role: 'user', parts: [{ text: 'How is the weather in Zürich and Tokyo?' }] }
    const said: Content = { role: 'model', parts: [] }
    if (streamed) {
      for await (const chunk of await gemini().models.generateContentStream({ model, contents: [ask], config }))
        said.parts?.push(...(chunk.candidates?.[0]?.content?.parts ?? []).filter((part) => part.text !== ''))
    } else {
      const answer = await gemini().models.generateContent({ model, contents: [ask], config })
      said.parts?.push(...(answer.candidates?.[0]?.content?.parts ?? []))
    }
    const calls = (said.parts ?? []).flatMap(({ functionCall }) => (functionCall ? [functionCall] : []))
    expect(calls.map(({ name, args }) => [name, args])).toEqual([
      ['weather', { city: 'Zürich' }],
      ['weather', { city: '東京' }],
    ])
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2)
    const results: Content = {
      role: 'user',
      parts: calls.map(({ id = '', name = '' }) => ({ functionResponse: { id, name, response: { output: 'sunny' } } })),
    }
    const done = await gemini().models.generateContent({ model, contents: [ask, said, results], config })
    expect(done.text).toBe('Both are sunny.')
    expect(running.wall.calls[1]?.rawBody.match(/sunny/g)).toHaveLength(2)
  })

  it('forces a function call', async () => {
    const answer = await gemini().models.generateContent({
      model,
      contents: 'How is the weather in Zürich?',
      config: {
        tools: [{ functionDeclarations: [WEATHER] }],
        toolConfig: {
          functionCallingConfig: { mode: FunctionCallingConfigMode.ANY, allowedFunctionNames: ['weather'] },
        },
      },
    })
    expect(answer.functionCalls?.map(({ name }) => name)).toEqual(['weather'])
  })

  it('sends a picture', async () => {
    await gemini().models.generateContent({
      model,
      contents: [
        { role: 'user', parts: [{ text: 'What is it?' }, { inlineData: { mimeType: 'image/png', data: PIXEL } }] },
      ],
    })
    expect(running.wall.calls[0]?.rawBody).toContain(PIXEL)
  })

  it.each([
    ['responseSchema', { type: Type.OBJECT, properties: { city: { type: Type.STRING, nullable: true } } }],
    ['responseJsonSchema', { type: 'object', properties: { city: { type: ['string', 'null'] } } }],
  ])('gets JSON by a schema, written as %s', async (field, schema) => {
    if (model === 'via-anthropic') running.wall.plan({ text: '{"city":"Zürich"}' })
    const answer = await gemini().models.generateContent({
      model,
      contents: 'Which city?',
      config: { responseMimeType: 'application/json', [field]: schema },
    })
    expect(Object.keys(JSON.parse(answer.text ?? ''))).toEqual(['city'])
  })

  it('gets the provider’s refusal as its own error class', async () => {
    running.wall.plan({ fault: { kind: 'status', status: 400, message: 'temperature is too hot' } })
    const failed = await gemini()
      .models.generateContent({ model, contents: 'Hi.' })
      .catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(ApiError)
    expect(failed).toMatchObject({ status: 400 })
    expect(String(failed)).toContain('temperature is too hot')
    expect(String(failed)).toContain('"reason":"invalid_request"')
    expect(running.wall.calls).toHaveLength(1)
  })

  it('gets an error in the middle of a stream as an error', async () => {
    running.wall.plan({ tokens: 20, fault: { kind: 'error-event', after: 5 } })
    const stream = await gemini().models.generateContentStream({ model, contents: 'Hi.' })
    let text = ''
    const failed = await (async () => {
      for await (const chunk of stream) text += chunk.text ?? ''
      return null
    })().catch((error: unknown) => error)
    expect(text).not.toBe('')
    expect(String(failed)).toContain('upstream_failed')
  })

  it('leaves a stream, and the provider is left too', async () => {
    running.wall.plan({ tokens: 500, betweenEventsMs: 5 })
    const abort = new AbortController()
    const stream = await gemini().models.generateContentStream({
      model,
      contents: 'Hi.',
      config: { abortSignal: abort.signal },
    })
    await expect(
      (async () => {
        for await (const _ of stream) abort.abort()
      })(),
    ).rejects.toThrow()
    await expect.poll(() => running.wall.calls[0]?.outcome).toBe('aborted')
  })
})

describe('the Gemini client', () => {
  it('is relayed to Gemini byte for byte, with what only Google knows', async () => {
    running.wall.plan({ text: 'Here.' })
    await gemini().models.generateContent({
      model: 'via-gemini',
      contents: 'Hi.',
      config: {
        tools: [{ googleSearch: {} }],
        safetySettings: [],
        thinkingConfig: { thinkingBudget: 128 },
        maxOutputTokens: 64,
      },
    })
    expect(bodyOf(0)).toMatchObject({
      tools: [{ googleSearch: {} }],
      generationConfig: { thinkingConfig: { thinkingBudget: 128 }, maxOutputTokens: 64 },
    })
    expect(running.wall.calls[0]?.path).toBe(`/v1beta/models/${GEMINI}:generateContent`)
  })

  it('names a model of another provider in the address', async () => {
    running.wall.plan({ text: 'From elsewhere.' })
    const answer = await gemini()
      .models.generateContent({ model: 'oa/m', contents: 'Hi.' })
      .catch(() => null)
    // The client turns a name with one slash into a collection of its own; the whole path is what reaches us.
    const reply = await fetch(`${running.url}/v1beta/models/oa/m:generateContent`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-goog-api-key': 'anything', ...HEADERS },
      body: JSON.stringify({ contents: [{ parts: [{ text: 'Hi.' }] }] }),
    })
    expect(reply.status).toBe(200)
    expect(await reply.json()).toMatchObject({ candidates: [{ content: { parts: [{ text: 'From elsewhere.' }] } }] })
    expect(answer === null || answer.text === 'From elsewhere.').toBe(true)
  })

  it('is refused a cache of the provider’s account', async () => {
    const failed = await gemini()
      .models.generateContent({ model: 'via-gemini', contents: 'Hi.', config: { cachedContent: 'cachedContents/abc' } })
      .catch((error: unknown) => error)
    expect(String(failed)).toContain('"reason":"unsupported_parameter"')
    expect(running.wall.calls).toHaveLength(0)
  })

  it('is refused a key in the address', async () => {
    const reply = await fetch(`${running.url}/v1beta/models/via-gemini:generateContent?key=hg-secret`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...HEADERS },
      body: JSON.stringify({ contents: [{ parts: [{ text: 'Hi.' }] }] }),
    })
    expect(reply.status).toBe(400)
    expect(await reply.text()).not.toContain('hg-secret')
  })

  it('without events gets a stream as one list, as Google writes it', async () => {
    running.wall.plan({ text: 'One two three.' })
    const ask = (fault?: Plan['fault']) => {
      if (fault) running.wall.plan({ text: 'One two three.', fault })
      return fetch(`${running.url}/v1beta/models/via-openai:streamGenerateContent`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...HEADERS },
        body: JSON.stringify({ contents: [{ parts: [{ text: 'Hi.' }] }] }),
      })
    }
    const reply = await ask()
    expect(reply.headers.get('content-type')).toContain('application/json')
    const chunks = (await reply.json()) as { candidates: { content: { parts: { text: string }[] } }[] }[]
    expect(chunks.map(({ candidates }) => candidates[0]?.content.parts[0]?.text).join('')).toBe('One two three.')
    expect(chunks.at(-1)).toMatchObject({ candidates: [{ finishReason: 'STOP' }] })
    const failed = (await (await ask({ kind: 'error-event', after: 2 })).json()) as JsonObject[]
    expect(failed.at(-1)).toMatchObject({ error: { details: [{ reason: 'upstream_failed' }] } })
    expect(JSON.stringify(failed)).not.toContain('finishReason')
  })
})

describe('Gemini’s signatures', () => {
  const signed = () => {
    const contents = bodyOf(1).contents as { parts: { functionCall?: unknown; thoughtSignature?: string }[] }[]
    return contents.flatMap(({ parts }) => parts).filter(({ functionCall }) => functionCall !== undefined)
  }

  it.each([true, false])('survive a turn of the OpenAI client (stream: %s)', async (stream) => {
    running.wall.plan([PARALLEL, { text: 'Both.' }])
    const client = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: 'k', maxRetries: 0, defaultHeaders: HEADERS })
    const tools = [{ type: 'function' as const, function: { name: 'weather', parameters: { type: 'object' } } }]
    const messages = [{ role: 'user' as const, content: 'Weather?' }]
    const ask = { model: 'via-gemini', messages, tools }
    const message = stream
      ? (await client.chat.completions.stream(ask).finalChatCompletion()).choices[0]?.message
      : (await client.chat.completions.create(ask)).choices[0]?.message
    const calls = message?.tool_calls ?? []
    expect(calls).toHaveLength(2)
    const results = calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: 'sunny' }))
    await client.chat.completions.create({
      ...ask,
      messages: [...messages, { role: 'assistant', tool_calls: calls }, ...results],
    })
    expect(signed().map(({ thoughtSignature }) => thoughtSignature)).toEqual(['EqQBCgIYAhIM+/=', undefined])
  })

  it.each([true, false])('survive a turn of the Anthropic client (stream: %s)', async (stream) => {
    running.wall.plan([PARALLEL, { text: 'Both.' }])
    const client = new Anthropic({ baseURL: running.url, apiKey: 'k', maxRetries: 0, defaultHeaders: HEADERS })
    const tools = [{ name: 'weather', input_schema: { type: 'object' as const } }]
    const messages = [{ role: 'user' as const, content: 'Weather?' }]
    const ask = { model: 'via-gemini', max_tokens: 500, messages, tools }
    const message = stream ? await client.messages.stream(ask).finalMessage() : await client.messages.create(ask)
    const results = message.content.flatMap((block) =>
      block.type === 'tool_use' ? [{ type: 'tool_result' as const, tool_use_id: block.id, content: 'sunny' }] : [],
    )
    expect(results).toHaveLength(2)
    await client.messages.create({
      ...ask,
      messages: [...messages, { role: 'assistant', content: message.content }, { role: 'user', content: results }],
    })
    expect(signed().map(({ thoughtSignature }) => thoughtSignature)).toEqual(['EqQBCgIYAhIM+/=', undefined])
  })

  it('are stood in for by Google’s word where another vendor made the call', async () => {
    const client = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: 'k', maxRetries: 0, defaultHeaders: HEADERS })
    await client.chat.completions.create({
      model: 'via-gemini',
      messages: [
        { role: 'user', content: 'Weather?' },
        {
          role: 'assistant',
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'sunny' },
      ],
    })
    expect(running.wall.calls[0]?.rawBody).toContain('"thoughtSignature":"skip_thought_signature_validator"')
  })
})
