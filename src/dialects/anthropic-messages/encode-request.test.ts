import { describe, expect, it } from 'vitest'
import type { CanonicalRequest } from '../../canonical/request.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { Quirks } from '../dialect.ts'
import { encodeRequest } from './request.ts'

const OLD = 'claude-3-opus-20240229'

function encode(request: Partial<CanonicalRequest>, model = OLD, quirks: Quirks = {}) {
  const messages = [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] } as const]
  return encodeRequest({ model: 'task', stream: false, messages, ...request }, { model, quirks })
}

describe('encoding a Messages request', () => {
  it('writes the least', () => {
    expect(encode({})).toEqual({
      body: { model: OLD, max_tokens: 4096, messages: [{ role: 'user', content: 'Hi' }] },
      dropped: [],
    })
    expect(encode({}, OLD, { defaultMaxTokens: 900 }).body.max_tokens).toBe(900)
    expect(encode({ maxOutputTokens: 5, stream: true, endUser: 'u' }).body).toMatchObject({
      max_tokens: 5,
      stream: true,
      metadata: { user_id: 'u' },
    })
  })

  it('leaves the model to the address and puts the version into the body where a cloud wants it so', () => {
    const { body } = encode({}, OLD, { versionInBody: 'vertex-2023-10-16' })
    expect(body).toEqual({
      anthropic_version: 'vertex-2023-10-16',
      max_tokens: 4096,
      messages: [{ role: 'user', content: 'Hi' }],
    })
  })

  it('reports what this format does not have', () => {
    const { body, dropped } = encode({
      seed: 1,
      frequencyPenalty: 0.5,
      presencePenalty: -0.5,
      responseFormat: { type: 'json' },
      stop: ['END', '\n'],
      extensions: { 'openai-chat': { logprobs: true, logit_bias: {} }, 'anthropic-messages': { service_tier: 'auto' } },
    })
    expect([...dropped].sort()).toEqual([
      'frequency_penalty',
      'logit_bias',
      'logprobs',
      'presence_penalty',
      'response_format',
      'seed',
      'stop[1]',
    ])
    expect(body).toMatchObject({ stop_sequences: ['END'], service_tier: 'auto' })
    expect(Object.keys(body)).not.toContain('logprobs')
  })

  it('refuses several answers and too many stop texts by name', () => {
    const refusal = (ask: () => unknown) => {
      try {
        ask()
      } catch (error) {
        return error instanceof GatewayError ? [error.code, error.param] : error
      }
    }
    expect(refusal(() => encode({ choices: 2 }))).toEqual(['unsupported_parameter', 'n'])
    expect(refusal(() => encode({ stop: ['a', 'b'] }, OLD, { maxStops: 1 }))).toEqual(['unsupported_parameter', 'stop'])
    expect(encode({ choices: 1 }).dropped).toEqual([])
  })

  it('leaves out fields that the host rejects', () => {
    const { body, dropped } = encode({ topK: 5 }, OLD, { rejects: ['top_k', 'metadata'] })
    expect(body.top_k).toBeUndefined()
    expect(dropped).toEqual(['top_k'])
  })

  it.each([
    [OLD, { temperature: 1.6, topP: 0.5, topK: 9 }, { temperature: 1, top_p: 0.5, top_k: 9 }, ['temperature']],
    ['claude-sonnet-4-5', { temperature: 0.4, topP: 0.5 }, { temperature: 0.4 }, ['top_p']],
    ['claude-sonnet-4-5', { temperature: 1, topP: 1 }, { temperature: 1 }, []],
    ['claude-opus-4-8', { temperature: 0.4, topP: 0.5, topK: 9 }, {}, ['temperature', 'top_p', 'top_k']],
    ['claude-opus-4-8', { temperature: 1, topP: 1 }, {}, []],
    [
      'claude-sonnet-4-5',
      { temperature: 0.4, topP: 0.97, topK: 3, reasoning: { budgetTokens: 2000 } },
      { top_p: 0.97 },
      ['temperature', 'top_k'],
    ],
    ['claude-sonnet-4-5', { temperature: 1, reasoning: { budgetTokens: 2000 } }, { temperature: 1 }, []],
  ])('writes the sampling that %s takes of %j', (model, request, fields, dropped) => {
    const { body, dropped: lost } = encode(request, model)
    const { temperature, top_p, top_k } = body
    expect(JSON.parse(JSON.stringify({ temperature, top_p, top_k }))).toEqual(fields)
    expect(lost).toEqual(dropped)
  })

  it.each([
    [{ toolChoice: { type: 'auto' } }, { type: 'auto' }],
    [{ toolChoice: { type: 'none' }, parallelToolCalls: false }, { type: 'none' }],
    [{ toolChoice: { type: 'required' } }, { type: 'any' }],
    [{ toolChoice: { type: 'named', name: 'look' } }, { type: 'tool', name: 'look' }],
    [{ parallelToolCalls: false }, { type: 'auto', disable_parallel_tool_use: true }],
    [
      { toolChoice: { type: 'required' }, parallelToolCalls: false },
      { type: 'any', disable_parallel_tool_use: true },
    ],
    [{ parallelToolCalls: true }, undefined],
    [{}, undefined],
  ] as const)('writes the tool choice %j', (rules, wire) => {
    const { body, dropped } = encode({ tools: [{ type: 'function', name: 'look' }], ...rules })
    expect(body.tool_choice).toEqual(wire)
    expect(dropped).toEqual([])
  })

  it('writes no tool choice without tools, and says so where one was forced', () => {
    expect(encode({ toolChoice: { type: 'auto' } })).toMatchObject({ dropped: [] })
    const forced = encode({ toolChoice: { type: 'required' } })
    expect(forced.body.tool_choice).toBeUndefined()
    expect(forced.dropped).toEqual(['tool_choice'])
  })

  it('writes functions and its own hosted tools, and reports those of others', () => {
    const definition = { type: 'web_search_20250305', name: 'web_search' }
    const { body, dropped } = encode({
      tools: [
        {
          type: 'function',
          name: 'look',
          description: 'Looks.',
          parameters: { type: 'object', properties: { at: {} } },
        },
        { type: 'function', name: 'bare', extensions: { 'anthropic-messages': { defer_loading: true } } },
        { type: 'hosted', dialect: 'anthropic-messages', definition },
        { type: 'hosted', dialect: 'openai-chat', definition: { type: 'x' } },
      ],
    })
    expect(body.tools).toEqual([
      { name: 'look', description: 'Looks.', input_schema: { type: 'object', properties: { at: {} } } },
      { name: 'bare', input_schema: { type: 'object', properties: {} }, defer_loading: true },
      definition,
    ])
    expect(dropped).toEqual(['tools[3]'])
  })

  it('holds answers and strict tools to a schema the provider can compile', () => {
    const schema = { type: 'object', properties: { age: { type: 'integer', minimum: 0, description: 'Years.' } } }
    const narrowed = {
      type: 'object',
      properties: { age: { type: 'integer', description: 'Years.\n\n{"minimum":0}' } },
      additionalProperties: false,
    }
    const ask: Partial<CanonicalRequest> = {
      responseFormat: { type: 'json-schema', name: 'person', schema },
      tools: [
        { type: 'function', name: 'look', strict: true, parameters: schema },
        { type: 'function', name: 'free', parameters: schema },
      ],
    }
    const { body, dropped } = encode(ask, 'claude-sonnet-4-5')
    expect(body.output_config).toEqual({ format: { type: 'json_schema', schema: narrowed } })
    expect(body.tools).toEqual([
      { name: 'look', strict: true, input_schema: narrowed },
      { name: 'free', input_schema: schema },
    ])
    expect(dropped).toEqual([
      'tools[0].function.parameters.properties.age.minimum',
      'response_format.json_schema.schema.properties.age.minimum',
    ])
    const old = encode(ask, OLD)
    expect(old.body.output_config).toBeUndefined()
    expect(old.dropped).toEqual(['tools[0].function.strict', 'response_format'])
  })
})
