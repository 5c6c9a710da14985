import { describe, expect, test } from 'vitest'
import type { CanonicalRequest } from '../../canonical/request.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import type { Quirks } from '../dialect.ts'
import { decodeRequest, encodeRequest } from './request.ts'

const hello = [{ role: 'user', content: 'hello' }]

function decode(fields: JsonObject): CanonicalRequest {
  return decodeRequest({ model: 'm', messages: hello, ...fields })
}

function encode(request: Partial<CanonicalRequest>, quirks: Quirks = {}, promptCacheKey?: string) {
  const base: CanonicalRequest = {
    model: 'logical',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }],
    stream: false,
  }
  return encodeRequest(
    { ...base, ...request },
    { model: 'up', quirks, ...(promptCacheKey === undefined ? {} : { promptCacheKey }) },
  )
}

describe('decoding', () => {
  test('the fields that vendors share become canonical, and null is the same as absent', () => {
    const request = decode({
      ...{ temperature: 0.5, top_p: 0.9, stop: 'END', seed: 7, n: 3, user: 'u1', stream: true, max_tokens: 16 },
      ...{ frequency_penalty: 0.1, presence_penalty: -0.2, stream_options: { include_usage: true } },
      ...{ logit_bias: null, response_format: null, tools: null, tool_choice: null },
    })
    expect(request).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }],
      ...{ stream: true, includeUsage: true, temperature: 0.5, topP: 0.9, stop: ['END'], seed: 7, choices: 3 },
      ...{ endUser: 'u1', maxOutputTokens: 16, frequencyPenalty: 0.1, presencePenalty: -0.2 },
    })
  })

  test('what only this format has is kept for it, but not what is Headgate’s own', () => {
    const request = decode({
      ...{ logprobs: true, service_tier: 'flex', metadata: { tenant_id: 't' }, documents: [] },
      ...{ stream_options: { include_usage: true, include_obfuscation: false }, reasoning_effort: 'turbo' },
    })
    expect(request.extensions).toEqual({
      'openai-chat': {
        ...{ logprobs: true, service_tier: 'flex', reasoning_effort: 'turbo' },
        stream_options: { include_usage: true, include_obfuscation: false },
      },
    })
  })

  test('a key that names a prototype stays a plain field', () => {
    const request = decodeRequest(
      JSON.parse('{"model":"m","messages":[{"role":"user","content":""}],"__proto__":{"a":1}}'),
    )
    expect(Object.getOwnPropertyNames(request.extensions?.['openai-chat'] ?? {})).toEqual(['__proto__'])
    expect({} as { a?: number }).not.toHaveProperty('a')
  })

  test.each<[string, JsonObject, number]>([
    ['max_tokens', { max_tokens: 16 }, 16],
    ['max_completion_tokens', { max_completion_tokens: 17 }, 17],
    ['both, and equal', { max_tokens: 18, max_completion_tokens: 18 }, 18],
  ])('the output cap is read from %s', (_, fields, cap) => {
    expect(decode(fields).maxOutputTokens).toBe(cap)
  })

  test('two different output caps are refused, naming both', () => {
    expect(() => decode({ max_tokens: 1, max_completion_tokens: 100_000 })).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        message: expect.stringMatching(/max_tokens is 1 .*max_completion_tokens is 100000/),
      }),
    )
  })

  test.each<[JsonObject, CanonicalRequest['reasoning']]>([
    [{ reasoning_effort: 'high' }, { effort: 'high' }],
    [{ reasoning: { effort: 'low' } }, { effort: 'low' }],
    [{ reasoning: { max_tokens: 2000 } }, { budgetTokens: 2000 }],
    [{ reasoning: { enabled: false } }, { effort: 'none' }],
    [{ reasoning: { enabled: true } }, undefined],
  ])('%j asks for this much thought: %j', (fields, reasoning) => {
    expect(decode(fields).reasoning).toEqual(reasoning)
  })

  test.each<[JsonValue, CanonicalRequest['responseFormat']]>([
    [{ type: 'text' }, { type: 'text' }],
    [{ type: 'json_object' }, { type: 'json' }],
    [
      { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' }, strict: true, description: 'd' } },
      { type: 'json-schema', name: 'n', schema: { type: 'object' }, strict: true, description: 'd' },
    ],
    [
      { type: 'json_schema', json_schema: { schema: { type: 'array' } } },
      { type: 'json-schema', name: 'answer', schema: { type: 'array' } },
    ],
  ])('the answer’s format %j', (format, wanted) => {
    expect(decode({ response_format: format }).responseFormat).toEqual(wanted)
  })

  test.each<[JsonObject, string]>([
    [{ model: 7 }, 'model'],
    [{ messages: 'hi' }, 'messages'],
    [{ messages: [] }, 'messages'],
    [{ messages: ['hi'] }, 'messages[0]'],
    [{ messages: [{ role: 'bot', content: '' }] }, 'messages[0].role'],
    [{ messages: [...hello, { role: 'user', content: 7 }] }, 'messages[1].content'],
    [{ messages: [{ role: 'user', content: [{ type: 'text', text: 1 }] }] }, 'messages[0].content[0].text'],
    [
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: 4 }] }] },
      'messages[0].content[0].image_url',
    ],
    [{ messages: [{ role: 'user', content: [{ type: 'file', file: {} }] }] }, 'messages[0].content[0].file'],
    [{ messages: [{ role: 'tool', content: '' }] }, 'messages[0].tool_call_id'],
    [{ messages: [{ role: 'assistant', tool_calls: [{ function: { name: 'f' } }] }] }, 'messages[0].tool_calls[0].id'],
    [
      { messages: [{ role: 'assistant', tool_calls: [{ id: 'c', function: {} }] }] },
      'messages[0].tool_calls[0].function.name',
    ],
    [{ temperature: 'hot' }, 'temperature'],
    [{ stream: 'yes' }, 'stream'],
    [{ n: 1.5 }, 'n'],
    [{ stop: [1] }, 'stop[0]'],
    [{ max_tokens: -1 }, 'max_tokens'],
    [{ tools: {} }, 'tools'],
    [{ tools: [{ type: 'function' }] }, 'tools[0].function'],
    [{ tools: [{ type: 'function', function: { name: 'f', parameters: [] } }] }, 'tools[0].function.parameters'],
    [{ tool_choice: 'maybe' }, 'tool_choice'],
    [{ tool_choice: { type: 'function', function: {} } }, 'tool_choice.function.name'],
    [{ response_format: { type: 'json_schema' } }, 'response_format.json_schema'],
    [{ reasoning: { max_tokens: 'all' } }, 'reasoning.max_tokens'],
    [{ stream_options: { include_usage: 1 } }, 'stream_options.include_usage'],
  ])('%j is refused at %s', (fields, param) => {
    expect(() => decode(fields)).toThrow(expect.objectContaining({ code: 'invalid_request', param }))
  })
})

describe('encoding', () => {
  test('every parameter is written under its own name, with the upstream’s model', () => {
    const { body, dropped } = encode({
      ...{ temperature: 0.5, topP: 0.9, stop: ['END'], seed: 7, choices: 3, endUser: 'u1', maxOutputTokens: 16 },
      ...{ frequencyPenalty: 0.1, presencePenalty: -0.2, reasoning: { effort: 'low' } },
      responseFormat: { type: 'json-schema', name: 'n', schema: { type: 'object' }, strict: true },
    })
    expect(body).toEqual({
      model: 'up',
      messages: hello,
      ...{ temperature: 0.5, top_p: 0.9, stop: ['END'], seed: 7, n: 3, user: 'u1', max_tokens: 16 },
      ...{ frequency_penalty: 0.1, presence_penalty: -0.2, reasoning_effort: 'low' },
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' }, strict: true } },
    })
    expect(dropped).toEqual([])
  })

  test('a stream asks for its usage, unless the host does not know how', () => {
    expect(encode({ stream: true }).body).toMatchObject({ stream: true, stream_options: { include_usage: true } })
    expect(encode({ stream: true }, { streamUsage: false }).body).not.toHaveProperty('stream_options')
    expect(encode({}).body).not.toHaveProperty('stream')
  })

  test('the output cap goes into the field that the host knows', () => {
    const { body } = encode({ maxOutputTokens: 9 }, { maxTokensField: 'max_completion_tokens' })
    expect(body).toMatchObject({ max_completion_tokens: 9 })
    expect(body).not.toHaveProperty('max_tokens')
  })

  test('own extensions come back, those of others are reported', () => {
    const extensions = {
      'openai-chat': { logprobs: true, stream_options: { include_usage: false, include_obfuscation: false } },
      'anthropic-messages': { context_management: {} },
    }
    const { body, dropped } = encode({ extensions, stream: true })
    expect(body).toMatchObject({
      logprobs: true,
      stream_options: { include_usage: true, include_obfuscation: false },
    })
    expect(body).not.toHaveProperty('context_management')
    expect(dropped).toEqual(['context_management'])
  })

  test('top_k is no field of OpenAI’s, but one of many hosts', () => {
    expect(decode({ top_k: 5 })).toMatchObject({ topK: 5 })
    expect(encode({ topK: 5 })).toMatchObject({ dropped: ['top_k'] })
    expect(encode({ topK: 5 }, { topK: true })).toMatchObject({ body: { top_k: 5 }, dropped: [] })
  })

  test('what the host rejects is left out and reported', () => {
    const { body, dropped } = encode({ seed: 7, endUser: 'u' }, { rejects: ['seed', 'user', 'logprobs'] })
    expect(body).toEqual({ model: 'up', messages: hello })
    expect(dropped).toEqual(['seed', 'user'])
  })

  test('more stop texts than the host takes are refused with the limit named', () => {
    expect(() => encode({ stop: ['1', '2', '3', '4', '5'] })).toThrow(
      expect.objectContaining({
        code: 'unsupported_parameter',
        param: 'stop',
        message: expect.stringContaining('at most 4'),
      }),
    )
    expect(encode({ stop: ['1', '2', '3', '4', '5'] }, { maxStops: 8 }).body.stop).toHaveLength(5)
    expect(encode({ stop: ['1', '2', '3', '4'] }).body.stop).toHaveLength(4)
  })

  test('the prompt cache key is written where the host knows it, and takes the place of the caller’s own', () => {
    expect(encode({}, { promptCacheKey: true }, 'k').body.prompt_cache_key).toBe('k')
    expect(encode({}, {}, 'k').body).not.toHaveProperty('prompt_cache_key')
    const own = { 'openai-chat': { prompt_cache_key: 'mine' } }
    expect(encode({ extensions: own }, { promptCacheKey: true }, 'k').body.prompt_cache_key).toBe('k')
  })

  test.each<[CanonicalRequest['reasoning'], JsonObject | undefined, Quirks, JsonObject]>([
    [{ effort: 'max' }, undefined, {}, { reasoning_effort: 'max' }],
    [{ budgetTokens: 4000 }, undefined, {}, { reasoning_effort: 'medium' }],
    [
      { budgetTokens: 2000 },
      { max_tokens: 2000, exclude: true },
      {},
      { reasoning: { max_tokens: 2000, exclude: true } },
    ],
    [undefined, { enabled: true }, {}, { reasoning: { enabled: true } }],
    [{ effort: 'low' }, { effort: 'low' }, { rejects: ['reasoning'] }, { reasoning_effort: 'low' }],
  ])('thought %j, asked as %j, for a host with %j', (reasoning, own, quirks, wanted) => {
    const request = {
      ...(reasoning ? { reasoning } : {}),
      ...(own ? { extensions: { 'openai-chat': { reasoning: own } } } : {}),
    }
    const { model: _, messages: __, ...fields } = encode(request, quirks).body
    expect(fields).toEqual(wanted)
  })

  test('what is decoded and encoded again means the same', () => {
    const body: JsonObject = {
      model: 'up',
      messages: [
        { role: 'system', content: 'be brief' },
        {
          role: 'user',
          name: 'ann',
          content: [
            { type: 'text', text: 'a' },
            { type: 'image_url', image_url: { url: 'https://x/y.png', detail: 'low' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1.0}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'ok' },
      ],
      tools: [
        { type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true } },
      ],
      ...{ tool_choice: { type: 'function', function: { name: 'f' } }, parallel_tool_calls: false },
      ...{
        stream: true,
        stream_options: { include_usage: true },
        max_completion_tokens: 5,
        logit_bias: { '50256': -100 },
      },
    }
    const quirks: Quirks = { maxTokensField: 'max_completion_tokens' }
    expect(encodeRequest(decodeRequest(body), { model: 'up', quirks })).toEqual({ body, dropped: [] })
  })
})
