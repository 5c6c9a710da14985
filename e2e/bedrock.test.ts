import Anthropic from '@anthropic-ai/sdk'
import { BedrockRuntimeClient, ConverseCommand, type ConverseCommandInput } from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import OpenAI, { BadRequestError, RateLimitError } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { isObject, type JsonObject, type JsonValue } from '../src/lib/json.ts'
import { configFor, MODEL, type Running, startRunning } from './running-gateway.ts'

/*
 * Callers with the SDKs of OpenAI and Anthropic, and behind the gateway a Bedrock that is as strict as the real one: its own format, its binary
 * streams, its rules.
 */

const CLAUDE = 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0'
const NOVA = 'arn:aws:bedrock:eu-west-1:000000000000:inference-profile/eu.amazon.nova-lite-v1:0'
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='
const SCHEMA = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] }
const HEADERS = { 'x-headgate-feature': 'e2e' }

let running: Running
let openai: OpenAI
let anthropic: Anthropic

beforeAll(async () => {
  running = await startRunning((wall) => ({
    providers: {
      ...configFor(wall).providers,
      br: {
        type: 'bedrock',
        region: 'eu-west-1',
        base_url: wall.url,
        api_key: 'bedrock-api-key',
        models: { [CLAUDE]: MODEL, [NOVA]: MODEL },
      },
    },
    models: { claude: [`br/${CLAUDE}`], nova: [`br/${NOVA}`], 'claude-or-chat': [`br/${CLAUDE}`, 'oa/m'] },
  }))
  openai = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: 'anything', maxRetries: 0, defaultHeaders: HEADERS })
  anthropic = new Anthropic({ baseURL: running.url, apiKey: 'anything', maxRetries: 0, defaultHeaders: HEADERS })
})
afterAll(() => running.stop())
beforeEach(() => {
  running.wall.plan(null)
  running.wall.clear()
})

const ask = (model: string, content: OpenAI.ChatCompletionUserMessageParam['content'] = 'Say something.') => ({
  model,
  max_tokens: 3000,
  messages: [{ role: 'user' as const, content }],
})

function sent(at = -1): JsonObject {
  const body = running.wall.calls.at(at)?.body
  return isObject(body) ? body : {}
}

describe('an openai caller', () => {
  it.each([
    ['claude', `/model/${encodeURIComponent(CLAUDE)}/converse`],
    ['nova', `/model/${encodeURIComponent(NOVA)}/converse`],
  ])('gets a plain answer of %s with usage, called with the key by its address', async (model, path) => {
    running.wall.plan({ text: 'Grüezi 👋', usage: { cacheReadInputTokens: 40, cacheWriteInputTokens: 2 } })
    const { data, response } = await openai.chat.completions.create(ask(model)).withResponse()
    expect(data.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Grüezi 👋' } })
    expect(data.usage?.prompt_tokens_details?.cached_tokens).toBe(40)
    expect(Number(response.headers.get('x-headgate-cost-usd'))).toBeGreaterThan(0)
    const [call] = running.wall.calls
    expect(call).toMatchObject({ path, key: 'bedrock-api-key', completed: true, dialect: 'bedrock-converse' })
    expect(data.usage?.prompt_tokens).toBe((call?.billed.inputTokens ?? 0) as number)
  })

  it('gets a stream as text, reasoning, usage and an end, however the binary messages are cut', async () => {
    running.wall.plan({ text: 'Grüße, 世界 🌍', reasoning: 'Short is good.', fault: { kind: 'slices', bytes: 7 } })
    const stream = await openai.chat.completions.create({
      ...ask('claude'),
      stream: true,
      stream_options: { include_usage: true },
    })
    let text = ''
    let usage: OpenAI.CompletionUsage | null | undefined
    let finish: string | null | undefined
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      finish = chunk.choices[0]?.finish_reason ?? finish
      usage = chunk.usage ?? usage
    }
    expect({ text, finish }).toEqual({ text: 'Grüße, 世界 🌍', finish: 'stop' })
    expect(usage?.completion_tokens).toBe(running.wall.calls[0]?.billed.outputTokens)
    expect(running.wall.calls[0]?.headers.accept).toBe('application/vnd.amazon.eventstream')
  })

  it('gets what it asked for by schema, and pictures reach the model as bytes', async () => {
    const answer = await openai.chat.completions.create({
      ...ask('claude', [
        { type: 'text', text: 'Where is this?' },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } },
      ]),
      response_format: { type: 'json_schema', json_schema: { name: 'place', schema: SCHEMA, strict: true } },
    })
    expect(JSON.parse(answer.choices[0]?.message.content ?? '')).toEqual({ city: expect.any(String) })
    expect(JSON.stringify(sent().messages)).toContain(`"image":{"format":"png","source":{"bytes":"${PIXEL}"}}`)
  })

  it('is told that a picture must come as bytes, and what else can answer does', async () => {
    const linked = [
      { type: 'text' as const, text: 'Where is this?' },
      { type: 'image_url' as const, image_url: { url: 'https://example.com/a.png' } },
    ]
    const refused = await openai.chat.completions.create(ask('claude', linked)).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(BadRequestError)
    expect(refused).toMatchObject({ code: 'unsupported_parameter', param: 'messages[0].content[1]' })
    expect(String(refused)).toContain('send the bytes in base64')
    expect(running.wall.calls).toEqual([])
    const answer = await openai.chat.completions.create(ask('claude-or-chat', linked))
    expect(answer.choices[0]?.message.content).not.toBe('')
    expect(running.wall.calls.map(({ dialect }) => dialect)).toEqual(['openai-chat'])
  })

  it.each([
    [429, RateLimitError, 'upstream_rate_limited'],
    [400, BadRequestError, 'invalid_request'],
  ])('gets an error of status %i as its own', async (status, type, code) => {
    running.wall.plan({ fault: { kind: 'status', status, message: 'The garden is closed.' } })
    const failed = await openai.chat.completions.create(ask('claude')).catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(type)
    expect(failed).toMatchObject({ code })
    expect(String(failed)).toContain('The garden is closed.')
  })

  it('gets the answer of another deployment when the stream begins with an exception', async () => {
    running.wall.plan((call) =>
      call.dialect === 'bedrock-converse' ? { fault: { kind: 'error-event', after: 0 } } : { text: 'Here.' },
    )
    const stream = await openai.chat.completions.create({ ...ask('claude-or-chat'), stream: true })
    let text = ''
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
    expect(text).toBe('Here.')
  })

  it.each([
    ['an exception', { kind: 'error-event', after: 4 }],
    ['a cut', { kind: 'cut', after: 4 }],
    ['a clean end without its sign', { kind: 'eof', after: 4 }],
    ['bytes that are no message', { kind: 'error-tail', after: 4 }],
  ] as const)('never takes a stream that breaks off with %s for whole', async (_, fault) => {
    running.wall.plan({ tokens: 40, fault })
    const stream = await openai.chat.completions.create({ ...ask('claude'), stream: true })
    let text = ''
    const reading = async () => {
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
    }
    await expect(reading()).rejects.toThrow()
    expect(text).not.toBe('')
  })

  it('ends the upstream when it leaves', async () => {
    running.wall.plan({ tokens: 500, betweenEventsMs: 5 })
    const stream = await openai.chat.completions.create({ ...ask('claude'), stream: true })
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break
    const call = await running.wall.waitFor(({ outcome }) => outcome === 'aborted')
    expect(call.contentEvents).toBeLessThan(500)
  })
})

describe('three turns with a tool and sealed reasoning', () => {
  const SEALS = ['c2VhbDE=', 'c2VhbDI=']
  const answers = () => {
    let turn = 0
    running.wall.plan(() => {
      turn += 1
      const call = { id: `tooluse_${turn}`, name: 'look', arguments: { city: `City ${turn}` } }
      return turn > 2
        ? { text: 'Sunny in both.' }
        : { reasoning: { text: `Look at ${turn}.`, signature: SEALS[turn - 1] ?? '' }, toolCalls: [call] }
    })
  }
  const expectWhole = () => {
    const turns = (Array.isArray(sent().messages) ? sent().messages : []) as JsonValue[]
    const seals = JSON.stringify(turns).match(/"signature":"[^"]+"/g)
    expect(seals).toEqual(SEALS.map((seal) => `"signature":"${seal}"`))
    expect(turns.map((turn) => (isObject(turn) ? turn.role : null))).toEqual([
      'user',
      'assistant',
      'user',
      'assistant',
      'user',
    ])
    expect(sent().additionalModelRequestFields).toMatchObject({ thinking: { type: 'enabled' } })
    expect(running.wall.calls.map(({ outcome }) => outcome)).toEqual(['completed', 'completed', 'completed'])
  }

  it.each([false, true])('stay whole for an openai caller, streamed: %s', async (streamed) => {
    answers()
    const tools = [{ type: 'function' as const, function: { name: 'look', parameters: SCHEMA } }]
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'How is the weather?' }]
    for (let turn = 0; turn < 3; turn += 1) {
      const request = { model: 'claude', max_tokens: 3000, reasoning_effort: 'low' as const, tools, messages }
      const message = streamed
        ? await openai.chat.completions.stream(request).finalMessage()
        : (await openai.chat.completions.create(request)).choices[0]?.message
      if (!message) throw new Error('there is no message')
      messages.push(message as OpenAI.ChatCompletionMessageParam)
      for (const call of message.tool_calls ?? []) {
        messages.push({ role: 'tool', tool_call_id: call.id, content: 'Sunny.' })
      }
    }
    expect(messages.at(-1)).toMatchObject({ role: 'assistant', content: 'Sunny in both.' })
    expectWhole()
  })

  it.each([false, true])('stay whole for an anthropic caller, streamed: %s', async (streamed) => {
    answers()
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'How is the weather?' }]
    for (let turn = 0; turn < 3; turn += 1) {
      const request = {
        model: 'claude',
        max_tokens: 3000,
        thinking: { type: 'enabled' as const, budget_tokens: 1024 },
        tools: [{ name: 'look', input_schema: SCHEMA }],
        messages,
      }
      const message = streamed
        ? await anthropic.messages.stream(request).finalMessage()
        : await anthropic.messages.create(request)
      messages.push({ role: 'assistant', content: message.content })
      const results = message.content.flatMap((block) =>
        block.type === 'tool_use'
          ? [
              {
                type: 'tool_result' as const,
                tool_use_id: block.id,
                content: [{ type: 'text' as const, text: 'Sunny.' }],
              },
            ]
          : [],
      )
      if (results.length > 0) messages.push({ role: 'user', content: results })
    }
    expectWhole()
  })
})

describe('an anthropic caller', () => {
  it('hears the stop text that Claude names, and marks its prompt for caching', async () => {
    running.wall.plan({ text: 'One END two' })
    const message = await anthropic.messages.create({
      model: 'claude',
      max_tokens: 100,
      stop_sequences: ['END'],
      system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral', ttl: '1h' } }],
      messages: [{ role: 'user', content: 'Count.' }],
    })
    expect(message).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'END' })
    expect(sent().system).toEqual([{ text: 'Be brief.' }, { cachePoint: { type: 'default', ttl: '1h' } }])
    expect(sent().additionalModelResponseFieldPaths).toContain('/stop_sequence')
  })

  it('sends documents under names that Bedrock takes', async () => {
    const pdf = { type: 'base64' as const, media_type: 'application/pdf' as const, data: PIXEL }
    await anthropic.messages.create({
      model: 'claude',
      max_tokens: 100,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'document', title: 'Q3_report (final).pdf', source: pdf },
            { type: 'document', title: 'Q3_report (final).pdf', source: pdf },
            { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Grüße' } },
          ],
        },
      ],
    })
    expect(JSON.stringify(sent()).match(/"name":"[^"]+"/g)).toEqual([
      '"name":"Q3-report (final)"',
      '"name":"Q3-report (final) 2"',
      '"name":"Document"',
    ])
  })
})

it('asks in words that Amazon’s own SDK writes too', async () => {
  await openai.chat.completions.create({
    ...ask('claude', [
      { type: 'text', text: 'Where is this?' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } },
      { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${PIXEL}` } },
    ]),
    temperature: 0.5,
    stop: ['END'],
    tools: [{ type: 'function', function: { name: 'look', description: 'Looks.', parameters: SCHEMA, strict: true } }],
    tool_choice: 'required',
    response_format: { type: 'json_schema', json_schema: { name: 'place', schema: SCHEMA, strict: true } },
  })
  const asked = sent()
  running.wall.clear()
  const client = new BedrockRuntimeClient({
    endpoint: running.wall.url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wall' },
    requestHandler: new NodeHttpHandler(),
  })
  // What the SDK does not know it leaves out.
  await client.send(new ConverseCommand({ modelId: CLAUDE, ...(withBytes(asked) as Partial<ConverseCommandInput>) }))
  client.destroy()
  expect(sent()).toEqual(asked)
  expect(running.wall.calls[0]?.path).toBe(`/model/${encodeURIComponent(CLAUDE)}/converse`)
})

/** Bytes are base64 on the wire and bytes in the SDK. */
function withBytes(value: JsonValue | Uint8Array): unknown {
  if (Array.isArray(value)) return value.map(withBytes)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([field, each]) => [
      field,
      field === 'bytes' && typeof each === 'string' ? Buffer.from(each, 'base64') : withBytes(each),
    ]),
  )
}
