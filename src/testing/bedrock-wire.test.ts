/*
 * The wall's Bedrock, asked by Amazon's own SDK: what the wall writes is what the SDK reads, and what the real service would refuse is refused.
 */
import {
  BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  ThrottlingException,
  ValidationException,
} from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Plan } from './plan.ts'
import { startWall, type Wall } from './wall.ts'

let wall: Wall
let client: BedrockRuntimeClient

beforeAll(async () => {
  wall = await startWall()
  client = new BedrockRuntimeClient({
    endpoint: wall.url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wall' },
    maxAttempts: 1,
    // The SDK speaks HTTP/2 by itself.
    requestHandler: new NodeHttpHandler(),
  })
})
afterAll(async () => {
  client.destroy()
  await wall.close()
})
beforeEach(() => wall.plan(null))

const MODEL = 'eu.amazon.nova-lite-v1:0'
const ASK: ConverseCommandInput = { modelId: MODEL, messages: [{ role: 'user', content: [{ text: 'Hello?' }] }] }

async function whole(plan: Plan, ask: Partial<ConverseCommandInput> = {}) {
  wall.plan(plan)
  return client.send(new ConverseCommand({ ...ASK, ...ask }))
}

async function streamed(plan: Plan): Promise<ConverseStreamOutput[]> {
  wall.plan(plan)
  const { stream } = await client.send(new ConverseStreamCommand(ASK))
  const events: ConverseStreamOutput[] = []
  for await (const event of stream ?? []) events.push(event)
  return events
}

const RICH: Plan = {
  reasoning: { text: 'Hm, so.', signature: 'c2VhbA==' },
  text: 'Grüße, 世界 🌍',
  toolCalls: [{ name: 'look', arguments: { at: '北京' } }],
  serviceTier: 'flex',
}

describe('Amazon’s SDK reads', () => {
  it('a whole answer', async () => {
    const { output, stopReason, usage, serviceTier } = await whole(RICH)
    expect(output?.message).toEqual({
      role: 'assistant',
      content: [
        { reasoningContent: { reasoningText: { text: 'Hm, so.', signature: 'c2VhbA==' } } },
        { text: 'Grüße, 世界 🌍' },
        { toolUse: { toolUseId: expect.stringMatching(/^tooluse_wall_/), name: 'look', input: { at: '北京' } } },
      ],
    })
    expect({ stopReason, serviceTier }).toEqual({ stopReason: 'tool_use', serviceTier: { type: 'flex' } })
    expect(usage).toEqual(wall.calls.at(-1)?.usage)
    expect(wall.calls.at(-1)).toMatchObject({ model: MODEL, stream: false, completed: true })
  })

  it('a streamed answer', async () => {
    const events = await streamed(RICH)
    const deltas = events.flatMap(({ contentBlockDelta }) =>
      contentBlockDelta?.delta ? [contentBlockDelta.delta] : [],
    )
    expect(deltas.map(({ text }) => text ?? '').join('')).toBe('Grüße, 世界 🌍')
    expect(deltas.map(({ reasoningContent }) => reasoningContent?.text ?? '').join('')).toBe('Hm, so.')
    expect(deltas.map(({ reasoningContent }) => reasoningContent?.signature ?? '').join('')).toBe('c2VhbA==')
    expect(deltas.map(({ toolUse }) => toolUse?.input ?? '').join('')).toBe('{"at":"北京"}')
    expect(events.map((event) => Object.keys(event)[0])).toEqual(
      expect.arrayContaining(['messageStart', 'contentBlockStart', 'contentBlockStop', 'messageStop', 'metadata']),
    )
    expect(events.at(-1)?.metadata?.usage).toEqual(wall.calls.at(-1)?.usage)
    expect(events.at(-1)?.metadata?.serviceTier).toEqual({ type: 'flex' })
  })

  it('redacted reasoning as the bytes that it stands for', async () => {
    const { output } = await whole({ reasoning: { text: '', redacted: 'EuQFCkgI' }, text: 'Yes.' })
    const [first] = output?.message?.content ?? []
    expect(Buffer.from(first?.reasoningContent?.redactedContent ?? []).toString()).toBe('EuQFCkgI')
  })

  it('an error, by its kind', async () => {
    const failing = whole({ fault: { kind: 'status', status: 429 } })
    await expect(failing).rejects.toBeInstanceOf(ThrottlingException)
  })

  it('an exception inside a stream, after what came before it', async () => {
    await expect(streamed({ tokens: 9, fault: { kind: 'error-event', after: 3 } })).rejects.toMatchObject({
      name: 'ServiceUnavailableException',
      message: 'The wall is overloaded.',
    })
    expect(wall.calls.at(-1)).toMatchObject({ outcome: 'error', contentEvents: 3 })
  })

  it('nothing whole in a stream that was cut', async () => {
    await expect(streamed({ tokens: 9, fault: { kind: 'cut', after: 3 } })).rejects.toThrow()
  })
})

describe('the wall refuses as Bedrock does', () => {
  const call = { toolUse: { toolUseId: 'a', name: 'look', input: {} } }
  const result = { toolResult: { toolUseId: 'a', content: [{ text: 'Sunny.' }] } }
  const look = { toolSpec: { name: 'look', inputSchema: { json: { type: 'object' } } } }
  const user = (...content: NonNullable<NonNullable<ConverseCommandInput['messages']>[number]['content']>) => ({
    role: 'user' as const,
    content,
  })
  const assistant = (...content: NonNullable<NonNullable<ConverseCommandInput['messages']>[number]['content']>) => ({
    role: 'assistant' as const,
    content,
  })
  const hello = user({ text: 'Hello?' })
  const document = (name: string) => ({
    document: { name, format: 'pdf' as const, source: { bytes: Buffer.from('%PDF') } },
  })
  const REFUSED: Readonly<Record<string, readonly [Partial<ConverseCommandInput>, RegExp]>> = {
    'no messages': [{ messages: [] }, /cannot be empty/],
    'an assistant first': [{ messages: [assistant({ text: 'Hi.' })] }, /start with a user/],
    'a role twice': [{ messages: [hello, hello] }, /alternate/],
    'a blank text': [{ messages: [user({ text: ' ' })] }, /is blank/],
    'an empty turn': [{ messages: [user()] }, /is empty/],
    'tools spoken of but not given': [{ messages: [hello, assistant(call), user(result)] }, /toolConfig field must/],
    'a call without its result': [
      { messages: [hello, assistant(call), hello], toolConfig: { tools: [look] } },
      /Expected toolResult/,
    ],
    'a result without its call': [{ messages: [user(result)], toolConfig: { tools: [look] } }, /exceeds the number/],
    'a failure without words': [
      {
        messages: [hello, assistant(call), user({ toolResult: { toolUseId: 'a', content: [], status: 'error' } })],
        toolConfig: { tools: [look] },
      },
      /cannot be empty when status/,
    ],
    'a strange id': [
      { messages: [hello, assistant({ toolUse: { ...call.toolUse, toolUseId: 'a:0' } })] },
      /regular expression/,
    ],
    'a document alone': [{ messages: [user(document('one'))] }, /needs a text/],
    'a document’s name': [{ messages: [user({ text: 'See.' }, document('one.pdf'))] }, /can only contain/],
    'two documents of one name': [
      { messages: [user({ text: 'See.' }, document('one'), document('One'))] },
      /same document name/,
    ],
    'a picture of the assistant’s': [
      { messages: [hello, assistant({ image: { format: 'png', source: { bytes: Buffer.from('x') } } })] },
      /exactly one of/,
    ],
    'too much warmth': [{ inferenceConfig: { temperature: 1.2 } }, /temperature/],
    'a blank stop text': [{ inferenceConfig: { stopSequences: ['\n'] } }, /non-whitespace/],
    'no room': [{ inferenceConfig: { maxTokens: 0 } }, /maxTokens/],
    'a tool without an object': [
      { toolConfig: { tools: [{ toolSpec: { name: 'look', inputSchema: { json: { type: 'string' } } } }] } },
      /type must be/,
    ],
    'no tools in the list': [{ toolConfig: { tools: [] } }, /at least 1/],
    'two tool choices': [
      {
        toolConfig: { tools: [look], toolChoice: { auto: {} } },
        additionalModelRequestFields: { tool_choice: { type: 'auto' } },
      },
      /conflicts/,
    ],
    'five cache points': [
      { system: [{ text: 'A' }, ...Array.from({ length: 5 }, () => ({ cachePoint: { type: 'default' as const } }))] },
      /Found 5/,
    ],
    'thinking without room': [
      {
        inferenceConfig: { maxTokens: 2000 },
        additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2000 } },
      },
      /must be greater/,
    ],
    'thinking about the results of a call that was made without': [
      {
        messages: [
          { role: 'user', content: [{ text: 'Hi' }] },
          { role: 'assistant', content: [{ toolUse: { toolUseId: 't', name: 'look', input: {} } }] },
          { role: 'user', content: [{ toolResult: { toolUseId: 't', content: [{ text: 'x' }] } }] },
        ],
        toolConfig: { tools: [look] },
        inferenceConfig: { maxTokens: 3000 },
        additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2000 } },
      },
      /must start with a thinking block/,
    ],
    'a schema that is none': [
      {
        outputConfig: {
          textFormat: { type: 'json_schema', structure: { jsonSchema: { name: 'x', schema: 'nonsense' } } },
        },
      },
      /not valid JSON/,
    ],
  }

  it.each(Object.entries(REFUSED))('%s', async (_, [ask, message]) => {
    const refused = whole({}, ask)
    await expect(refused).rejects.toBeInstanceOf(ValidationException)
    await expect(refused).rejects.toThrow(message)
  })
})
