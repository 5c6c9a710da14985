import { describe, expect, it } from 'vitest'
import type { CanonicalResponse } from '../../canonical/response.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { JsonValue } from '../../lib/json.ts'
import { decodeResponse, encodeResponse } from './response.ts'

const ANSWER = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5-20250929',
  content: [
    { type: 'thinking', thinking: 'why', signature: 'sig' },
    { type: 'text', text: 'Sunny.', citations: [{ type: 'char_location' }] },
    { type: 'text', text: 'Bye.', citations: [] },
    { type: 'tool_use', id: 'toolu_1', name: 'look', input: {}, caller: { type: 'direct' } },
    { type: 'web_search_tool_result', tool_use_id: 'srv_1', content: [] },
  ],
  stop_reason: 'tool_use',
  stop_sequence: null,
  usage: { input_tokens: 10, output_tokens: 5 },
}

function errorOf(body: JsonValue): GatewayError {
  try {
    decodeResponse(body)
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('was accepted')
}

describe('a whole Messages answer', () => {
  it('is read', () => {
    expect(decodeResponse(ANSWER)).toEqual({
      id: 'msg_1',
      model: 'claude-sonnet-4-5-20250929',
      content: [
        { type: 'reasoning', text: 'why', signature: 'sig', origin: 'anthropic-messages' },
        {
          type: 'text',
          text: 'Sunny.',
          extensions: { 'anthropic-messages': { citations: [{ type: 'char_location' }] } },
        },
        { type: 'text', text: 'Bye.' },
        { type: 'tool-call', id: 'toolu_1', name: 'look', arguments: '{}' },
        { type: 'opaque', dialect: 'anthropic-messages', block: ANSWER.content[4] },
      ],
      finishReason: 'tool-calls',
      usage: { inputUncached: 10, outputText: 5, raw: { input_tokens: 10, output_tokens: 5 } },
    })
  })

  it('is written with every field that SDKs need', () => {
    const { usage, ...written } = encodeResponse(decodeResponse(ANSWER))
    expect(written).toEqual({
      ...ANSWER,
      usage: undefined,
      content: [
        ANSWER.content[0],
        ANSWER.content[1],
        { type: 'text', text: 'Bye.' },
        { type: 'tool_use', id: 'toolu_1', name: 'look', input: {} },
        ANSWER.content[4],
      ],
    })
    expect(usage).toEqual({ input_tokens: 10, output_tokens: 5 })
    const bare = encodeResponse({ content: [], finishReason: 'stop' })
    expect(bare).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: '',
      content: [],
      stop_reason: 'end_turn',
      stop_sequence: null,
    })
    expect(bare.id).toMatch(/^msg_/)
    expect(bare.usage).toEqual({ input_tokens: 0, output_tokens: 0 })
  })

  it("shows another vendor's answer without its secrets", () => {
    const response: CanonicalResponse = {
      content: [
        { type: 'reasoning', text: 'why', signature: 'foreign', origin: 'openai-chat' },
        { type: 'reasoning', text: '', redacted: 'foreign', origin: 'openai-chat' },
        { type: 'text', text: '' },
        { type: 'tool-call', id: 'functions.look:0', name: 'look', arguments: '{"broken' },
        { type: 'opaque', dialect: 'openai-chat', block: { x: 1 } },
      ],
      finishReason: 'tool-calls',
    }
    const { content } = encodeResponse(response)
    expect(content).toEqual([
      { type: 'thinking', thinking: 'why', signature: '' },
      { type: 'tool_use', id: expect.stringMatching(/^[\w-]+$/), name: 'look', input: { _raw: '{"broken' } },
    ])
  })

  it('shows a refusal as text that ended in one', () => {
    const refused = encodeResponse({ content: [{ type: 'refusal', text: 'No.' }], finishReason: 'stop' })
    expect(refused).toMatchObject({ content: [{ type: 'text', text: 'No.' }], stop_reason: 'refusal' })
  })

  it('that is an error in disguise fails as the provider failed', () => {
    const error = errorOf({ type: 'error', error: { type: 'overloaded_error', message: 'Busy' } })
    expect(error.code).toBe('upstream_failed')
    expect(error.message).toContain('Busy')
    expect(error.upstream).toEqual({ code: 'overloaded_error', status: 529 })
  })

  it.each<[JsonValue]>([
    [null],
    ['text'],
    [{}],
    [{ content: 'text' }],
    [{ content: [{ type: 'text' }] }],
    [{ content: [7] }],
  ])('that is none is an invalid one: %j', (body) => {
    expect(errorOf(body).code).toBe('upstream_invalid_response')
  })
})
