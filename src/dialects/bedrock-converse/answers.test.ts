import { describe, expect, it } from 'vitest'
import { collect } from '../../canonical/collect.ts'
import type { StreamEvent } from '../../canonical/stream-event.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import { bedrockConverse } from './index.ts'

const answer = (content: JsonValue[], more: JsonObject = {}): JsonObject => ({
  output: { message: { role: 'assistant', content } },
  stopReason: 'end_turn',
  usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
  metrics: { latencyMs: 9 },
  ...more,
})

function streamed(...events: readonly (readonly [string, JsonObject])[]): StreamEvent[] {
  const decoder = bedrockConverse.streamDecoder()
  const heard = events.flatMap(([event, data]) => decoder.push({ event, data: JSON.stringify(data) }))
  return [...heard, ...decoder.end()]
}

describe('a whole answer', () => {
  it('has its cited text, its calls, and the server’s own calls as they came', () => {
    const server = { toolUse: { toolUseId: 's', name: 'nova_code_interpreter', input: {}, type: 'server_tool_use' } }
    const output = {
      toolResult: { toolUseId: 's', content: [{ json: { stdOut: '7' } }], type: 'nova_code_interpreter_result' },
    }
    const citations = [{ title: 'facts' }]
    const body = answer([
      server,
      output,
      { citationsContent: { content: [{ text: 'Seven' }, { text: '.' }], citations } },
      { toolUse: { toolUseId: 'hgid_YTow', name: 'look', input: { at: 1 }, type: 'tool_use' } },
    ])
    const decoded = bedrockConverse.decodeResponse(body)
    expect(decoded.content).toEqual([
      { type: 'opaque', dialect: 'bedrock-converse', block: server },
      { type: 'opaque', dialect: 'bedrock-converse', block: output },
      { type: 'text', text: 'Seven.', extensions: { 'bedrock-converse': { citations } } },
      { type: 'tool-call', id: 'a:0', name: 'look', arguments: '{"at":1}' },
    ])
    const again = bedrockConverse.encodeResponse(decoded)
    expect(again.output).toMatchObject({
      message: { content: [server, output, { citationsContent: { citations } }, {}] },
    })
    expect(bedrockConverse.decodeResponse(again).content).toEqual(decoded.content)
  })

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop-sequence'],
    ['max_tokens', 'length'],
    ['tool_use', 'tool-calls'],
    ['content_filtered', 'content-filter'],
    ['guardrail_intervened', 'content-filter'],
    ['model_context_window_exceeded', 'context-length'],
    ['malformed_tool_use', 'other'],
    ['malformed_model_output', 'other'],
  ])('that ended with %s ended with %s', (stopReason, finishReason) => {
    const decoded = bedrockConverse.decodeResponse(answer([{ text: 'So.' }], { stopReason }))
    expect(decoded.finishReason).toBe(finishReason)
    expect(decoded.rawFinishReason).toBe(finishReason === 'other' ? stopReason : undefined)
  })

  it.each([{ stop_sequence: 'END' }, { delta: { stop_sequence: 'END' } }])('names the stop text in %j', (fields) => {
    const body = answer([], { stopReason: 'stop_sequence', additionalModelResponseFields: fields })
    expect(bedrockConverse.decodeResponse(body).stopSequence).toBe('END')
    expect(
      collect(streamed(['messageStop', { stopReason: 'stop_sequence', additionalModelResponseFields: fields }]))
        .stopSequence,
    ).toBe('END')
  })

  it('counts no token twice', () => {
    const usage = {
      inputTokens: 12,
      outputTokens: 250,
      totalTokens: 1390,
      cacheReadInputTokens: 1028,
      cacheWriteInputTokens: 100,
      cacheDetails: [
        { ttl: '1h', inputTokens: 60 },
        { ttl: '5m', inputTokens: 40 },
      ],
    }
    const body = answer([], { usage, serviceTier: { type: 'flex' } })
    const { usage: counted } = bedrockConverse.decodeResponse(body)
    expect(counted).toEqual({
      inputUncached: 12,
      cacheRead: 1028,
      cacheWrite1h: 60,
      cacheWrite5m: 40,
      outputText: 250,
      serviceTier: 'flex',
      raw: usage,
    })
    expect(
      bedrockConverse.encodeResponse({ content: [], finishReason: 'stop', ...(counted && { usage: counted }) }).usage,
    ).toEqual(usage)
    const older = { inputTokens: 1, cacheReadInputTokenCount: 5, cacheWriteInputTokenCount: 0 }
    expect(bedrockConverse.decodeResponse(answer([], { usage: older })).usage).toMatchObject({
      cacheRead: 5,
      cacheWrite5m: 0,
    })
    expect(bedrockConverse.decodeResponse(answer([], { usage: {} })).usage).toBeUndefined()
  })

  it.each([
    [{ message: 'No.' }, 'upstream_failed', undefined],
    [
      { Message: 'No.', __type: 'com.amazon.coral.service#ThrottlingException' },
      'upstream_failed',
      'ThrottlingException',
    ],
    [{ output: { message: { role: 'assistant' } } }, 'upstream_invalid_response', undefined],
    [{ output: { message: { content: [7] } } }, 'upstream_invalid_response', undefined],
    [{ output: { message: { content: [{ toolUse: { name: 'look' } }] } } }, 'upstream_invalid_response', undefined],
    [[], 'upstream_invalid_response', undefined],
  ] as const)('is none: %j', (body, code, upstream) => {
    const refused = () => bedrockConverse.decodeResponse(body as unknown as JsonValue)
    expect(refused).toThrow(expect.objectContaining({ code }))
    if (upstream) expect(refused).toThrow(expect.objectContaining({ upstream: { code: upstream } }))
  })
})

describe('a stream', () => {
  it('puts the server’s own tools together', () => {
    const delta = (contentBlockIndex: number, change: JsonObject) =>
      ['contentBlockDelta', { contentBlockIndex, delta: change }] as const
    const { content } = collect(
      streamed(
        [
          'contentBlockStart',
          { contentBlockIndex: 0, start: { toolUse: { toolUseId: 's', name: 'web', type: 'server_tool_use' } } },
        ],
        delta(0, { toolUse: { input: '{"q":' } }),
        delta(0, { toolUse: { input: '1}' } }),
        ['contentBlockStop', { contentBlockIndex: 0 }],
        ['contentBlockStart', { contentBlockIndex: 1, start: { toolResult: { toolUseId: 's', type: 'web_result' } } }],
        delta(1, { toolResult: [{ json: { hits: 1 } }] }),
        ['contentBlockStop', { contentBlockIndex: 1 }],
        ['messageStop', { stopReason: 'end_turn' }],
      ),
    )
    const blocks = [
      { toolUse: { toolUseId: 's', name: 'web', type: 'server_tool_use', input: { q: 1 } } },
      { toolResult: { toolUseId: 's', type: 'web_result', content: [{ json: { hits: 1 } }] } },
    ]
    expect(content).toEqual(blocks.map((block) => ({ type: 'opaque', dialect: 'bedrock-converse', block })))
    const encoder = bedrockConverse.streamEncoder({ id: '', model: '', includeUsage: true })
    const text = content
      .flatMap((part, index) => (part.type === 'opaque' ? [encoder.push({ ...part, index })] : []))
      .join('')
    expect(text).toContain('"start":{"toolUse":{"toolUseId":"s","name":"web","type":"server_tool_use"}}')
    expect(text).toContain('"delta":{"toolResult":[{"json":{"hits":1}}]}')
  })

  it('gives a redacted block in pieces as one text of Anthropic’s', () => {
    const piece = (text: string) =>
      [
        'contentBlockDelta',
        {
          contentBlockIndex: 0,
          delta: { reasoningContent: { redactedContent: Buffer.from(text).toString('base64') } },
        },
      ] as const
    expect(collect(streamed(piece('EuQ'), piece('FCkgI'))).content).toEqual([
      { type: 'reasoning', text: '', redacted: 'EuQFCkgI', origin: 'anthropic-messages' },
    ])
  })

  it.each([
    ['validationException', 400],
    ['throttlingException', 429],
    ['serviceUnavailableException', 503],
    ['internalServerException', 500],
    ['modelTimeoutException', 408],
    ['modelStreamErrorException', undefined],
  ])('ends with %s', (type, status) => {
    const [error, ...none] = streamed([type, { message: 'No.' }], ['messageStop', { stopReason: 'end_turn' }])
    expect(none).toEqual([])
    expect(error).toEqual({
      type: 'error',
      error: { message: 'No.', code: type, ...(status === undefined ? {} : { status }) },
    })
  })

  it('ends with an error of a code, and with one that has no event', () => {
    expect(streamed(['error', { code: 'InternalFailure', message: 'Broken.' }])).toEqual([
      { type: 'error', error: { message: 'Broken.', code: 'InternalFailure' } },
    ])
    expect(streamed(['', { message: 'Broken.' }])).toEqual([{ type: 'error', error: { message: 'Broken.' } }])
  })

  it('that is cut short closes its blocks, as one that reached its cap', () => {
    const scanner = bedrockConverse.relayScanner({ keepUsage: true })
    for (const data of [
      '{"contentBlockIndex":0,"delta":{"text":"Hi"}}',
      '{"contentBlockIndex":1,"delta":{"text":"Ho"}}',
    ])
      scanner.scan(Buffer.from(`event: contentBlockDelta\ndata: ${data}\n\n`))
    const text = scanner.cutShort({ inputUncached: 1, outputText: 2 }).toString()
    expect(text.match(/event: \w+/g)).toEqual([
      'event: contentBlockStop',
      'event: contentBlockStop',
      'event: messageStop',
      'event: metadata',
    ])
    expect(text).toContain('"stopReason":"max_tokens"')
    expect(scanner.seen.outputBytes).toBe(4)
  })
})

describe('an error reply', () => {
  it.each([
    ['{"message":"The security token included in the request is expired"}', 403, undefined],
    [
      '{"Message":"Not yet.","__type":"ModelNotReadyException:http://internal.amazon.com/"}',
      429,
      'ModelNotReadyException',
    ],
    [
      '{"message":"The model returned the following errors: Input is too long for requested model."}',
      400,
      'context_length_exceeded',
    ],
    [
      '{"message":"Input Tokens Exceeded: Number of input tokens exceeds maximum length."}',
      400,
      'context_length_exceeded',
    ],
  ])('is read: %s', (body, status, code) => {
    const error = bedrockConverse.decodeError(status, body)
    expect(error.status).toBe(status)
    expect(error.code).toBe(code)
    expect(body).toContain(error.message)
  })

  it('never quotes a key', () => {
    const { message } = bedrockConverse.decodeError(403, '{"message":"AKIAIOSFODNN7EXAMPLE is no key."}')
    expect(message).toBe('AKIA*** is no key.')
  })

  it('is written with the name of its kind', () => {
    const write = (code: ConstructorParameters<typeof GatewayError>[0]) =>
      bedrockConverse.encodeError(new GatewayError(code, 'No.'))
    expect(write('rate_limited')).toEqual({ __type: 'ThrottlingException', message: 'No.', code: 'rate_limited' })
    expect(write('request_too_large').__type).toBe('ValidationException')
    expect(write('upstream_failed').__type).toBe('InternalServerException')
    expect(bedrockConverse.encodeStreamError(new GatewayError('queue_full', 'No.'))).toMatch(
      /^event: serviceUnavailableException\n/,
    )
  })
})

it.each([
  [{ serviceTier: { type: 'priority' } }, { serviceTier: 'priority' }],
  [{ performanceConfig: { latency: 'optimized' } }, { serviceTier: 'optimized' }],
  [{ performanceConfig: { latency: 'standard' } }, {}],
])('what is asked changes the price: %j', (fields, asks) => {
  const request = bedrockConverse.decodeRequest({ messages: [{ role: 'user', content: [{ text: 'Hi.' }] }], ...fields })
  expect(bedrockConverse.priceAsks(request)).toEqual(asks)
})

it('what only Bedrock says in a request comes back as it was', () => {
  const body: JsonObject = {
    messages: [
      {
        role: 'user',
        content: [
          { text: 'See.' },
          { guardContent: { text: { text: 'Is it?', qualifiers: ['query'] } } },
          { video: { format: 'mp4', source: { s3Location: { uri: 's3://b/v.mp4' } } } },
          {
            document: {
              format: 'txt',
              name: 'facts',
              source: { bytes: 'eA==' },
              citations: { enabled: true },
              context: 'Old.',
            },
          },
          { image: { format: 'png', source: { s3Location: { uri: 's3://b/a.png', bucketOwner: '000000000000' } } } },
        ],
      },
    ],
    toolConfig: { tools: [{ systemTool: { name: 'nova_grounding' } }] },
    requestMetadata: { team: 'a' },
    promptVariables: { x: { text: 'y' } },
    additionalModelRequestFields: { anthropic_beta: ['b'], inferenceConfig: { other: 1 } },
    outputConfig: { later: true },
  }
  const request = bedrockConverse.decodeRequest(body, {
    model: 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
    stream: false,
  })
  const { body: again, dropped } = bedrockConverse.encodeRequest(request, { model: request.model, quirks: {} })
  expect(again).toEqual(body)
  expect(dropped).toEqual([])
})

it.each([
  [{}, 'messages'],
  [{ messages: [] }, 'messages'],
  [{ messages: [{ role: 'robot', content: [] }] }, 'messages[0].role'],
  [{ messages: [{ role: 'user', content: 'Hi.' }] }, 'messages[0].content'],
  [{ messages: [{ role: 'user', content: [{ text: 7 }] }] }, 'messages[0].content[0].text'],
  [
    { messages: [{ role: 'user', content: [{ image: { source: { bytes: 7 } } }] }] },
    'messages[0].content[0].image.source.bytes',
  ],
  [
    { messages: [{ role: 'user', content: [{ text: 'Hi.' }] }], inferenceConfig: { maxTokens: 'x' } },
    'inferenceConfig.maxTokens',
  ],
  [
    { messages: [{ role: 'user', content: [{ text: 'Hi.' }] }], inferenceConfig: { topP: 'x' } },
    'inferenceConfig.topP',
  ],
  [{ messages: [{ role: 'user', content: [{ text: 'Hi.' }] }], toolConfig: { tools: 7 } }, 'toolConfig.tools'],
])('a request that is none is refused by the field that is wrong: %j', (body, param) => {
  expect(() => bedrockConverse.decodeRequest(body as JsonObject)).toThrow(
    expect.objectContaining({ code: 'invalid_request', param }),
  )
})
