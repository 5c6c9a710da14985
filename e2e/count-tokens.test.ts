import Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { configFor, MODEL, type Running, startRunning } from './running-gateway.ts'

/* Counting a prompt: by the provider where it can, estimated where it cannot, and never run or billed. */

const SAYS = [{ role: 'user' as const, content: 'How many words does this sentence have?' }]

describe('counting tokens', () => {
  let running: Running
  let client: Anthropic
  beforeAll(async () => {
    running = await startRunning((wall) => {
      const { providers } = configFor(wall)
      return {
        providers: { ...providers, go: { type: 'google', base_url: wall.url, api_key: 'k', models: { g: MODEL } } },
      }
    })
    client = new Anthropic({
      apiKey: 'none',
      baseURL: running.url,
      maxRetries: 0,
      defaultHeaders: { 'x-headgate-feature': 'e2e' },
    })
  })
  afterAll(() => running.stop())
  beforeEach(() => running.wall.clear())

  it('is done by the provider where it counts, with nothing but what is read, under its own model name', async () => {
    const tools = [{ name: 'look', input_schema: { type: 'object' as const } }]
    const { data, response } = await client.messages
      .countTokens({ model: 'via-anthropic', messages: SAYS, system: 'Be terse.', tools })
      .withResponse()
    expect(data.input_tokens).toBeGreaterThan(5)
    expect(response.headers.get('x-headgate-token-count')).toBe('provider')
    expect(response.headers.get('x-headgate-model')).toBe('an/m')
    const [call] = running.wall.calls
    expect(call?.path).toBe('/v1/messages/count_tokens')
    expect(call?.body).toEqual({ model: 'm', messages: SAYS, system: 'Be terse.', tools })
    expect(call?.key).toBe('sk-an')
  })

  it('is estimated where the provider cannot count, and says so', async () => {
    const { data, response } = await client.messages.countTokens({ model: 'via-openai', messages: SAYS }).withResponse()
    expect(data.input_tokens).toBeGreaterThan(5)
    expect(response.headers.get('x-headgate-token-count')).toBe('estimated')
    expect(running.wall.calls).toHaveLength(0)
  })

  it('of Gemini’s callers is asked of Gemini with instructions and tools, which it counts in whole calls alone', async () => {
    const contents = [{ role: 'user', parts: [{ text: 'How many words?' }] }]
    const systemInstruction = { parts: [{ text: 'Be terse.' }] }
    const count = (body: object) =>
      fetch(`${running.url}/v1beta/models/go%2Fg:countTokens`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-headgate-feature': 'e2e' },
        body: JSON.stringify(body),
      })
    const alone = await (await count({ contents })).json()
    expect(alone).toEqual({ totalTokens: expect.any(Number) })
    const reply = await count({ generateContentRequest: { contents, systemInstruction } })
    expect(reply.headers.get('x-headgate-token-count')).toBe('provider')
    expect(((await reply.json()) as { totalTokens: number }).totalTokens).toBeGreaterThan(
      (alone as { totalTokens: number }).totalTokens,
    )
    expect(running.wall.calls.at(-1)).toMatchObject({
      path: '/v1beta/models/g:countTokens',
      body: { generateContentRequest: { model: 'models/g', contents, systemInstruction } },
    })
  })

  it('leaves nothing in the books', async () => {
    await client.messages.countTokens({ model: 'via-anthropic', messages: SAYS })
    const usage = await fetch(`${running.url}/v1/usage`, { headers: { 'x-headgate-tenant-id': 'default' } })
    expect(JSON.stringify(await usage.json())).not.toContain('"calls":1')
  })

  it.each([
    [{ messages: SAYS }, 400, 'model'],
    [{ model: 'via-anthropic' }, 400, 'messages'],
    [{ model: 'nobody', messages: SAYS }, 404, 'nobody'],
    [[], 400, 'object'],
  ])('refuses %j with %s in Anthropic’s envelope', async (body, status, what) => {
    const reply = await fetch(`${running.url}/v1/messages/count_tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-headgate-feature': 'e2e' },
      body: JSON.stringify(body),
    })
    expect([reply.status, await reply.json()]).toMatchObject([
      status,
      { type: 'error', error: { message: expect.stringContaining(what) } },
    ])
  })
})
