import { describe, expect, test } from 'vitest'
import type { Part } from '../../canonical/content.ts'
import type { Message } from '../../canonical/request.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import type { Quirks } from '../dialect.ts'
import { decodeMessages } from './decode-messages.ts'
import { encodeMessages } from './encode-messages.ts'

const call = (id: string, text: string): JsonObject => ({
  id,
  type: 'function',
  function: { name: 'f', arguments: text },
})

function encode(messages: Message[], quirks: Quirks = {}): { messages: JsonObject[]; dropped: string[] } {
  const dropped: string[] = []
  return { messages: encodeMessages(messages, quirks, (path) => dropped.push(path)), dropped }
}

describe('decoding', () => {
  test('developer is system, in its place', () => {
    const roles = decodeMessages([
      { role: 'user', content: 'a' },
      { role: 'developer', content: 'b' },
    ]).map((message) => message.role)
    expect(roles).toEqual(['user', 'system'])
  })

  test.each<[JsonObject, Part]>([
    [
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAA=', detail: 'high' } },
      { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AAA=' }, detail: 'high' },
    ],
    [
      { type: 'image_url', image_url: 'https://x/y.png' },
      { type: 'image', source: { kind: 'url', url: 'https://x/y.png' } },
    ],
    [
      { type: 'input_audio', input_audio: { data: 'AAA=', format: 'mp3' } },
      { type: 'audio', source: { kind: 'base64', mediaType: 'audio/mpeg', data: 'AAA=' } },
    ],
    [
      { type: 'file', file: { file_id: 'file-1' } },
      { type: 'file', source: { kind: 'provider-file', id: 'file-1' } },
    ],
    [
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAA=' } },
      { type: 'file', source: { kind: 'base64', mediaType: 'application/pdf', data: 'AAA=' }, name: 'a.pdf' },
    ],
    [
      { type: 'file', file: { filename: 'a.pdf', file_data: 'JVBERi0=' } },
      { type: 'file', source: { kind: 'base64', mediaType: 'application/pdf', data: 'JVBERi0=' }, name: 'a.pdf' },
    ],
    [
      { type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '1h' }, cache_key: 'k' },
      { type: 'text', text: 'a', cacheTtl: '1h', cacheKey: 'k' },
    ],
    [
      { type: 'text', text: 'a', prompt_cache_breakpoint: { mode: 'explicit' } },
      { type: 'text', text: 'a', extensions: { 'openai-chat': { prompt_cache_breakpoint: { mode: 'explicit' } } } },
    ],
    [
      { type: 'video_url', video_url: { url: 'https://x' }, cache_key: 'k' },
      { type: 'opaque', dialect: 'openai-chat', block: { type: 'video_url', video_url: { url: 'https://x' } } },
    ],
  ])('the part %j', (part, wanted) => {
    expect(decodeMessages([{ role: 'user', content: [part] }])[0]?.content).toEqual([wanted])
  })

  test('a mark on a message is a mark on its last part', () => {
    const [message] = decodeMessages([
      {
        role: 'system',
        cache_key: 'support-v7',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
    ])
    expect(message?.content).toEqual([
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b', cacheKey: 'support-v7' },
    ])
  })

  test('an assistant’s turn: reasoning, text, refusal, calls', () => {
    const [message] = decodeMessages([
      { role: 'assistant', reasoning_content: 'hm', content: 'hi', refusal: 'no', tool_calls: [call('c1', '{"a":1}')] },
    ])
    expect(message?.content).toEqual([
      { type: 'reasoning', text: 'hm' },
      { type: 'text', text: 'hi' },
      { type: 'refusal', text: 'no' },
      { type: 'tool-call', id: 'c1', name: 'f', arguments: '{"a":1}' },
    ])
  })

  test.each([
    ['', '{}'],
    ['  ', '{}'],
    ['{"a":', '{"a":'],
    ['{"n":9007199254740993,"x":1.0}', '{"n":9007199254740993,"x":1.0}'],
  ])('arguments %j are kept as %j, so that call and result stay a pair', (written, kept) => {
    const messages = decodeMessages([
      { role: 'assistant', tool_calls: [call('c1', written)] },
      { role: 'tool', tool_call_id: 'c1', content: 'r' },
    ])
    expect(messages[0]?.content[0]).toMatchObject({ type: 'tool-call', id: 'c1', arguments: kept })
    expect(messages[1]?.content[0]).toMatchObject({ type: 'tool-result', toolCallId: 'c1' })
  })

  test('calls of the time before tools are paired by name', () => {
    const messages = decodeMessages([
      { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
      { role: 'function', name: 'f', content: '1' },
      { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
      { role: 'function', name: 'f', content: '2' },
    ])
    const ids = messages.map(({ content: [part] }) =>
      part?.type === 'tool-call' ? part.id : part?.type === 'tool-result' ? part.toolCallId : '',
    )
    expect(ids[0]).toBe(ids[1])
    expect(ids[2]).toBe(ids[3])
    expect(ids[0]).not.toBe(ids[2])
  })

  test('what a host wants back with a call stays with the call', () => {
    const extra: JsonValue = { google: { thought_signature: 'abc' } }
    const messages = decodeMessages([
      { role: 'assistant', tool_calls: [{ ...call('c1', '{}'), extra_content: extra }] },
    ])
    const { messages: written } = encode(messages, { extraContent: true })
    expect(written[0]?.tool_calls).toEqual([{ ...call('c1', '{}'), extra_content: extra }])
  })
})

describe('encoding', () => {
  test('pictures among tool results follow the whole run of tool messages', () => {
    const image: Part = { type: 'image', source: { kind: 'url', url: 'https://x/y.png' } }
    const { messages, dropped } = encode([
      {
        role: 'assistant',
        content: [
          { type: 'tool-call', id: 'a', name: 'f', arguments: '{}' },
          { type: 'tool-call', id: 'b', name: 'f', arguments: '{}' },
        ],
      },
      {
        role: 'tool',
        content: [{ type: 'tool-result', toolCallId: 'a', content: [{ type: 'text', text: 'seen' }, image] }],
      },
      { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'b', content: [image] }] },
      { role: 'user', content: [{ type: 'text', text: 'and?' }] },
    ])
    expect(messages.slice(1)).toEqual([
      { role: 'tool', tool_call_id: 'a', content: 'seen' },
      { role: 'tool', tool_call_id: 'b', content: 'The result follows in the next message.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Result of the tool call a:' },
          { type: 'image_url', image_url: { url: 'https://x/y.png' } },
          { type: 'text', text: 'Result of the tool call b:' },
          { type: 'image_url', image_url: { url: 'https://x/y.png' } },
        ],
      },
      { role: 'user', content: 'and?' },
    ])
    expect(dropped).toEqual([])
  })

  test('a failed tool says so in its text', () => {
    const { messages } = encode([
      {
        role: 'tool',
        content: [
          { type: 'tool-result', toolCallId: 'a', isError: true, content: [{ type: 'text', text: 'no such file' }] },
        ],
      },
    ])
    expect(messages).toEqual([{ role: 'tool', tool_call_id: 'a', content: 'The tool failed: no such file' }])
  })

  test('a text file becomes text, a PDF stays a file with a name', () => {
    const { messages } = encode([
      {
        role: 'user',
        content: [
          {
            type: 'file',
            name: 'a.txt',
            source: { kind: 'base64', mediaType: 'text/plain', data: Buffer.from('你好').toString('base64') },
          },
          { type: 'file', source: { kind: 'base64', mediaType: 'application/pdf', data: 'AAA=' } },
        ],
      },
    ])
    expect(messages[0]?.content).toEqual([
      { type: 'text', text: 'a.txt:\n\n你好' },
      { type: 'file', file: { filename: 'document.pdf', file_data: 'data:application/pdf;base64,AAA=' } },
    ])
  })

  test('what this format cannot say is dropped by its path, and an empty shell with it', () => {
    const foreign: Part = { type: 'opaque', dialect: 'anthropic-messages', block: { type: 'server_tool_use' } }
    const upload: Part = { type: 'image', source: { kind: 'provider-file', id: 'file_1' } }
    const { messages, dropped } = encode([
      { role: 'user', content: [upload] },
      { role: 'user', content: [{ type: 'text', text: 'hi' }, foreign] },
      { role: 'assistant', content: [foreign, { type: 'text', text: 'ho' }] },
    ])
    expect(messages).toEqual([
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'ho' },
    ])
    expect(dropped).toEqual(['messages[0].content[0]', 'messages[1].content[1]', 'messages[2].content[0]'])
  })

  test('an empty message of the caller stays', () => {
    expect(encode(decodeMessages([{ role: 'user', content: '' }])).messages).toEqual([{ role: 'user', content: '' }])
    expect(encode([{ role: 'assistant', content: [] }]).messages).toEqual([{ role: 'assistant', content: '' }])
  })

  const thought: Message = {
    role: 'assistant',
    content: [
      { type: 'reasoning', text: 'hm', signature: 's1', origin: 'anthropic-messages' },
      { type: 'text', text: 'hi' },
    ],
  }

  test.each<[Quirks, JsonObject, string[]]>([
    [{}, {}, ['messages[0].content[0]']],
    [{ reasoningField: 'reasoning_content' }, { reasoning_content: 'hm' }, []],
    [{ reasoningField: 'reasoning' }, { reasoning: 'hm' }, []],
    [
      { reasoningField: 'reasoning_details' },
      {
        reasoning_details: [
          { type: 'reasoning.text', text: 'hm', signature: 's1', format: 'anthropic-claude-v1', index: 0 },
        ],
      },
      [],
    ],
  ])('a host with %j gets reasoning back as %j', (quirks, fields, dropped) => {
    expect(encode([thought], quirks)).toEqual({
      messages: [{ role: 'assistant', content: 'hi', ...fields }],
      dropped,
    })
  })

  test('a call of a custom tool and a spoken answer come back as they were', () => {
    const custom = { id: 'c1', type: 'custom', custom: { name: 'sh', input: 'ls' } }
    const messages = decodeMessages([
      { role: 'assistant', content: null, tool_calls: [custom], audio: { id: 'audio_1' } },
    ])
    expect(encode(messages)).toEqual({
      messages: [{ role: 'assistant', content: null, audio: { id: 'audio_1' }, tool_calls: [custom] }],
      dropped: [],
    })
  })
})
