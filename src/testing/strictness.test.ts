import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../lib/json.ts'
import { startWall, type Wall } from './index.ts'

let wall: Wall
beforeAll(async () => {
  wall = await startWall()
})
afterAll(() => wall.close())

async function post(path: string, body: JsonObject, headers: Record<string, string> = {}) {
  const reply = await fetch(wall.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  const answer = (await reply.json()) as { error?: { message: string; param?: string; type: string } }
  return { status: reply.status, message: answer.error?.message ?? '', type: answer.error?.type }
}

const user = { role: 'user', content: 'hi' }
const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }
const tools = [{ type: 'function', function: { name: 'f' } }]

describe('the wall refuses what OpenAI refuses', () => {
  const ask = (fields: JsonObject) => post('/v1/chat/completions', { model: 'm', messages: [user], ...fields })

  it.each<[string, JsonObject, string]>([
    ['no model', { model: '' }, 'you must provide a model parameter'],
    ['no messages', { messages: [] }, 'empty array'],
    ['an unknown role', { messages: [{ role: 'robot', content: '' }] }, 'messages[0].role'],
    ['both caps', { max_tokens: 1, max_completion_tokens: 100_000 }, 'at the same time is not supported'],
    ['a cap of nothing', { max_tokens: 0 }, "Invalid 'max_tokens'"],
    ['stream options without a stream', { stream_options: { include_usage: true } }, 'only allowed when'],
    ['five stop texts', { stop: ['1', '2', '3', '4', '5'] }, "Invalid 'stop'"],
    ['an empty list of tools', { tools: [] }, "Invalid 'tools'"],
    ['a tool choice without tools', { tool_choice: 'auto' }, "'tool_choice' is only allowed"],
    [
      'a tool result nobody asked for',
      { messages: [user, { role: 'tool', tool_call_id: 'x', content: '' }] },
      "role 'tool' must be",
    ],
    [
      'a tool call nobody answered',
      { tools, messages: [user, { role: 'assistant', tool_calls: [call] }, user] },
      'Not answered: c1',
    ],
  ])('%s', async (_what, fields, message) => {
    const refused = await ask(fields)
    expect(refused).toMatchObject({ status: 400, type: 'invalid_request_error' })
    expect(refused.message).toContain(message)
  })

  it('but takes a whole tool conversation', async () => {
    const messages = [
      user,
      { role: 'assistant', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: '3' },
    ]
    expect(await ask({ tools, tool_choice: 'auto', messages })).toMatchObject({ status: 200 })
  })
})

describe('the wall refuses what Mistral refuses', () => {
  const ask = (fields: JsonObject) => post('/mistral/v1/chat/completions', { model: 'm', messages: [user], ...fields })
  const turn = (id: string) => [
    user,
    { role: 'assistant', tool_calls: [{ ...call, id }] },
    { role: 'tool', tool_call_id: id, content: '3' },
  ]

  it.each<[string, JsonObject, number, string]>([
    ['a field it does not know', { user: 'u' }, 422, 'body.user: Extra inputs are not permitted'],
    ['a field of a message it does not know', { messages: [{ ...user, name: 'Ann' }] }, 422, 'body.messages.0.name'],
    ['an id of another kind', { tools, messages: turn('call_1') }, 400, 'must be a-z, A-Z, 0-9'],
    [
      'an answer begun without its flag',
      { messages: [user, { role: 'assistant', content: 'It' }] },
      400,
      'prefix True',
    ],
  ])('%s', async (_what, fields, status, message) => {
    const refused = await ask(fields)
    expect(refused.status).toBe(status)
    expect(refused.message).toContain(message)
  })

  it('but takes a whole tool conversation, and says the usage of a stream unasked', async () => {
    expect(await ask({ tools, messages: turn('abcABC123') })).toMatchObject({ status: 200 })
    const body = JSON.stringify({ model: 'm', messages: [user], stream: true })
    const reply = await fetch(`${wall.url}/mistral/v1/chat/completions`, { method: 'POST', body })
    expect(await reply.text()).toContain('"total_tokens"')
  })
})

describe('the wall refuses what Anthropic refuses', () => {
  const version = { 'anthropic-version': '2023-06-01' }
  const ask = (fields: JsonObject, headers = version) =>
    post('/v1/messages', { model: 'm', max_tokens: 10, messages: [user], ...fields }, headers)
  const use = { type: 'tool_use', id: 't1', name: 'f', input: {} }
  const result = { type: 'tool_result', tool_use_id: 't1', content: '3' }
  const assistant = (content: JsonObject[]): JsonObject => ({ role: 'assistant', content })

  it.each<[string, JsonObject, string]>([
    ['no cap', { max_tokens: null }, 'max_tokens: Field required'],
    ['no messages', { messages: [] }, 'at least one message is required'],
    ['an unknown role', { messages: [user, { role: 'tool', content: 'x' }] }, 'messages.1.role'],
    ['an assistant who begins', { messages: [assistant([use])] }, 'first message must use the "user" role'],
    ['an empty text', { messages: [{ role: 'user', content: '' }] }, 'text content blocks must be non-empty'],
    ['an empty message', { messages: [{ role: 'user', content: [] }, user] }, 'must have non-empty content'],
    [
      'white space at the end of a prefill',
      { messages: [user, { role: 'assistant', content: 'So ' }] },
      'trailing whitespace',
    ],
    ['a warm temperature', { temperature: 1.5 }, 'temperature'],
    ['a blank stop text', { stop_sequences: [' '] }, 'non-whitespace'],
    ['a tool choice without tools', { tool_choice: { type: 'any' } }, 'while providing tools'],
    ['a call nobody answered', { messages: [user, assistant([use]), user] }, 'without `tool_result`'],
    [
      'a result nobody asked for',
      { messages: [user, { role: 'user', content: [result] }] },
      'unexpected `tool_use_id`',
    ],
    ['too little thought', { thinking: { type: 'enabled', budget_tokens: 5 } }, 'greater than or equal to 1024'],
    [
      'a thought without its signature',
      {
        messages: [
          user,
          assistant([
            { type: 'thinking', thinking: 'Hm.' },
            { type: 'text', text: 'Yes.' },
          ]),
          user,
        ],
      },
      'signature: Field required',
    ],
    [
      'thinking about the results of a call that was made without',
      {
        max_tokens: 3000,
        thinking: { type: 'enabled', budget_tokens: 2000 },
        messages: [user, assistant([use]), { role: 'user', content: [result] }],
      },
      'must start with a thinking block',
    ],
    ['more thought than answer', { thinking: { type: 'enabled', budget_tokens: 2000 } }, 'must be greater than'],
  ])('%s', async (_what, fields, message) => {
    const refused = await ask(fields)
    expect(refused).toMatchObject({ status: 400, type: 'invalid_request_error' })
    expect(refused.message).toContain(message)
  })

  it('a call without a version, and fields that a version took out', async () => {
    expect((await post('/v1/messages', { model: 'm', max_tokens: 1, messages: [user] })).message).toContain(
      'header is required',
    )
    expect(await ask({ temperature: 0.5 })).toMatchObject({ status: 200 })
    const newer = { 'anthropic-version': '2026-10-21' }
    expect(await ask({}, newer)).toMatchObject({ status: 200 })
    expect((await ask({ temperature: 0.5 }, newer)).message).toContain('temperature: Extra inputs are not permitted')
  })

  it('but takes a whole tool conversation', async () => {
    const messages = [
      user,
      assistant([use]),
      { role: 'user', content: [result] },
      { role: 'system', content: 'Be kind.' },
    ]
    expect(await ask({ messages })).toMatchObject({ status: 200 })
  })
})

it('the wall says so when a body is not JSON or a path is unknown', async () => {
  const reply = await fetch(`${wall.openaiUrl}/chat/completions`, { method: 'POST', body: '{"model":' })
  expect(reply.status).toBe(400)
  expect(await post('/v1/nowhere', {})).toMatchObject({ status: 404 })
})
