import { describe, expect, test } from 'vitest'
import type { Part } from '../../canonical/content.ts'
import type { FinishReason } from '../../canonical/response.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import { encodeFinishReason } from './finish-reason.ts'
import { decodeResponse, encodeResponse } from './response.ts'

function answer(message: JsonObject, choice: JsonObject = {}): JsonObject {
  return {
    ...{ id: 'chatcmpl-1', object: 'chat.completion', created: 1700000000, model: 'gpt-4o-2024-08-06' },
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop', ...choice }],
  }
}

const content = (message: JsonObject): readonly Part[] => decodeResponse(answer(message)).content
const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1.0}' } }
const part = { type: 'tool-call', id: 'c1', name: 'f', arguments: '{"a":1.0}' }

describe('decoding an answer', () => {
  test('the head, the text, the finish and the usage', () => {
    const body = { ...answer({ content: 'hi' }), usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 } }
    expect(decodeResponse(body)).toEqual({
      ...{ id: 'chatcmpl-1', model: 'gpt-4o-2024-08-06', created: 1700000000 },
      content: [{ type: 'text', text: 'hi' }],
      ...{ finishReason: 'stop', rawFinishReason: 'stop' },
      usage: { inputUncached: 3, outputText: 1, raw: body.usage },
    })
  })

  test.each<[JsonObject, object[]]>([
    [{ content: null, tool_calls: [call] }, [part]],
    [
      { content: '', tool_calls: [{ ...call, function: { name: 'f', arguments: '' } }] },
      [{ ...part, arguments: '{}' }],
    ],
    [
      { content: null, tool_calls: [{ ...call, function: { name: 'f', arguments: { a: 1 } } }] },
      [{ ...part, arguments: '{"a":1}' }],
    ],
    [
      { content: 'hi', function_call: { name: '', arguments: '' }, tool_calls: null, audio: { data: '', id: '' } },
      [{ type: 'text', text: 'hi' }],
    ],
    [{ content: null, refusal: 'no' }, [{ type: 'refusal', text: 'no' }]],
    [
      { content: 'hi', reasoning_content: 'hm' },
      [
        { type: 'reasoning', text: 'hm' },
        { type: 'text', text: 'hi' },
      ],
    ],
    [
      {
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
          { type: 'text', text: 'hi' },
        ],
      },
      [
        { type: 'reasoning', text: 'hm' },
        { type: 'text', text: 'hi' },
      ],
    ],
    [
      { content: null, audio: { id: 'a', data: 'QUJD', transcript: 'hello', expires_at: 1 } },
      [
        { type: 'text', text: 'hello' },
        {
          type: 'opaque',
          dialect: 'openai-chat',
          block: { audio: { id: 'a', data: 'QUJD', transcript: 'hello', expires_at: 1 } },
        },
      ],
    ],
  ])('the message %j', (message, parts) => {
    expect(content(message)).toEqual(parts)
  })

  test('a legacy function call gets an id', () => {
    expect(content({ content: null, function_call: { name: 'f', arguments: '{}' } })).toEqual([
      { type: 'tool-call', id: expect.stringMatching(/^call_./), name: 'f', arguments: '{}' },
    ])
  })

  test('the first choice is the answer, wherever it stands', () => {
    const {
      choices: [first],
    } = answer({ content: 'first' }) as { choices: JsonObject[] }
    const body = { choices: [{ ...first, index: 1, message: { content: 'second' } }, first ?? {}] }
    expect(decodeResponse(body).content).toEqual([{ type: 'text', text: 'first' }])
  })

  test.each<[JsonObject, JsonObject, object]>([
    [{}, { finish_reason: 'length' }, { finishReason: 'length', rawFinishReason: 'length' }],
    [{}, { finish_reason: 'content_filter' }, { finishReason: 'content-filter' }],
    [{ tool_calls: [call] }, { finish_reason: 'tool_calls' }, { finishReason: 'tool-calls' }],
    [{ tool_calls: [call] }, { finish_reason: 'stop' }, { finishReason: 'tool-calls', rawFinishReason: 'stop' }],
    [{ tool_calls: [call] }, { finish_reason: '' }, { finishReason: 'tool-calls' }],
    [{ tool_calls: [call] }, { finish_reason: 'length' }, { finishReason: 'length' }],
    [{ content: 'hi' }, { finish_reason: null }, { finishReason: 'stop' }],
    [{}, { finish_reason: 'function_call' }, { finishReason: 'tool-calls' }],
    [{}, { finish_reason: 'SAFETY' }, { finishReason: 'content-filter' }],
    [{}, { finish_reason: 'constructor' }, { finishReason: 'other', rawFinishReason: 'constructor' }],
    [{}, { finish_reason: 'stop', stop_reason: 'END' }, { finishReason: 'stop-sequence', stopSequence: 'END' }],
    [{}, { finish_reason: 'stop', stop_reason: 154827 }, { finishReason: 'stop' }],
  ])('%j with %j', (message, choice, finish) => {
    expect(decodeResponse(answer(message, choice))).toMatchObject(finish)
  })

  test('an error in a reply that said 200 is an upstream error', () => {
    const body = { error: { message: 'filtered', code: 'content_filter', status: 400 } }
    expect(() => decodeResponse(body)).toThrow(
      expect.objectContaining({
        code: 'upstream_failed',
        message: expect.stringContaining('filtered'),
        upstream: { status: 400, code: 'content_filter' },
      }),
    )
    expect(() => decodeResponse({ error: 'out of memory' })).toThrow(
      expect.objectContaining({ code: 'upstream_failed' }),
    )
    expect(decodeResponse({ ...answer({ content: 'hi' }), error: null }).content).toHaveLength(1)
  })

  test.each<JsonValue>(['no', [], {}, { choices: [] }, { choices: [{}] }, { choices: 'x' }])(
    '%j is no answer',
    (body) => {
      expect(() => decodeResponse(body)).toThrow(expect.objectContaining({ code: 'upstream_invalid_response' }))
    },
  )
})

describe('encoding an answer', () => {
  test('a chat completion as OpenAI writes it', () => {
    expect(
      encodeResponse({
        ...{ id: 'i', model: 'm', created: 7, finishReason: 'tool-calls' },
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
          { type: 'tool-call', id: 'c1', name: 'f', arguments: '{}' },
        ],
        usage: { inputUncached: 3, outputText: 1 },
      }),
    ).toEqual({
      ...{ id: 'i', object: 'chat.completion', created: 7, model: 'm' },
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'ab',
            refusal: null,
            tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }],
          },
          logprobs: null,
          finish_reason: 'tool_calls',
        },
      ],
      usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 },
    })
  })

  test('what the upstream did not name is named', () => {
    expect(encodeResponse({ content: [], finishReason: 'stop' })).toMatchObject({
      id: expect.stringMatching(/^chatcmpl_/),
      created: expect.any(Number),
      choices: [{ message: { content: '' } }],
    })
  })

  test.each<[FinishReason, string]>([
    ['stop', 'stop'],
    ['stop-sequence', 'stop'],
    ['length', 'length'],
    ['tool-calls', 'tool_calls'],
    ['content-filter', 'content_filter'],
    ['pause', 'stop'],
    ['context-length', 'length'],
  ])('%s is %s', (finishReason, word) => {
    expect(encodeFinishReason(finishReason, undefined)).toBe(word)
  })

  test('an unknown finish reason passes through', () => {
    expect(encodeFinishReason('other', 'network_error')).toBe('network_error')
    expect(encodeFinishReason('other', undefined)).toBe('stop')
  })
})
