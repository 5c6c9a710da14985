import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject } from '../lib/json.ts'
import { startWall, type Wall } from './index.ts'

let wall: Wall

beforeAll(async () => {
  wall = await startWall()
})
afterAll(() => wall.close())
beforeEach(() => wall.plan(null))

const HI = { contents: [{ role: 'user', parts: [{ text: 'Hi.' }] }] }

function ask(body: JsonObject, model = 'gemini-3-flash-preview', method = 'generateContent'): Promise<Response> {
  return fetch(`${wall.url}/v1beta/models/${model}:${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-goog-api-key': 'k' },
    body: JSON.stringify({ ...HI, ...body }),
  })
}

const call = { functionCall: { name: 'f', args: {} } }
const signed = { ...call, thoughtSignature: 's' }
const result = { functionResponse: { name: 'f', response: {} } }
const user = (...parts: JsonObject[]) => ({ role: 'user', parts })
const model = (...parts: JsonObject[]) => ({ role: 'model', parts })

describe('the wall as Gemini', () => {
  it.each<[string, JsonObject, string?]>([
    ['an unknown field', { max_tokens: 5 }],
    ['an unknown setting', { generationConfig: { maxTokens: 5 } }],
    ['no contents', { contents: [] }],
    ['a role of another vendor', { contents: [{ role: 'assistant', parts: [{ text: 'x' }] }] }],
    ['a turn without parts', { contents: [user()] }],
    ['a part of two kinds', { contents: [user({ text: 'x', inlineData: { mimeType: 'image/png', data: '' } })] }],
    ['results that nobody asked for', { contents: [user(result)] }],
    ['a call without its result', { contents: [user({ text: 'x' }), model(signed), user({ text: 'y' })] }],
    ['fewer results than calls', { contents: [user({ text: 'x' }), model(signed, call), user(result)] }],
    ['a call without a signature', { contents: [user({ text: 'x' }), model(call), user(result)] }],
    ['six stop texts', { generationConfig: { stopSequences: ['1', '2', '3', '4', '5', '6'] } }],
    ['a schema without JSON', { generationConfig: { responseJsonSchema: {} } }],
    ['a name that begins with a digit', { tools: [{ functionDeclarations: [{ name: '1f' }] }] }],
    [
      'a keyword that OpenAPI does not have here',
      {
        tools: [{ functionDeclarations: [{ name: 'f', parameters: { type: 'OBJECT', additionalProperties: false } }] }],
      },
    ],
    [
      'two ways to say how much to think',
      { generationConfig: { thinkingConfig: { thinkingBudget: 1, thinkingLevel: 'LOW' } } },
    ],
    ['a level before Gemini 3', { generationConfig: { thinkingConfig: { thinkingLevel: 'LOW' } } }, 'gemini-2.5-flash'],
    ['a forced call of nothing', { toolConfig: { functionCallingConfig: { mode: 'ANY' } } }],
  ])('refuses %s', async (_, body, name) => {
    const reply = await ask(body, name)
    expect(reply.status).toBe(400)
    expect(await reply.json()).toMatchObject({ error: { code: 400, status: 'INVALID_ARGUMENT' } })
  })

  it('takes a whole turn with tools, in both spellings', async () => {
    const snake = { function_call: { name: 'f', args: {} }, thought_signature: 's' }
    for (const said of [signed, snake]) {
      expect((await ask({ contents: [user({ text: 'x' }), model(said, call), user(result, result)] })).status).toBe(200)
    }
  })

  it('calls the function that it must, and signs the call', async () => {
    const body = {
      tools: [{ functionDeclarations: [{ name: 'f' }, { name: 'g' }] }],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['g'] } },
    }
    const part = { functionCall: { name: 'g' }, thoughtSignature: expect.any(String) }
    expect(await (await ask(body)).json()).toMatchObject({ candidates: [{ content: { parts: [part] } }] })
  })

  it('bills what it says, streamed or not, and can forget to say it', async () => {
    wall.plan({ text: 'one two three', reasoning: 'four five' })
    const { usageMetadata } = (await (await ask({})).json()) as { usageMetadata: JsonObject }
    expect(usageMetadata).toMatchObject({ candidatesTokenCount: 3, thoughtsTokenCount: 2 })
    const stream = await (await ask({}, undefined, 'streamGenerateContent?alt=sse')).text()
    expect(JSON.parse(stream.trim().split('\n\n').at(-1)?.slice('data: '.length) ?? '').usageMetadata).toEqual(
      usageMetadata,
    )
    wall.plan({ text: 'x', fault: { kind: 'usage', how: 'missing' } })
    for (const method of ['generateContent', 'streamGenerateContent']) {
      expect(await (await ask({}, undefined, method)).text()).not.toContain('usageMetadata')
    }
  })
})
