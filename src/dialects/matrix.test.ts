/*
 * Every pair of wire formats, on one rich conversation and one rich answer: what a caller of one format says, as a provider of the
 * other hears it. The golden files beside this test are read in review: each is what really goes over the wire.
 */
import { describe, expect, it } from 'vitest'
import { collect } from '../canonical/collect.ts'
import type { DialectName } from '../canonical/dialect-name.ts'
import { type JsonObject, parseJson } from '../lib/json.ts'
import { parseSseFrame, SseFramer, sseText } from '../lib/sse.ts'
import type { Dialect } from './dialect.ts'
import { DIALECTS, dialectOf } from './registry.ts'

const MODELS: Readonly<Record<DialectName, string>> = {
  'openai-chat': 'gpt-4o-mini',
  'anthropic-messages': 'claude-sonnet-4-5',
}

/** The same conversation in each format: parallel tools, one of which fails, a picture, reasoning, an instruction in the middle. */
const REQUESTS: Readonly<Record<DialectName, JsonObject>> = {
  'openai-chat': {
    model: 'support',
    max_completion_tokens: 2000,
    temperature: 1.4,
    stop: ['END', '\n'],
    seed: 7,
    user: 'user-1',
    parallel_tool_calls: false,
    tool_choice: 'auto',
    tools: [
      {
        type: 'function',
        function: {
          name: 'weather',
          description: 'Weather of a place.',
          parameters: { type: 'object', properties: { at: { type: 'string' } } },
        },
      },
    ],
    messages: [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Where is this, and how is the weather?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
        ],
      },
      {
        role: 'assistant',
        content: 'I look it up.',
        reasoning_content: 'A bridge in Prague.',
        tool_calls: [
          { id: 'functions.weather:0', type: 'function', function: { name: 'weather', arguments: '{"at":"Praha"}' } },
          { id: 'call_2', type: 'function', function: { name: 'weather', arguments: '{"at":' } },
        ],
      },
      { role: 'tool', tool_call_id: 'functions.weather:0', content: 'Sunny' },
      { role: 'tool', tool_call_id: 'call_2', content: 'Bad arguments' },
      { role: 'system', content: 'Answer in Czech.' },
      { role: 'user', content: 'Well?' },
    ],
  },
  'anthropic-messages': {
    model: 'support',
    max_tokens: 2000,
    temperature: 0.4,
    top_k: 5,
    stop_sequences: ['END'],
    metadata: { user_id: 'user-1' },
    service_tier: 'auto',
    tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    tools: [
      {
        name: 'weather',
        description: 'Weather of a place.',
        input_schema: { type: 'object', properties: { at: { type: 'string' } } },
        cache_control: { type: 'ephemeral' },
      },
      { type: 'web_search_20250305', name: 'web_search' },
    ],
    system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Where is this, and how is the weather?' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'A bridge in Prague.', signature: 'EqQBCgIYAhIM+/=' },
          { type: 'text', text: 'I look it up.' },
          { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { at: 'Praha' } },
          { type: 'tool_use', id: 'toolu_2', name: 'weather', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 'toolu_1',
            content: [
              { type: 'text', text: 'Sunny' },
              { type: 'image', source: { type: 'url', url: 'https://example.com/map.png' } },
            ],
          },
          { type: 'tool_result', tool_use_id: 'toolu_2', is_error: true, content: 'Bad arguments' },
        ],
      },
      { role: 'system', content: 'Answer in Czech.' },
      { role: 'user', content: 'Well?' },
    ],
  },
}

const chunk = (delta: JsonObject, finish: string | null = null): JsonObject => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1700000000,
  model: 'gpt-4o-mini-2024-07-18',
  choices: [{ index: 0, delta, finish_reason: finish }],
})
const call = (index: number, fields: JsonObject) => chunk({ tool_calls: [{ index, ...fields }] })

/** The same answer in each format: reasoning, text, two calls whose arguments interleave where the format allows it. */
const STREAMS: Readonly<Record<DialectName, readonly JsonObject[]>> = {
  'openai-chat': [
    chunk({ role: 'assistant', content: '' }),
    chunk({ reasoning_content: 'Two places.' }),
    chunk({ content: 'Dobře ' }),
    chunk({ content: '👍' }),
    call(0, { id: 'call_a', type: 'function', function: { name: 'weather', arguments: '' } }),
    call(1, { id: 'call_b', type: 'function', function: { name: 'weather', arguments: '{"at":' } }),
    call(0, { function: { arguments: '{"at":"Praha"}' } }),
    call(1, { function: { arguments: '"Brno"}' } }),
    chunk({}, 'tool_calls'),
    {
      ...chunk({}),
      choices: [],
      usage: {
        prompt_tokens: 30,
        completion_tokens: 12,
        total_tokens: 42,
        prompt_tokens_details: { cached_tokens: 10 },
        completion_tokens_details: { reasoning_tokens: 4 },
      },
    },
  ],
  'anthropic-messages': [
    {
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'claude-sonnet-4-5-20250929',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 20, cache_read_input_tokens: 10, cache_creation_input_tokens: 5, output_tokens: 1 },
      },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Two places.' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'EqQBCgIYAhIM+/=' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Dobře 👍' } },
    { type: 'content_block_stop', index: 1 },
    {
      type: 'content_block_start',
      index: 2,
      content_block: { type: 'tool_use', id: 'toolu_a', name: 'weather', input: {} },
    },
    { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{"at":"Praha"}' } },
    { type: 'content_block_stop', index: 2 },
    {
      type: 'content_block_start',
      index: 3,
      content_block: { type: 'tool_use', id: 'toolu_b', name: 'now', input: {} },
    },
    { type: 'content_block_stop', index: 3 },
    { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 12 } },
    { type: 'message_stop' },
  ],
}

const NAMES = Object.keys(DIALECTS) as DialectName[]
const PAIRS = NAMES.flatMap((from) => NAMES.map((to) => [from, to] as const))

describe.each(PAIRS)('from %s to %s', (from, to) => {
  const caller = dialectOf(from)
  const provider = dialectOf(to)
  const golden = (what: string) => `./matrix/${from}-to-${to}.${what}`

  it('writes the request', async () => {
    const request = caller.decodeRequest(REQUESTS[from])
    const encoded = provider.encodeRequest(request, { model: MODELS[to], quirks: {} })
    await expect(pretty(encoded)).toMatchFileSnapshot(golden('request.golden.json'))
    const calls = (body: JsonObject, dialect: Dialect) =>
      dialect
        .decodeRequest(body)
        .messages.flatMap(({ content }) =>
          content.flatMap((part) =>
            part.type === 'tool-call' ? [part.id] : part.type === 'tool-result' ? [part.toolCallId] : [],
          ),
        )
    expect(calls(encoded.body, provider)).toEqual(calls(REQUESTS[from], caller))
  })

  it('writes the answer', async () => {
    const answer = collect(eventsOf(caller))
    const body = provider.encodeResponse(answer)
    await expect(pretty(timeless(JSON.stringify(body)))).toMatchFileSnapshot(golden('answer.golden.json'))
    expect(said(provider.decodeResponse(body))).toEqual(said(answer))
  })

  it('writes the stream', async () => {
    const events = eventsOf(caller)
    const encoder = provider.streamEncoder({ id: 'given', model: 'given', includeUsage: true })
    const text = events.map((event) => encoder.push(event)).join('') + encoder.end()
    await expect(timeless(text)).toMatchFileSnapshot(golden('stream.golden.txt'))
    expect(said(collect(read(provider, text)))).toEqual(said(collect(events)))
  })
})

function eventsOf(dialect: Dialect) {
  return read(dialect, STREAMS[dialect.name].map((data) => sseText(JSON.stringify(data))).join(''))
}

function read(dialect: Dialect, text: string) {
  const decoder = dialect.streamDecoder()
  const events = new SseFramer().push(Buffer.from(text)).flatMap((frame) => {
    const event = parseSseFrame(frame)
    return event ? decoder.push(event) : []
  })
  return [...events, ...decoder.end()]
}

/** What an answer says, whatever the format it went through: texts, calls with their meaning, finish and counters. */
function said({ content, finishReason, usage }: ReturnType<typeof collect>) {
  const { raw: _, ...counters } = usage ?? {}
  const parts = content.map((part) => {
    if (part.type === 'tool-call') return [part.id, part.name, parseJson(part.arguments)]
    return 'text' in part ? [part.type, part.text] : [part.type]
  })
  return { parts, finishReason, counters }
}

/** Formats that tell the time tell it now. */
function timeless(text: string): string {
  return text.replace(/"created":\d+/g, '"created":0')
}

function pretty(value: unknown): string {
  return `${JSON.stringify(typeof value === 'string' ? parseJson(value) : value, null, 2)}\n`
}
