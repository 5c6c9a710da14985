import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CanonicalRequest } from '../../canonical/request.ts'
import type { StreamEvent } from '../../canonical/stream-event.ts'
import type { Tool } from '../../canonical/tool.ts'
import { inputTokens, outputTokens, type Usage } from '../../canonical/usage.ts'
import { simulatedModels } from './models.ts'
import { type SimulateOptions, simulate } from './simulate.ts'
import { countTokens, tokenize } from './tokens.ts'

const user = (text: string) => ({ role: 'user', content: [{ type: 'text', text }] }) as const
const ask = (request: Partial<CanonicalRequest> = {}): CanonicalRequest => ({
  model: 'simulated/simulated-small',
  messages: [user('How warm is it in Oslo?')],
  stream: true,
  ...request,
})

interface Heard {
  readonly events: readonly StreamEvent[]
  readonly text: string
  readonly args: string
  readonly end: Extract<StreamEvent, { type: 'message-end' }>
  readonly usage: Usage
  readonly pauses: readonly number[]
}

async function hear(request: CanonicalRequest, options: Partial<SimulateOptions> = {}): Promise<Heard> {
  const pauses: number[] = []
  const events: StreamEvent[] = []
  const stream = simulate(request, {
    model: 'simulated-small',
    sleep: async (ms) => void pauses.push(ms),
    clock: { now: () => 1_700_000_000_500, monotonic: () => 0 },
    ...options,
  })
  for await (const event of stream) events.push(event)
  const end = events.find((event) => event.type === 'message-end')
  const usage = events.find((event) => event.type === 'usage')
  if (!end || !usage) throw new Error('the answer has no end')
  return {
    events,
    text: events.map((event) => (event.type === 'text-delta' ? event.text : '')).join(''),
    args: events.map((event) => (event.type === 'tool-call-delta' ? event.arguments : '')).join(''),
    end,
    usage: usage.usage,
    pauses,
  }
}

const weather: Tool = {
  type: 'function',
  name: 'get_weather',
  parameters: {
    type: 'object',
    required: ['city'],
    properties: { city: { type: 'string' }, days: { type: 'integer' } },
  },
}
const search: Tool = { type: 'function', name: 'web_search' }

describe('a simulated answer', () => {
  it('says that it is simulated, and which model it is', async () => {
    for (const model of simulatedModels.keys()) {
      const heard = await hear(ask(), { model })
      expect(heard.text).toMatch(/^This is a simulated answer from simulated-(small|large)/)
      expect(heard.events[0]).toMatchObject({ type: 'message-start', model, created: 1_700_000_000 })
    }
  })

  it('is the same for the same request, streamed or not, and another one for another request', async () => {
    const first = await hear(ask())
    expect(await hear(ask({ stream: false, includeUsage: true }))).toEqual(first)
    expect((await hear(ask({ seed: 7 }))).events[0]).not.toEqual(first.events[0])
    expect((await hear(ask({ messages: [user('And in Rome?')] }))).text).not.toBe(first.text)
  })

  it('has its events in the order every stream has', async () => {
    const types = (await hear(ask())).events.map((event) => event.type)
    const expected = /^message-start,text-start(,text-delta)+,text-end,message-end,usage$/
    expect(types.join(',')).toMatch(expected)
  })

  it('keeps the pace of a hosted model', async () => {
    for (const model of simulatedModels.values()) {
      const [first = 0, ...others] = (await hear(ask(), { model: model.name })).pauses
      expect(first).toBeGreaterThanOrEqual(model.firstTokenMs[0])
      expect(first).toBeLessThanOrEqual(model.firstTokenMs[1])
      expect(Math.min(...others)).toBeGreaterThanOrEqual(model.tokenMs[0])
      expect(Math.max(...others)).toBeLessThanOrEqual(3 * model.tokenMs[1])
    }
  })

  it('counts what it read and what it said', async () => {
    const short = await hear(ask())
    const long = await hear(ask({ messages: [user('word '.repeat(500))] }))
    expect(outputTokens(short.usage)).toBe(countTokens(short.text))
    expect(inputTokens(long.usage)).toBeGreaterThan(500)
    expect(inputTokens(long.usage)).toBeLessThan(520)
  })

  it('mentions pictures without pretending to see them', async () => {
    const image = { type: 'image', source: { kind: 'url', url: 'https://example.com/cat.png' } } as const
    const heard = await hear(ask({ messages: [{ role: 'user', content: [image, image] }] }))
    expect(heard.text).toContain('I was given 2 images, and can see none of it.')
  })
})

describe('the end of a simulated answer', () => {
  it('is length when the cap cuts it', () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 60 }), async (cap) => {
        const whole = await hear(ask())
        const heard = await hear(ask({ maxOutputTokens: cap }))
        expect(outputTokens(heard.usage)).toBeLessThanOrEqual(cap)
        if (cap < outputTokens(whole.usage) && cap < 20) expect(heard.end.finishReason).toBe('length')
      }),
    ))

  it('is the stop text when one occurs, which is then not said', async () => {
    const heard = await hear(ask({ stop: ['never said', ' model inside', 'inside'] }))
    expect(heard.end).toMatchObject({ finishReason: 'stop-sequence', stopSequence: ' model inside' })
    expect(heard.text).toBe('This is a simulated answer from simulated-small, a')
  })

  it('is stop otherwise', async () => {
    expect((await hear(ask({ stop: ['never said'] }))).end).toEqual({ type: 'message-end', finishReason: 'stop' })
  })
})

describe('tools', () => {
  it('are called with arguments that fit the schema', async () => {
    const heard = await hear(ask({ tools: [search, weather], messages: [user('What is the weather like?')] }))
    expect(heard.events).toContainEqual(
      expect.objectContaining({ type: 'tool-call-start', index: 0, name: 'get_weather' }),
    )
    expect(JSON.parse(heard.args)).toEqual({ city: 'simulated city', days: expect.any(Number) })
    expect(heard.end.finishReason).toBe('tool-calls')
    expect(heard.text).toBe('')
  })

  it('without parameters get an empty object', async () => {
    expect((await hear(ask({ tools: [search] }))).args).toBe('{}')
  })

  it('are not called again once their result is there', async () => {
    const messages = [
      user('Weather?'),
      { role: 'assistant', content: [{ type: 'tool-call', id: 'c', name: 'get_weather', arguments: '{}' }] },
      { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'c', content: [] }] },
    ] as const
    const heard = await hear(ask({ tools: [weather], messages }))
    expect(heard.text).toContain('Thank you for the result of the tool.')
    expect((await hear(ask({ tools: [weather], messages, toolChoice: { type: 'required' } }))).args).not.toBe('')
  })

  it('are chosen as the caller demands', async () => {
    const tools = [weather, search]
    const named = await hear(ask({ tools, toolChoice: { type: 'named', name: 'web_search' } }))
    expect(named.events).toContainEqual(expect.objectContaining({ name: 'web_search' }))
    expect((await hear(ask({ tools, toolChoice: { type: 'none' } }))).text).toContain('simulated')
  })

  it('calls are cut by the cap like text', async () => {
    const heard = await hear(ask({ tools: [weather], maxOutputTokens: 2 }))
    expect(heard.end.finishReason).toBe('length')
    expect(outputTokens(heard.usage)).toBe(2)
  })
})

describe('JSON answers', () => {
  it('are JSON when JSON is asked for', async () => {
    const heard = await hear(ask({ responseFormat: { type: 'json' } }))
    expect(JSON.parse(heard.text)).toMatchObject({ simulated: true, model: 'simulated-small' })
  })

  it('satisfy the schema', async () => {
    const schema = { type: 'object', required: ['grade'], properties: { grade: { enum: ['A'] } } }
    const heard = await hear(ask({ responseFormat: { type: 'json-schema', name: 'g', schema } }))
    expect(JSON.parse(heard.text)).toEqual({ grade: 'A' })
  })
})

describe('a simulated model refuses', () => {
  it.each([
    ['a name nobody has', ask(), { model: 'gpt-5' }, 'model_not_found'],
    ['several answers at once', ask({ choices: 2 }), {}, 'unsupported_parameter'],
    ['a prompt beyond its window', ask({ messages: [user('w '.repeat(130_000))] }), {}, 'context_length_exceeded'],
  ])('%s', async (_what, request, options, code) => {
    await expect(hear(request, options)).rejects.toMatchObject({ code })
  })

  it('to go on when the caller has left', async () => {
    const controller = new AbortController()
    const gone = new Error('gone')
    const stream = simulate(ask(), { model: 'simulated-large', signal: controller.signal })
    await stream.next()
    await stream.next()
    controller.abort(gone)
    await expect(stream.next()).rejects.toBe(gone)
  })
})

it('tokens join to the text they were cut from', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(tokenize(text).join('')).toBe(text)
    }),
  )
})
