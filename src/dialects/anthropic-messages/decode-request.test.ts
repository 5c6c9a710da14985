import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { JsonObject } from '../../lib/json.ts'
import { decodeRequest } from './request.ts'

const ASK = { model: 'claude-sonnet-4-5', messages: [{ role: 'user', content: 'Hi' }] }

function refusalOf(body: JsonObject): GatewayError {
  try {
    decodeRequest(body)
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('was not refused')
}

describe('decoding a Messages request', () => {
  it('reads every part of a rich conversation', () => {
    const request = decodeRequest({
      ...ASK,
      max_tokens: 1000,
      system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral', ttl: '1h' } }],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?', cache_control: { type: 'ephemeral' } },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
            { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
            { type: 'image', source: { type: 'file', file_id: 'file_1' } },
            {
              type: 'document',
              title: 'Paper',
              source: { type: 'base64', media_type: 'application/pdf', data: 'BBBB' },
            },
            {
              type: 'document',
              source: { type: 'text', media_type: 'text/plain', data: 'Grüße' },
              citations: { enabled: true },
            },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: '', signature: 'sig+/=' },
            { type: 'redacted_thinking', data: 'cipher' },
            { type: 'text', text: 'Let me look.' },
            { type: 'tool_use', id: 'toolu_1', name: 'look', input: { at: [1, 2] } },
            { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' } },
          ],
        },
        { role: 'system', content: 'From now on in French.' },
      ],
    })
    expect(request.messages).toEqual([
      { role: 'system', content: [{ type: 'text', text: 'Be brief.', cacheTtl: '1h' }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?', cacheTtl: '5m' },
          { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AAAA' } },
          { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } },
          { type: 'image', source: { kind: 'provider-file', id: 'file_1' } },
          { type: 'file', name: 'Paper', source: { kind: 'base64', mediaType: 'application/pdf', data: 'BBBB' } },
          {
            type: 'file',
            source: { kind: 'base64', mediaType: 'text/plain', data: Buffer.from('Grüße').toString('base64') },
            extensions: { 'anthropic-messages': { citations: { enabled: true } } },
          },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: '', signature: 'sig+/=', origin: 'anthropic-messages' },
          { type: 'reasoning', text: '', redacted: 'cipher', origin: 'anthropic-messages' },
          { type: 'text', text: 'Let me look.' },
          { type: 'tool-call', id: 'toolu_1', name: 'look', arguments: '{"at":[1,2]}' },
          {
            type: 'opaque',
            dialect: 'anthropic-messages',
            block: { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' } },
          },
        ],
      },
      { role: 'system', content: [{ type: 'text', text: 'From now on in French.' }] },
    ])
  })

  it('splits a user turn with tool results into tool messages and what the user says', () => {
    const { messages } = decodeRequest({
      ...ASK,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'a', content: 'sunny' },
            {
              type: 'tool_result',
              tool_use_id: 'b',
              is_error: true,
              content: [
                { type: 'text', text: 'no map' },
                { type: 'image', source: { type: 'url', url: 'https://example.com/b.png' } },
                { type: 'tool_reference', tool_name: 'other' },
              ],
            },
            { type: 'tool_result', tool_use_id: 'c' },
            { type: 'text', text: 'And now?' },
          ],
        },
      ],
    })
    expect(messages).toEqual([
      { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'a', content: [{ type: 'text', text: 'sunny' }] }] },
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: 'b',
            isError: true,
            content: [
              { type: 'text', text: 'no map' },
              { type: 'image', source: { kind: 'url', url: 'https://example.com/b.png' } },
              { type: 'opaque', dialect: 'anthropic-messages', block: { type: 'tool_reference', tool_name: 'other' } },
            ],
          },
        ],
      },
      { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'c', content: [] }] },
      { role: 'user', content: [{ type: 'text', text: 'And now?' }] },
    ])
  })

  it('reads the parameters, and leaves what is missing out', () => {
    const request = decodeRequest({
      ...ASK,
      max_tokens: 300,
      temperature: 0.2,
      top_p: 0.9,
      top_k: 40,
      stop_sequences: ['END'],
      stream: true,
      tools: [
        {
          name: 'look',
          description: 'Looks.',
          input_schema: { type: 'object' },
          strict: true,
          cache_control: { type: 'ephemeral' },
          defer_loading: true,
        },
        { type: 'web_search_20250305', name: 'web_search', max_uses: 3 },
      ],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
      metadata: { user_id: 'u-1', tenant_id: 'acme' },
      service_tier: 'auto',
      container: null,
      documents: [{ id: 'd', text: 'ours' }],
    })
    const { messages: _, ...rest } = request
    expect(rest).toEqual({
      model: 'claude-sonnet-4-5',
      maxOutputTokens: 300,
      temperature: 0.2,
      topP: 0.9,
      topK: 40,
      stop: ['END'],
      stream: true,
      includeUsage: true,
      tools: [
        {
          type: 'function',
          name: 'look',
          description: 'Looks.',
          parameters: { type: 'object' },
          strict: true,
          cacheTtl: '5m',
          extensions: { 'anthropic-messages': { defer_loading: true } },
        },
        {
          type: 'hosted',
          dialect: 'anthropic-messages',
          definition: { type: 'web_search_20250305', name: 'web_search', max_uses: 3 },
        },
      ],
      toolChoice: { type: 'required' },
      parallelToolCalls: false,
      endUser: 'u-1',
      extensions: { 'anthropic-messages': { service_tier: 'auto' } },
    })
    expect(Object.keys(decodeRequest(ASK)).sort()).toEqual(['includeUsage', 'messages', 'model', 'stream'])
  })

  it.each([
    [{ type: 'auto' }, { type: 'auto' }],
    [{ type: 'none' }, { type: 'none' }],
    [{ type: 'any' }, { type: 'required' }],
    [
      { type: 'tool', name: 'look' },
      { type: 'named', name: 'look' },
    ],
  ])('reads the tool choice %j', (wire, toolChoice) => {
    expect(decodeRequest({ ...ASK, tool_choice: wire }).toolChoice).toEqual(toolChoice)
  })

  it('reads a schema from either of its two fields', () => {
    const schema = { type: 'object', properties: {} }
    const responseFormat = { type: 'json-schema', name: 'response', schema, strict: true }
    expect(
      decodeRequest({ ...ASK, output_config: { format: { type: 'json_schema', schema } } }).responseFormat,
    ).toEqual(responseFormat)
    expect(decodeRequest({ ...ASK, output_format: { type: 'json_schema', schema } }).responseFormat).toEqual(
      responseFormat,
    )
  })

  it("takes Headgate's cache_key on blocks, tools and whole messages", () => {
    const request = decodeRequest({
      ...ASK,
      system: [{ type: 'text', text: 'Long.', cache_key: 'support-v7' }],
      tools: [{ name: 'look', input_schema: {}, cache_key: 'tools-v1' }],
      messages: [
        {
          role: 'user',
          cache_key: 'case-9',
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
        },
        {
          role: 'assistant',
          cache_key: 'case-10',
          content: [
            { type: 'text', text: 'c' },
            { type: 'thinking', thinking: 't', signature: 's' },
          ],
        },
      ],
    })
    expect(request.tools?.[0]).toMatchObject({ cacheKey: 'tools-v1' })
    expect(request.messages[0]?.content[0]).toMatchObject({ cacheKey: 'support-v7' })
    expect(request.messages[1]?.content).toEqual([
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b', cacheKey: 'case-9' },
    ])
    expect(request.messages[2]?.content[0]).toMatchObject({ cacheKey: 'case-10' })
    expect(JSON.stringify(request.messages[2]?.content[1])).not.toContain('case-10')
  })

  it('takes thinking without a signature as the reasoning of someone else', () => {
    const { messages } = decodeRequest({
      ...ASK,
      messages: [{ role: 'assistant', content: [{ type: 'thinking', thinking: 'hm', signature: '' }] }],
    })
    expect(messages[0]?.content).toEqual([{ type: 'reasoning', text: 'hm' }])
  })

  it.each<[string, JsonObject]>([
    ['model', { messages: ASK.messages }],
    ['model', { ...ASK, model: 7 }],
    ['messages', { model: 'm' }],
    ['messages', { model: 'm', messages: [] }],
    ['messages[0]', { model: 'm', messages: ['Hi'] }],
    ['messages[0].role', { model: 'm', messages: [{ role: 'tool', content: 'x' }] }],
    ['messages[0].content', { model: 'm', messages: [{ role: 'user', content: 7 }] }],
    ['messages[0].content', { model: 'm', messages: [{ role: 'user' }] }],
    [
      'messages[1].content[0].text',
      { model: 'm', messages: [...ASK.messages, { role: 'user', content: [{ type: 'text', text: 1 }] }] },
    ],
    ['messages[0].content[0].type', { model: 'm', messages: [{ role: 'user', content: [{ text: 'x' }] }] }],
    ['messages[0].content[0].source', { model: 'm', messages: [{ role: 'user', content: [{ type: 'image' }] }] }],
    [
      'messages[0].content[0].input',
      {
        model: 'm',
        messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'b', input: 'x' }] }],
      },
    ],
    [
      'messages[0].content[0].content[0]',
      {
        model: 'm',
        messages: [
          {
            role: 'user',
            content: [{ type: 'tool_result', tool_use_id: 'a', content: [{ type: 'tool_use', id: 'a', name: 'b' }] }],
          },
        ],
      },
    ],
    [
      'messages[0].content[0].cache_control.ttl',
      {
        model: 'm',
        messages: [{ role: 'user', content: [{ type: 'text', text: 'x', cache_control: { ttl: '1d' } }] }],
      },
    ],
    ['messages[0].cache_key', { model: 'm', messages: [{ role: 'user', content: 'x', cache_key: 1 }] }],
    ['system', { ...ASK, system: 3 }],
    ['max_tokens', { ...ASK, max_tokens: '100' }],
    ['max_tokens', { ...ASK, max_tokens: -1 }],
    ['max_tokens', { ...ASK, max_tokens: 1.5 }],
    ['temperature', { ...ASK, temperature: 'hot' }],
    ['top_k', { ...ASK, top_k: 0.5 }],
    ['stop_sequences', { ...ASK, stop_sequences: 'END' }],
    ['stop_sequences[0]', { ...ASK, stop_sequences: [1] }],
    ['stream', { ...ASK, stream: 'yes' }],
    ['tools', { ...ASK, tools: {} }],
    ['tools[0].name', { ...ASK, tools: [{ input_schema: {} }] }],
    ['tool_choice.type', { ...ASK, tool_choice: { type: 'some' } }],
    ['tool_choice.name', { ...ASK, tool_choice: { type: 'tool' } }],
    ['thinking.budget_tokens', { ...ASK, thinking: { type: 'enabled' } }],
    ['output_config.effort', { ...ASK, output_config: { effort: 'huge' } }],
    ['metadata.user_id', { ...ASK, metadata: { user_id: 4 } }],
  ])('names the wrong field %s', (param, body) => {
    const error = refusalOf(body)
    expect(error.code).toBe('invalid_request')
    expect(error.param).toBe(param)
    expect(error.message).toContain(param)
  })
})
