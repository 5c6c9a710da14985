import { describe, expect, it } from 'vitest'
import type { Part } from '../../canonical/content.ts'
import type { CanonicalRequest, Message } from '../../canonical/request.ts'
import type { FunctionTool } from '../../canonical/tool.ts'
import { bedrockConverse } from './index.ts'

const CLAUDE = 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0'
const NOVA = 'us.amazon.nova-2-lite-v1:0'
const GPT_OSS = 'openai.gpt-oss-120b-1:0'
const LLAMA = 'us.meta.llama4-maverick-17b-instruct-v1:0'
const USER: Message = { role: 'user', content: [{ type: 'text', text: 'Hi.' }] }
const look: FunctionTool = { type: 'function', name: 'look', parameters: { type: 'object', properties: {} } }
const call = (id: string, name = 'look'): Part => ({ type: 'tool-call', id, name, arguments: '{}' })
const result = (toolCallId: string, more: object = {}): Message => ({
  role: 'tool',
  content: [{ type: 'tool-result', toolCallId, content: [{ type: 'text', text: 'Sunny.' }], ...more }],
})
const said = (...content: Part[]): Message => ({ role: 'assistant', content })
const user = (...content: Part[]): Message => ({ role: 'user', content })

function encode(fields: Partial<CanonicalRequest>, model = CLAUDE) {
  const request = { model, messages: [USER], stream: false, ...fields }
  return bedrockConverse.encodeRequest(request, { model, quirks: {} })
}

const turnsOf = (messages: readonly Message[], model = CLAUDE) =>
  encode({ messages, tools: [look] }, model).body.messages

it('puts the model and the stream into the address', () => {
  const arn = 'arn:aws:bedrock:eu-west-1:000000000000:application-inference-profile/abc'
  expect(bedrockConverse.pathOf({ model: CLAUDE, stream: false })).toBe(
    '/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse',
  )
  expect(bedrockConverse.pathOf({ model: arn, stream: true })).toBe(`/model/${encodeURIComponent(arn)}/converse-stream`)
  expect(encode({ stream: true }).body).toEqual({ messages: [{ role: 'user', content: [{ text: 'Hi.' }] }] })
})

describe('turns', () => {
  it('alternate, begin with the user, and have results first', () => {
    expect(
      turnsOf([said(call('a')), result('a'), USER, { role: 'system', content: [{ type: 'text', text: 'Now.' }] }]),
    ).toEqual([
      { role: 'user', content: [{ text: '(The conversation begins.)' }] },
      { role: 'assistant', content: [{ toolUse: { toolUseId: 'a', name: 'look', input: {} } }] },
      {
        role: 'user',
        content: [
          { toolResult: { toolUseId: 'a', content: [{ text: 'Sunny.' }] } },
          { text: 'Hi.' },
          { text: '<system-note>\nNow.\n</system-note>' },
        ],
      },
    ])
  })

  it('are never blank, and end without white space', () => {
    const { body, dropped } = encode({
      messages: [
        user({ type: 'text', text: ' ' }, { type: 'text', text: '' }),
        USER,
        said({ type: 'text', text: 'So \n' }),
      ],
    })
    expect(body.messages).toEqual([
      { role: 'user', content: [{ text: 'Hi.' }] },
      { role: 'assistant', content: [{ text: 'So' }] },
    ])
    expect(dropped).toEqual(['messages[0].content[0]'])
  })

  it('say a failure where the model reads it', () => {
    const failed = [USER, said(call('a')), result('a', { isError: true }), USER]
    expect(turnsOf(failed, NOVA)).toMatchObject({
      2: { content: [{ toolResult: { status: 'error' } }, { text: 'Hi.' }] },
    })
    expect(turnsOf(failed, LLAMA)).toMatchObject({
      2: {
        content: [{ toolResult: { content: [{ text: 'The tool failed: ' }, { text: 'Sunny.' }] } }, { text: 'Hi.' }],
      },
    })
    expect(JSON.stringify(turnsOf(failed, LLAMA))).not.toContain('status')
    expect(turnsOf([USER, said(call('a')), result('a', { isError: true, content: [] })])).toMatchObject({
      2: { content: [{ toolResult: { content: [{ text: '(no output)' }], status: 'error' } }] },
    })
  })

  it('hold Claude’s sealed reasoning for Claude alone', () => {
    const thought: Part = { type: 'reasoning', text: 'Hm.', signature: 'c2VhbA==', origin: 'anthropic-messages' }
    const hidden: Part = { type: 'reasoning', text: '', redacted: 'EuQF', origin: 'anthropic-messages' }
    const plain: Part = { type: 'reasoning', text: 'So.' }
    const foreign: Part = { type: 'reasoning', text: 'Et.', signature: 'x', origin: 'google-generate-content' }
    const messages = [USER, said(thought, hidden, plain, foreign, { type: 'text', text: 'Yes.' }), USER]
    expect(encode({ messages }).dropped).toEqual(['messages[1].content[2]', 'messages[1].content[3]'])
    expect(encode({ messages }).body.messages).toMatchObject({
      1: {
        content: [
          { reasoningContent: { reasoningText: { text: 'Hm.', signature: 'c2VhbA==' } } },
          { reasoningContent: { redactedContent: 'RXVRRg==' } },
          { text: 'Yes.' },
        ],
      },
    })
    expect(encode({ messages }, GPT_OSS).body.messages).toMatchObject({ 1: { content: [{ text: 'Yes.' }] } })
    expect(encode({ messages }, GPT_OSS).dropped).toHaveLength(4)
  })
})

describe('media', () => {
  const file = (mediaType: string, name?: string): Part => ({
    type: 'file',
    source: { kind: 'base64', mediaType, data: 'eA==' },
    ...(name === undefined ? {} : { name }),
  })

  it('go as bytes, or as addresses in S3', () => {
    const linked: Part = { type: 'image', source: { kind: 'url', url: 's3://bucket/a.JPG' } }
    const sound: Part = { type: 'audio', source: { kind: 'base64', mediaType: 'audio/x-wav', data: 'eA==' } }
    expect(encode({ messages: [user({ type: 'text', text: 'See.' }, linked, sound)] }).body.messages).toEqual([
      {
        role: 'user',
        content: [
          { text: 'See.' },
          { image: { format: 'jpeg', source: { s3Location: { uri: 's3://bucket/a.JPG' } } } },
          { audio: { format: 'wav', source: { bytes: 'eA==' } } },
        ],
      },
    ])
  })

  it.each([
    [{ kind: 'url', url: 'https://example.com/a.png' } as const, /does not fetch/],
    [{ kind: 'provider-file', id: 'file_1' } as const, /uploaded elsewhere/],
  ])('that would have to be fetched are refused: %j', (source, message) => {
    const refuse = () => encode({ messages: [user({ type: 'text', text: 'See.' }, { type: 'image', source })] })
    expect(refuse).toThrow(message)
    expect(refuse).toThrow(expect.objectContaining({ code: 'unsupported_parameter', param: 'messages[0].content[1]' }))
  })

  it('have names that Bedrock takes, each once, and a text beside them', () => {
    const names = ['a_b.pdf', 'A-b', undefined, '../../x', '表.csv', undefined]
    const messages = [user(...names.map((name) => file('text/csv; charset=utf-8', name)))]
    const content = (encode({ messages }).body.messages as { content: { document?: { name: string } }[] }[])[0]?.content
    expect(content?.map(({ document }) => document?.name)).toEqual([
      'a-b',
      'A-b 2',
      'Document',
      'x',
      'Document 2',
      'Document 3',
      undefined,
    ])
    expect(content?.at(-1)).toEqual({ text: '(See the documents.)' })
  })

  it('of unknown kinds, and in the assistant’s turns, are dropped', () => {
    const picture: Part = { type: 'image', source: { kind: 'base64', mediaType: 'image/tiff', data: 'eA==' } }
    const messages = [
      user({ type: 'text', text: 'See.' }, picture, file('application/zip')),
      said(file('application/pdf')),
      USER,
    ]
    expect(encode({ messages }).dropped).toEqual([
      'messages[0].content[1]',
      'messages[0].content[2]',
      'messages[1].content[0]',
    ])
  })
})

describe('tools', () => {
  it('that a conversation speaks of stand in a request that offers none', () => {
    const { body } = encode({ messages: [USER, said(call('a', 'now'), call('b')), result('a'), result('b')] })
    expect(body.toolConfig).toEqual({
      tools: ['now', 'look'].map((name) => ({
        toolSpec: {
          name,
          description: 'No longer offered: do not call it.',
          inputSchema: { json: { type: 'object', properties: {} } },
        },
      })),
    })
    expect(bedrockConverse.decodeRequest(body).tools).toBeUndefined()
  })

  it.each([
    [{ toolChoice: { type: 'auto' } as const }, { auto: {} }, undefined],
    [{ toolChoice: { type: 'required' } as const }, { any: {} }, undefined],
    [{ toolChoice: { type: 'named', name: 'look' } as const }, { tool: { name: 'look' } }, undefined],
    [{ toolChoice: { type: 'none' } as const }, undefined, { type: 'none' }],
    [{ parallelToolCalls: false }, undefined, { type: 'auto', disable_parallel_tool_use: true }],
    [
      { parallelToolCalls: false, toolChoice: { type: 'named', name: 'look' } as const },
      undefined,
      { type: 'tool', name: 'look', disable_parallel_tool_use: true },
    ],
  ])('are chosen by Claude as asked: %j', (ask, choice, claudes) => {
    const { body, dropped } = encode({ tools: [look], ...ask })
    expect((body.toolConfig as { toolChoice?: unknown }).toolChoice).toEqual(choice)
    expect((body.additionalModelRequestFields as { tool_choice?: unknown } | undefined)?.tool_choice).toEqual(claudes)
    expect(dropped).toEqual([])
  })

  it('are chosen by others as far as Bedrock has words', () => {
    const ask = { tools: [look], toolChoice: { type: 'none' }, parallelToolCalls: false } as const
    expect(encode(ask, LLAMA).dropped).toEqual(['parallel_tool_calls', 'tool_choice'])
    expect(encode({ toolChoice: { type: 'required' } }).dropped).toEqual(['tool_choice'])
  })

  it('have ids and names of at most 64 plain characters', () => {
    const long = `call_${'x'.repeat(90)}`
    const messages = [USER, said(call(long), call('a:0')), result(long), result('a:0')]
    const ids = JSON.stringify(encode({ messages }).body).match(/"toolUseId":"[^"]*"/g) ?? []
    expect(ids.slice(0, 2)).toEqual(ids.slice(2))
    for (const id of ids) expect(id).toMatch(/^"toolUseId":"[a-zA-Z0-9_-]{1,64}"$/)
    const mistral = JSON.stringify(encode({ messages }, 'mistral.mistral-large-2402-v1:0').body)
    expect(mistral.match(/"toolUseId":"[a-zA-Z0-9]{9}"/g)).toHaveLength(4)
    expect(() => encode({ tools: [{ ...look, name: 'y'.repeat(65) }] })).toThrow(/shorter/)
    const dotted = encode({ tools: [{ ...look, name: 'mcp.look' }] }).body
    expect(JSON.stringify(dotted)).toMatch(/"name":"hgid_[\w-]+"/)
    expect(bedrockConverse.decodeRequest(dotted).tools).toEqual([{ ...look, name: 'mcp.look' }])
  })
})

describe('how much to think', () => {
  it.each([
    [CLAUDE, { effort: 'low' }, { thinking: { type: 'enabled', budget_tokens: 1024 } }, []],
    [NOVA, { effort: 'low' }, { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' } }, []],
    [
      NOVA,
      { effort: 'high' },
      { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'medium' } },
      ['reasoning_effort'],
    ],
    [NOVA, { effort: 'none' }, { reasoningConfig: { type: 'disabled' } }, []],
    [GPT_OSS, { effort: 'high' }, { reasoning_effort: 'high' }, []],
    [GPT_OSS, { effort: 'max' }, { reasoning_effort: 'high' }, ['reasoning_effort']],
    [GPT_OSS, { budgetTokens: 900 }, { reasoning_effort: 'medium' }, ['thinking.budget_tokens']],
    [LLAMA, { effort: 'low' }, undefined, ['reasoning_effort']],
    [LLAMA, { budgetTokens: 900 }, undefined, ['thinking']],
    [LLAMA, { effort: 'none' }, undefined, []],
  ] as const)('is asked of %s: %j', (model, reasoning, fields, dropped) => {
    const encoded = encode({ reasoning, maxOutputTokens: 3000 }, model)
    expect(encoded.body.additionalModelRequestFields).toEqual(fields)
    expect(encoded.dropped).toEqual(dropped)
    if (dropped.length === 0 && fields) {
      const { reasoning: again } = bedrockConverse.decodeRequest(encoded.body)
      expect(again).toEqual(model === CLAUDE ? { budgetTokens: 1024 } : reasoning)
    }
  })

  it('has a cap above the budget, and a field of its own for newer models', () => {
    expect(encode({ reasoning: { budgetTokens: 2000 } }).body.inferenceConfig).toEqual({ maxTokens: 4096 })
    const newer = encode({ reasoning: { effort: 'high' } }, 'global.anthropic.claude-opus-4-8-v1').body
    expect(newer).toMatchObject({
      additionalModelRequestFields: { thinking: { type: 'adaptive' } },
      outputConfig: { effort: 'high' },
    })
    expect(bedrockConverse.decodeRequest(newer).reasoning).toEqual({ effort: 'high' })
  })

  it('is nothing where a tool is forced or was called without thinking', () => {
    const reasoning = { budgetTokens: 1024 }
    for (const more of [
      { toolChoice: { type: 'required' } as const },
      { toolChoice: { type: 'required' } as const, parallelToolCalls: false },
      { messages: [USER, said(call('a')), result('a')] },
      { messages: [USER, said({ type: 'text', text: 'So' })] },
    ]) {
      const { body, dropped } = encode({ reasoning, maxOutputTokens: 3000, tools: [look], ...more })
      expect(JSON.stringify(body)).not.toContain('budget_tokens')
      expect(dropped).toEqual(['thinking'])
    }
  })
})

describe('parameters', () => {
  it.each([
    [CLAUDE, { top_k: 5 }],
    [NOVA, { inferenceConfig: { topK: 5 } }],
    ['mistral.mistral-large-2402-v1:0', { top_k: 5 }],
    ['cohere.command-r-v1:0', { k: 5 }],
    [LLAMA, undefined],
  ])('choose from the most probable tokens in the words of %s', (model, fields) => {
    const { body, dropped } = encode({ topK: 5 }, model)
    expect(body.additionalModelRequestFields).toEqual(fields)
    expect(dropped).toEqual(fields ? [] : ['top_k'])
  })

  it('end where Bedrock’s do, and report what it has no words for', () => {
    const ask = {
      temperature: 1.7,
      seed: 1,
      frequencyPenalty: 0.1,
      presencePenalty: 0.1,
      endUser: 'u',
      stop: ['\n', ''],
    }
    const { body, dropped } = encode(ask, LLAMA)
    expect(body.inferenceConfig).toEqual({ temperature: 1, stopSequences: ['\n'] })
    expect(dropped).toEqual(['temperature', 'stop[1]', 'seed', 'frequency_penalty', 'presence_penalty', 'user'])
    expect(encode(ask).dropped).toContain('stop[0]')
    expect(() => encode({ choices: 2 })).toThrow(/one answer/)
  })

  it('hold the answer to a schema where the model can be held to one', () => {
    const schema = { type: 'object', properties: { at: { type: 'string', minLength: 2 } } }
    const responseFormat = { type: 'json-schema', name: 'place', schema, strict: true } as const
    const { body, dropped } = encode({ responseFormat })
    expect(body.outputConfig).toMatchObject({ textFormat: { structure: { jsonSchema: { name: 'place' } } } })
    expect(JSON.stringify(body.outputConfig)).toContain('additionalProperties')
    expect(dropped).toEqual(['response_format.json_schema.schema.properties.at.minLength'])
    for (const model of [
      NOVA,
      LLAMA,
      'anthropic.claude-3-haiku-20240307-v1:0',
      'us.anthropic.claude-opus-4-1-20250805-v1:0',
    ])
      expect(encode({ responseFormat, tools: [{ ...look, strict: true }] }, model)).toMatchObject({
        dropped: ['tools[0].function.strict', 'response_format'],
      })
    expect(encode({ responseFormat }, 'qwen.qwen3-32b-v1:0').body.outputConfig).toBeDefined()
    expect(encode({ responseFormat: { type: 'json' } }).dropped).toEqual(['response_format'])
  })
})

describe('cache points', () => {
  const marked = (ttl: '5m' | '1h', text = 'Long.'): Part => ({ type: 'text', text, cacheTtl: ttl })
  const points = (fields: Partial<CanonicalRequest>, model = CLAUDE) =>
    JSON.stringify(encode(fields, model).body).match(/\{"cachePoint":\{[^}]*\}\}/g) ?? []

  it('stand behind what they mark, where the model has them', () => {
    const ask: Partial<CanonicalRequest> = {
      tools: [{ ...look, cacheTtl: '5m' }],
      messages: [{ role: 'system', content: [marked('1h')] }, user(marked('5m'))],
    }
    const { body } = encode(ask)
    expect(body.system).toEqual([{ text: 'Long.' }, { cachePoint: { type: 'default', ttl: '1h' } }])
    // What comes before an hour lives an hour.
    expect(points(ask)).toEqual([
      '{"cachePoint":{"type":"default","ttl":"1h"}}',
      '{"cachePoint":{"type":"default"}}',
      '{"cachePoint":{"type":"default","ttl":"1h"}}',
    ])
    expect(points(ask, 'us.anthropic.claude-3-7-sonnet-20250219-v1:0')).toHaveLength(3)
    expect(points(ask, 'us.anthropic.claude-3-7-sonnet-20250219-v1:0').join()).not.toContain('ttl')
    expect(points(ask, NOVA)).toHaveLength(2)
    expect(points(ask, LLAMA)).toEqual([])
    expect(points({ messages: [user({ type: 'text', text: 'A', cacheKey: 'a-1' })] })).toHaveLength(1)
  })

  it('are at most four: the last of the front, and the longest prefixes', () => {
    const system: Message = { role: 'system', content: [marked('5m', 'A'), marked('5m', 'B')] }
    const turns = [1, 2, 3, 4].flatMap((turn) => [user(marked('5m', `Q${turn}`)), said({ type: 'text', text: 'R' })])
    const { body } = encode({ messages: [system, ...turns, USER] })
    expect(body.system).toEqual([{ text: 'A' }, { text: 'B' }, { cachePoint: { type: 'default' } }])
    const kept = (body.messages as { content: object[] }[]).map(({ content }) => content.length - 1)
    expect(kept).toEqual([0, 0, 1, 0, 1, 0, 1, 0, 0])
  })
})
