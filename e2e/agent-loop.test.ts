import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { isObject, type JsonValue } from '../src/lib/json.ts'
import type { Plan } from '../src/testing/index.ts'
import { startAllUpstreams, UPSTREAMS, type Upstream } from './all-upstreams.ts'
import { aiAnthropicClient, aiOpenAiCompatibleClient } from './clients/ai-sdk.ts'
import { anthropicClient } from './clients/anthropic.ts'
import type { ClientTool, SdkClient, Talk } from './clients/client.ts'
import { googleClient } from './clients/google.ts'
import { langchainChatClient, langchainResponsesClient } from './clients/langchain.ts'
import { openaiChatClient } from './clients/openai-chat.ts'
import { openaiResponsesClient } from './clients/openai-responses.ts'
import type { Running } from './running-gateway.ts'

/*
 * An agent that calls tools for three turns while the model thinks. Vendors seal what their models think and call, want the seals back byte for byte,
 * and refuse those of others. The client keeps the conversation as its library does; what its library loses is lost, and the conversation goes on.
 */

const CLIENTS: readonly SdkClient[] = [
  openaiChatClient,
  openaiResponsesClient,
  anthropicClient,
  googleClient,
  aiOpenAiCompatibleClient,
  aiAnthropicClient,
  langchainChatClient,
  langchainResponsesClient,
]
const TOOLS: readonly ClientTool[] = [
  {
    name: 'weather',
    description: 'The weather of a place.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
  { name: 'now', description: 'The time.', parameters: { type: 'object', properties: {} } },
]
/** What Google documents for calls that Gemini did not make. */
const STAND_IN = 'skip_thought_signature_validator'

let running: Running
beforeAll(async () => {
  running = await startAllUpstreams()
})
afterAll(() => running.stop())
beforeEach(() => running.wall.clear())

/** What an upstream seals its turn with. */
function sealOf({ name }: Upstream, turn: number): string {
  return `${Buffer.from(`${name} ${turn} ~~~???`).toString('base64')}+/=`
}

/** Thoughts and two calls, sealed; in its second turn Anthropic shows nothing of the thoughts. */
function turnOf(upstream: Upstream, turn: number): Plan {
  const seal = sealOf(upstream, turn)
  const hidden = upstream.sealer === 'anthropic' && turn === 2
  return {
    reasoning: hidden ? { text: '', redacted: seal } : { text: `Turn ${turn}: look.`, signature: seal },
    toolCalls: [
      { name: 'weather', arguments: { city: `東京 ${turn}` } },
      { name: 'now', arguments: {} },
    ],
  }
}

async function playTurn(talk: Talk, { name: model }: Upstream, stream: boolean): Promise<void> {
  const { calls } = await talk.hear({ model, stream })
  expect(calls.map(({ name }) => name)).toEqual(['weather', 'now'])
  talk.giveResults(calls.map((call) => ({ ...call, result: 'sunny' })))
}

/** The seals in a request, in the order in which they stand there. */
function sealsIn(value: JsonValue | undefined): string[] {
  if (Array.isArray(value)) return value.flatMap(sealsIn)
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([field, each]) => {
    if (typeof each !== 'string') return sealsIn(each)
    if (field === 'redactedContent') return [Buffer.from(each, 'base64').toString()]
    const sealed = ['signature', 'thoughtSignature', 'encrypted_content'].includes(field)
    return (sealed || (field === 'data' && value.type === 'redacted_thinking')) && each !== STAND_IN ? [each] : []
  })
}

const sentAt = (at: number): string[] => sealsIn(running.wall.calls[at]?.body)

describe.each(CLIENTS)('$title', (client) => {
  const begin = (): Talk => {
    const talk = client.talk({ url: running.url, tools: TOOLS, thinks: true })
    talk.say('How is the weather?')
    return talk
  }
  const carried = (upstream: Upstream, turns: readonly number[]): string[] =>
    upstream.sealer !== null && client.carries.includes(upstream.sealer)
      ? turns.map((turn) => sealOf(upstream, turn))
      : []

  describe.each(UPSTREAMS)('$name', (upstream) => {
    it.each([false, true])('gets its seals back in every turn (stream: %s)', async (stream) => {
      running.wall.plan([...[1, 2, 3].map((turn) => turnOf(upstream, turn)), { text: 'Sunny.' }])
      const talk = begin()
      for (const _ of [1, 2, 3]) await playTurn(talk, upstream, stream)
      expect((await talk.hear({ model: upstream.name, stream })).text).toBe('Sunny.')
      expect([0, 1, 2, 3].map(sentAt)).toEqual([[], [1], [1, 2], [1, 2, 3]].map((turns) => carried(upstream, turns)))
      expect(running.wall.calls.map(({ outcome }) => outcome)).toEqual(Array(4).fill('completed'))
    })
  })

  const pairs = UPSTREAMS.filter(({ sealer }) => sealer !== null).flatMap((origin) =>
    UPSTREAMS.filter((other) => other !== origin).map((other) => ({ origin, other })),
  )

  it.each(pairs)('$origin.name to $other.name and back: nobody gets seals of another', async ({ origin, other }) => {
    running.wall.plan([turnOf(origin, 1), turnOf(origin, 2), turnOf(other, 1), { text: 'Sunny.' }])
    const talk = begin()
    await playTurn(talk, origin, true)
    await playTurn(talk, origin, false)
    await playTurn(talk, other, true)
    expect((await talk.hear({ model: origin.name })).text).toBe('Sunny.')

    const shared = origin.sealer === other.sealer
    expect(sentAt(2)).toEqual(shared ? carried(origin, [1, 2]) : [])
    expect(sentAt(3)).toEqual([...carried(origin, [1, 2]), ...(shared ? carried(other, [1]) : [])])
    const all = running.wall.calls.map(({ rawBody }) => rawBody).join('\n')
    expect(all).not.toContain('headgate.')
    if (!shared) expect(running.wall.calls[2]?.rawBody).not.toContain(sealOf(origin, 1))
    expect(running.wall.calls.map(({ outcome }) => outcome)).toEqual(Array(4).fill('completed'))
  })
})
