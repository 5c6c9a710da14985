import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { collect } from '../canonical/collect.ts'
import type { CanonicalRequest, Message } from '../canonical/request.ts'
import { cohereChat } from '../dialects/cohere-chat/index.ts'
import type { JsonObject } from '../lib/json.ts'
import { parseSseFrame, SseFramer } from '../lib/sse.ts'
import { type Plan, startWall, type Wall } from './index.ts'

let wall: Wall
beforeAll(async () => {
  wall = await startWall()
})
afterAll(() => wall.close())
afterEach(() => wall.plan(null))

const user: JsonObject = { role: 'user', content: 'hi' }
const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }
const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }]

const post = (body: JsonObject) => fetch(`${wall.url}/v2/chat`, { method: 'POST', body: JSON.stringify(body) })

describe('the wall refuses what Cohere refuses', () => {
  const ask = async (fields: JsonObject) => {
    const reply = await post({ model: 'm', messages: [user], ...fields })
    return { status: reply.status, message: String(((await reply.json()) as JsonObject).message) }
  }

  it.each<[string, JsonObject, string]>([
    ['no model', { model: '' }, 'model is required'],
    ['no messages', { messages: [] }, 'at least one message'],
    ['an unknown role', { messages: [{ role: 'developer', content: 'x' }] }, 'messages[0] has no valid role'],
    ['an empty text', { messages: [{ role: 'user', content: '' }] }, 'at least 1 token long'],
    ['a field of another format', { top_p: 0.5 }, "unknown field: parameter 'top_p'"],
    [
      'strictness of one tool',
      { tools: [{ function: { ...tools[0]?.function, strict: true } }] },
      "parameter 'strict'",
    ],
    ['a tool without a schema', { tools: [{ type: 'function', function: { name: 'f' } }] }, 'parameters is required'],
    ['a tool by its name', { tools, tool_choice: { type: 'function' } }, 'must be one of REQUIRED, NONE'],
    ['a choice without tools', { tool_choice: 'REQUIRED' }, 'only be specified with tools'],
    ['six stop texts', { stop_sequences: ['1', '2', '3', '4', '5', '6'] }, 'too many stop sequences'],
    ['a p of 1', { p: 1 }, 'p must be between 0.01 and 0.99'],
    ['a penalty below 0', { presence_penalty: -1 }, 'presence_penalty must be between'],
    ['a picture from a tool', toolTurn([{ type: 'image_url' }]), 'a tool may say text and document'],
    [
      'a result nobody asked for',
      { messages: [user, { role: 'tool', tool_call_id: 'x', content: '' }] },
      'no tool call',
    ],
    ['a call nobody answered', { messages: [user, { role: 'assistant', tool_calls: [call] }, user] }, 'no results for'],
  ])('%s', async (_what, fields, message) => {
    const refused = await ask(fields)
    expect(refused.status).toBe(message.includes("parameter '") ? 422 : 400)
    expect(refused.message).toContain(message)
  })

  it('but takes a whole tool conversation', async () => {
    expect((await post({ model: 'm', tools, ...toolTurn('3') })).status).toBe(200)
  })
})

function toolTurn(content: JsonObject[] | string): JsonObject {
  const answered = { role: 'tool', tool_call_id: 'c1', content }
  return { messages: [user, { role: 'assistant', tool_calls: [call] }, answered] }
}

describe('the wall takes what the encoder writes', () => {
  const picture = { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } } as const
  const messages: readonly Message[] = [
    { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
    { role: 'user', content: [{ type: 'text', text: 'Look.' }, picture] },
    {
      role: 'assistant',
      content: [
        { type: 'reasoning', text: 'Two places.' },
        { type: 'tool-call', id: 'a', name: 'look', arguments: '{"at":1}' },
        { type: 'tool-call', id: 'b', name: 'look', arguments: '{}' },
      ],
    },
    { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'a', content: [picture] }] },
    {
      role: 'tool',
      content: [{ type: 'tool-result', toolCallId: 'b', isError: true, content: [{ type: 'text', text: 'dark' }] }],
    },
    { role: 'user', content: [{ type: 'text', text: 'Well?' }] },
  ]
  const request: CanonicalRequest = {
    ...{ model: 'm', stream: false, messages, maxOutputTokens: 500, temperature: 1.5, topP: 1, topK: 900, seed: 7 },
    ...{ frequencyPenalty: -1, presencePenalty: 2, stop: ['1', '2', '3', '4', '5'], reasoning: { effort: 'low' } },
    tools: [
      { type: 'function', name: 'look', strict: true },
      { type: 'function', name: 'now', strict: false },
    ],
    toolChoice: { type: 'named', name: 'look' },
  }

  it.each(['command-a-03-2025', 'command-a-reasoning-08-2025'])('for %s', async (model) => {
    const { body } = cohereChat.encodeRequest(request, { model, quirks: {} })
    const reply = await post(body)
    expect([reply.status, await reply.json()]).toMatchObject([200, { finish_reason: 'TOOL_CALL' }])
  })
})

describe('an answer of the wall', () => {
  it.each<[string, Plan]>([
    ['a text', { text: 'Dobře 👍 ano' }],
    [
      'thoughts and calls',
      {
        reasoning: 'Hm, so',
        toolCalls: [
          { name: 'f', arguments: { x: 1 } },
          { name: 'g', arguments: {} },
        ],
      },
    ],
    [
      'calls in turns',
      {
        toolCallStyle: 'interleaved',
        toolCalls: [
          { name: 'f', arguments: { x: 'yes' } },
          { name: 'g', arguments: { y: 'no' } },
        ],
      },
    ],
    ['a refusal', { refusal: 'No, never.' }],
  ])('is the same whole and streamed: %s', async (_what, plan) => {
    wall.plan({ ...plan, id: 'same' })
    const body = { model: 'm', messages: [user] }
    const whole = cohereChat.decodeResponse((await (await post({ ...body, stream: false })).json()) as JsonObject)
    const text = await (await post({ ...body, stream: true })).text()
    const decoder = cohereChat.streamDecoder()
    const events = new SseFramer()
      .push(Buffer.from(text))
      .flatMap((frame) => decoder.push(parseSseFrame(frame) ?? { event: '', data: '' }))
    const told = collect([...events, ...decoder.end()])
    const ids = (answer: typeof whole) => ({ ...answer, content: answer.content.map((part) => ({ ...part, id: '' })) })
    expect(ids(told)).toEqual(ids(whole))
  })
})
