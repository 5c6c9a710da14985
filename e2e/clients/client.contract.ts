/*
 * What holds for every client in front of every upstream: it sees what it would see from its own vendor, and the vendor behind the gateway
 * sees a request of its own. The wall refuses what the real vendors refuse, so a conversation that goes through has been well-formed.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Plan } from '../../src/testing/index.ts'
import { startAllUpstreams, UPSTREAMS } from '../all-upstreams.ts'
import type { Running } from '../running-gateway.ts'
import type { ClientTool, Heard, SdkClient, Talk, TalkOptions } from './client.ts'

const SAID = 'Grüezi 👋🏽 – 四五六, مرحبا 🎉.'
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='
const ADDRESS = 'https://example.com/a.png'
const SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer' } },
  required: ['city', 'days'],
  additionalProperties: false,
}
const TOOLS: readonly ClientTool[] = [
  {
    name: 'weather',
    description: 'The weather of a place.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
  { name: 'now', description: 'The time.', parameters: { type: 'object', properties: {} } },
]
const PARALLEL: Plan = {
  toolCalls: [
    { name: 'weather', arguments: { city: 'Zürich' } },
    { name: 'weather', arguments: { city: '東京' } },
    { name: 'now', arguments: {} },
  ],
}

/** Runs one client against every upstream. */
export function describeClient(client: SdkClient): void {
  let running: Running

  beforeAll(async () => {
    running = await startAllUpstreams()
  })
  afterAll(() => running.stop())
  beforeEach(() => {
    running.wall.plan(null)
    running.wall.clear()
  })

  const begin = (options: Omit<TalkOptions, 'url'> = {}): Talk => {
    const talk = client.talk({ url: running.url, ...options })
    talk.say('Say something.')
    return talk
  }

  describe.each(UPSTREAMS)(`${client.title} $name`, ({ name: model, dialect, fetches }) => {
    const expectBilled = (heard: Heard): void => {
      const billed = running.wall.calls.at(-1)?.billed
      expect({ inputTokens: heard.inputTokens, outputTokens: heard.outputTokens }).toEqual(billed)
      expect(heard.inputTokens).toBeGreaterThan(0)
      expect(heard.outputTokens).toBeGreaterThan(0)
    }

    it.each([false, true])('hears an answer with its usage (stream: %s)', async (stream) => {
      running.wall.plan({ text: SAID, ...(stream ? { fault: { kind: 'slices', bytes: 7 } } : {}) })
      const pieces: string[] = []
      const heard = await begin().hear({ model, stream, onText: (piece) => pieces.push(piece) })
      expect(heard).toMatchObject({ text: SAID, calls: [], finish: client.finishes.stop })
      expectBilled(heard)
      if (stream) expect(pieces.join('')).toBe(SAID)
      expect(running.wall.calls.map((call) => call.dialect)).toEqual([dialect])
    })

    it.each([false, true])('hears parallel tool calls and gives their results (stream: %s)', async (stream) => {
      // What is relayed is the vendor's own stream, and the only one that interleaves is OpenAI's.
      const toolCallStyle = dialect === client.dialect && dialect !== 'openai-chat' ? 'in-order' : 'interleaved'
      running.wall.plan([{ ...PARALLEL, toolCallStyle }, { text: 'Both are fine.' }])
      const talk = begin({ tools: TOOLS })
      const { calls, finish } = await talk.hear({ model, stream })
      expect(calls.map((call) => [call.name, call.arguments])).toEqual([
        ['weather', { city: 'Zürich' }],
        ['weather', { city: '東京' }],
        ['now', {}],
      ])
      expect(new Set(calls.map(({ id }) => id)).size).toBe(3)
      expect(finish).toBe(client.finishes.calls)
      talk.giveResults(calls.map((call, at) => ({ ...call, result: `result-${at}` })))
      const done = await talk.hear({ model, stream })
      expect(done).toMatchObject({ text: 'Both are fine.', calls: [], finish: client.finishes.stop })
      expect(running.wall.calls[1]?.rawBody.match(/result-\d/g)).toEqual(['result-0', 'result-1', 'result-2'])
    })

    it('gets JSON by a schema', async () => {
      const { text } = await begin({ schema: SCHEMA }).hear({ model })
      expect(JSON.parse(text)).toEqual({ city: expect.any(String), days: expect.any(Number) })
      expect(running.wall.calls[0]?.rawBody).toContain('days')
    })

    it('shows a picture by its bytes', async () => {
      const talk = client.talk({ url: running.url })
      talk.say('What is it?', { base64: PIXEL })
      await talk.hear({ model })
      expect(running.wall.calls[0]?.rawBody).toContain(PIXEL)
    })

    it('shows a picture by its address, or is told to send the bytes', async () => {
      const talk = client.talk({ url: running.url })
      talk.say('What is it?', { url: ADDRESS })
      const failed = await talk.hear({ model }).then(
        () => null,
        (error: unknown) => error,
      )
      if (fetches) {
        expect(failed).toBeNull()
        expect(running.wall.calls[0]?.rawBody).toContain(ADDRESS)
      } else {
        expect(client.failure(failed, 400)).toMatchObject({ own: true, status: 400 })
        expect(String(failed)).toContain('base64')
        expect(running.wall.calls).toEqual([])
      }
    })

    it.each([
      [400, 400, false],
      [429, 429, false],
      [429, 429, true],
      [500, 502, false],
    ])('gets the provider’s %i as its own error of status %i (stream: %s)', async (status, seen, stream) => {
      running.wall.plan({ fault: { kind: 'status', status, message: 'The garden is closed.', retryAfterSeconds: 7 } })
      const failed = await begin()
        .hear({ model, stream })
        .catch((error: unknown) => error)
      const failure = client.failure(failed, seen)
      expect(failure).toMatchObject({ own: true, status: seen })
      expect(String(failed)).toContain('The garden is closed.')
      if (status === 429 && failure.retryAfter !== undefined) expect(failure.retryAfter).toBe('7')
      expect(running.wall.calls).toHaveLength(1)
    })

    it.each([
      ['an error', { kind: 'error-event', after: 5 }],
      ['a cut', { kind: 'cut', after: 5 }],
      ['a clean end without its sign', { kind: 'eof', after: 5 }],
    ] as const)('never takes a stream that breaks off with %s for whole', async (_, fault) => {
      running.wall.plan({ tokens: 40, fault })
      const pieces: string[] = []
      const hearing = begin().hear({ model, stream: true, onText: (piece) => pieces.push(piece) })
      await expect(hearing).rejects.toThrow()
      expect(pieces).not.toEqual([])
    })

    it('ends the upstream call when it leaves a stream', async () => {
      running.wall.plan({ tokens: 2_000, betweenEventsMs: 20 })
      const leaving = new AbortController()
      const hearing = begin().hear({ model, stream: true, signal: leaving.signal, onText: () => leaving.abort() })
      await expect(hearing).rejects.toThrow()
      const call = await running.wall.waitFor(({ abortedAtEvent }) => abortedAtEvent !== null)
      expect(call.completed).toBe(false)
    })

    it('ends the upstream call when it leaves before the answer', async () => {
      running.wall.plan({ firstByteDelayMs: 60_000 })
      const leaving = new AbortController()
      const hearing = begin().hear({ model, signal: leaving.signal })
      hearing.catch(() => {})
      await running.wall.waitFor(() => true)
      leaving.abort()
      await expect(hearing).rejects.toThrow()
      const call = await running.wall.waitFor(({ outcome }) => outcome === 'aborted')
      expect(call.completed).toBe(false)
    })
  })

  describe(`${client.title} via-nova`, () => {
    it('is told that the model holds to no schema, before anything is asked, or gets JSON by a tool', async () => {
      const hearing = begin({ schema: SCHEMA }).hear({ model: 'via-nova' })
      if (client.asksByTool) {
        expect(JSON.parse((await hearing).text)).toMatchObject({ city: expect.any(String) })
        return
      }
      const failed = await hearing.catch((error: unknown) => error)
      expect(client.failure(failed, 403)).toMatchObject({ own: true, status: 403 })
      expect(String(failed)).toContain('json_schema')
      expect(running.wall.calls).toEqual([])
    })

    it('is told what was left out for a model that does not think', async () => {
      running.wall.plan({ text: SAID })
      const heard = await begin({ thinks: true }).hear({ model: 'via-nova' })
      expect(heard.text).toBe(SAID)
      expect(heard.headers.get('x-headgate-dropped')).toMatch(/reason|think/i)
    })
  })
}
