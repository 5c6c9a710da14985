import OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../lib/json.ts'
import { startWall, type Wall } from './index.ts'

let wall: Wall
beforeAll(async () => {
  wall = await startWall()
})
afterAll(() => wall.close())
afterEach(() => wall.plan(null))

const user: JsonObject = { role: 'user', content: 'hi' }
const call: JsonObject = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' }
const output: JsonObject = { type: 'function_call_output', call_id: 'c1', output: '3' }

async function ask(fields: JsonObject) {
  const body = JSON.stringify({ model: 'm', input: [user], ...fields })
  const reply = await fetch(`${wall.url}/v1/responses`, { method: 'POST', body })
  const answer = (await reply.json()) as { error?: { message: string } }
  return { status: reply.status, message: answer.error?.message ?? '' }
}

describe('the wall refuses what OpenAI refuses of Responses', () => {
  it.each<[string, JsonObject, string, number?]>([
    ['no model', { model: '' }, 'you must provide a model parameter'],
    ['no input', { input: [] }, "One of 'input'"],
    ['a field of another format', { max_tokens: 20 }, "Unknown parameter: 'max_tokens'"],
    ['a cap below 16', { max_output_tokens: 15 }, 'Expected a value >= 16'],
    ['stream options without a stream', { stream_options: { include_obfuscation: false } }, 'only allowed when'],
    ['an unknown role', { input: [{ role: 'tool', content: '' }] }, "Invalid value: 'tool'"],
    ['a part of another format', { input: [{ role: 'user', content: [{ type: 'text', text: '' }] }] }, "'input_text'"],
    ['a function as Chat writes it', { tools: [{ type: 'function', function: { name: 'f' } }] }, 'tools[0].name'],
    ['a choice of nobody', { tool_choice: { type: 'function', name: 'f' } }, 'not found in'],
    ['an output nobody asked for', { input: [user, output] }, 'No tool call found'],
    ['a call nobody answered', { input: [user, call] }, 'No tool output found for function call c1'],
    ['an earlier response', { previous_response_id: 'resp_1' }, 'not found'],
    ['a stored item', { input: [user, { type: 'item_reference', id: 'rs_1' }] }, 'not persisted', 404],
    ['reasoning without its seal', { input: [user, { type: 'reasoning', id: 'rs_1', summary: [] }] }, 'rs_1', 404],
    [
      'a seal that is not OpenAI’s',
      { input: [user, { type: 'reasoning', summary: [], encrypted_content: 'headgate.x' }] },
      'could not be verified',
    ],
  ])('%s', async (_what, fields, message, status = 400) => {
    const refused = await ask(fields)
    expect(refused).toMatchObject({ status })
    expect(refused.message).toContain(message)
  })

  it('but takes a whole tool conversation', async () => {
    const thought = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' }
    expect(await ask({ input: [user, thought, call, output] })).toMatchObject({ status: 200 })
  })
})

describe('the wall’s answers satisfy the openai client', () => {
  const client = () => new OpenAI({ baseURL: `${wall.url}/v1`, apiKey: 'anything', maxRetries: 0 })

  it.each(['in-order', 'interleaved', 'whole'] as const)('with calls %s, whole and streamed', async (toolCallStyle) => {
    wall.plan({
      reasoning: { text: 'Two of them.', signature: 'gAAA' },
      text: 'I look. 👀',
      toolCalls: [
        { name: 'f', arguments: { at: '北京' } },
        { name: 'g', arguments: {} },
      ],
      toolCallStyle,
      id: 'resp_same',
    })
    const ask = { model: 'm', input: 'hi' }
    const whole = await client().responses.create(ask)
    expect(whole.output.map(({ type }) => type)).toEqual(['reasoning', 'message', 'function_call', 'function_call'])
    const streamed = await client().responses.stream(ask).finalResponse()
    expect(streamed.output_text).toBe('I look. 👀')
    expect(JSON.parse(JSON.stringify(streamed.output))).toMatchObject(
      JSON.parse(JSON.stringify(whole.output)).map(({ call_id: _, parsed_arguments: __, ...item }: JsonObject) => item),
    )
    expect(streamed.usage).toEqual(whole.usage)
  })

  it('and end as incomplete where the cap is reached', async () => {
    wall.plan({ tokens: 40 })
    const cut = await client().responses.create({ model: 'm', input: 'hi', max_output_tokens: 16 })
    expect(cut).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } })
  })
})
