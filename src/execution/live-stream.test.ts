import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { dialectOf } from '../dialects/registry.ts'
import { SseFramer } from '../lib/sse.ts'
import type { AnswerPiece, StreamedAnswer } from './answer.ts'
import { chunk, deploymentOf, ScriptedBody } from './attempt-world.contract.ts'
import { EventReader, RelayReader } from './frame-reader.ts'
import { LiveStream } from './live-stream.ts'
import type { Meter } from './meter.ts'
import { StreamSource } from './stream-source.ts'
import { TransportFailure } from './transport.ts'

const chat = dialectOf('openai-chat')
const DEPLOYMENT = deploymentOf('host/m')
const DONE = 'data: [DONE]\n\n'
const USAGE = 'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}\n\n'

/** A stream of each kind over a scripted body, and how often it said that nothing more is read. */
function streamOver(body: ScriptedBody, way: 'relayed' | 'translated', meter: Meter | null = null) {
  const over = vi.fn()
  const source = new StreamSource(body, DEPLOYMENT, over)
  const framer = new SseFramer()
  const stream =
    way === 'relayed'
      ? new LiveStream(source, new RelayReader(chat.relayScanner({ keepUsage: true })), DEPLOYMENT, framer, meter)
      : new LiveStream(source, new EventReader(chat.streamDecoder()), DEPLOYMENT, framer, meter)
  return { stream, over }
}

function said(piece: AnswerPiece | null): string {
  if (piece === null) return ''
  if (piece.kind === 'bytes') return piece.bytes.toString()
  return piece.events.map((event) => ('text' in event ? event.text : `<${event.type}>`)).join('')
}

async function toTheEnd(stream: StreamedAnswer): Promise<string> {
  let text = ''
  for (let piece = await stream.read(); piece; piece = await stream.read()) text += said(piece)
  return text
}

const WAYS = ['relayed', 'translated'] as const

describe.each(WAYS)('a %s stream', (way) => {
  it('opens with its first content, and gives it with everything before', async () => {
    const body = new ScriptedBody().say(': a comment\n\n').say(chunk({ role: 'assistant', content: '' }))
    const { stream } = streamOver(body, way)
    const opening = stream.open()
    let open = false
    void opening.then(() => {
      open = true
    })
    await new Promise(setImmediate)
    expect(open).toBe(false)
    body.say(chunk({ content: 'Hello' }))
    await opening
    expect(said(await stream.read())).toContain('Hello')
  })

  it('withholds its end until it is asked for', async () => {
    const body = new ScriptedBody().say(chunk({ content: 'Hello' }) + chunk({}, 'stop') + USAGE + DONE, true)
    const { stream } = streamOver(body, way)
    const text = await toTheEnd(stream)
    expect(text).toContain('Hello')
    expect(text).not.toMatch(/"finish_reason":"stop"|DONE|message-end/)
    expect(said(stream.tail())).toMatch(/DONE|message-end/)
    expect(stream.summary).toMatchObject({ finishReason: 'stop', model: 'm-1', outputBytes: 5 })
    expect(stream.summary.usage).toMatchObject({ inputUncached: 3, outputText: 2 })
  })

  it('is the same however its bytes are cut', async () => {
    const text = chunk({ content: 'Grüße, 世界 🌍' }) + chunk({ content: '!' }) + chunk({}, 'stop') + USAGE + DONE
    const bytes = Buffer.from(text)
    const whole = await readWhole(bytes.length)
    for (let size = 1; size < 40; size += 1) expect([size, await readWhole(size)]).toEqual([size, whole])

    async function readWhole(size: number): Promise<string> {
      const body = new ScriptedBody()
      for (let at = 0; at < bytes.length; at += size) body.push(bytes.subarray(at, at + size))
      body.end()
      const { stream } = streamOver(body, way)
      return (await toTheEnd(stream)) + said(stream.tail())
    }
  })

  it('fails before its content with the error that came first', async () => {
    const body = new ScriptedBody().say('data: {"error":{"message":"overloaded","code":503}}\n\n')
    const { stream } = streamOver(body, way)
    await expect(stream.open()).rejects.toMatchObject({ failure: 'server_error', mayCost: true })
    expect(body.aborted).toBe(true)
  })

  it('gives what came before an error, then the error, and no end', async () => {
    const body = new ScriptedBody().say(`${chunk({ content: 'Hel' })}data: {"error":{"message":"broke"}}\n\n`)
    const { stream } = streamOver(body, way)
    await stream.open()
    expect(said(await stream.read())).toContain('Hel')
    await expect(stream.read()).rejects.toMatchObject({ failure: 'server_error' })
    await expect(stream.read()).rejects.toMatchObject({ failure: 'server_error' })
  })

  it('takes a raw error after its events for one', async () => {
    const body = new ScriptedBody().say(`${chunk({ content: 'Hel' })}{"error":{"code":503,"message":"shed"}}`, true)
    const { stream } = streamOver(body, way)
    await stream.open()
    await stream.read()
    await expect(stream.read()).rejects.toMatchObject({ error: { message: expect.stringContaining('shed') } })
  })

  it('is cut when it ends without its finish', async () => {
    const { stream } = streamOver(new ScriptedBody().say(chunk({ content: 'Hel' }), true), way)
    await stream.open()
    await expect(toTheEnd(stream)).rejects.toMatchObject({
      failure: 'truncated',
      error: { code: 'upstream_truncated' },
    })
    expect(stream.summary.finishReason).toBeNull()
  })

  it('is unusable when it ends before anything was said', async () => {
    const { stream } = streamOver(new ScriptedBody().say(': nothing\n\n', true), way)
    await expect(stream.open()).rejects.toMatchObject({ failure: 'invalid_response' })
  })

  it('is cut when its connection breaks, but not after its finish', async () => {
    const broken = new TransportFailure('reset', true, 'the connection broke')
    const early = new ScriptedBody().say(chunk({ content: 'Hel' }))
    const { stream } = streamOver(early, way)
    await stream.open()
    await stream.read()
    early.fail(broken)
    await expect(stream.read()).rejects.toMatchObject({ failure: 'truncated' })

    const late = new ScriptedBody().say(chunk({ content: 'Hello' }) + chunk({}, 'stop'))
    const { stream: whole } = streamOver(late, way)
    await whole.open()
    await whole.read()
    const end = whole.read()
    late.fail(broken)
    expect(await end).toBeNull()
  })

  it('skips an event that is broken', async () => {
    const { stream } = streamOver(
      new ScriptedBody().say(
        `${chunk({ content: 'a' })}data: {"choices":[{"del\n\n${chunk({ content: 'b' }, 'stop')}`,
        true,
      ),
      way,
    )
    const text = await toTheEnd(stream)
    expect(text).not.toContain('"del\n')
    expect(stream.summary.outputBytes).toBe(2)
  })

  it('lets go of everything when it is closed', () => {
    const body = new ScriptedBody()
    const { stream, over } = streamOver(body, way)
    stream.abort()
    expect(body.aborted).toBe(true)
    expect(over).toHaveBeenCalled()
  })
})

/** A meter for which so many events are paid; the test decides about the rest. */
function meterFor(paidEvents: number) {
  const seen: [events: number, bytes: number, toolCalls: number][] = []
  let paid = paidEvents
  let decision = Promise.withResolvers<boolean>()
  const meter: Meter = {
    pays(events, bytes, toolCalls) {
      seen.push([events, bytes, toolCalls])
      return events <= paid
    },
    takes: (events) => events <= paid,
    more: () => decision.promise,
    usage: () => ({ inputUncached: 3, outputText: seen.length }),
  }
  return {
    meter,
    seen,
    grant(events: number) {
      paid += events
      decision.resolve(true)
      decision = Promise.withResolvers()
    },
    /** So many events are paid for after all, and none beyond. */
    allow(events: number) {
      paid = events
    },
    refuse: () => decision.resolve(false),
    fail: (error: Error) => decision.reject(error),
  }
}

const [a, b, c] = ['a', 'b', 'c'].map((content) => chunk({ content }))
const turn = () => new Promise(setImmediate)

describe.each(WAYS)('a %s stream that is metered', (way) => {
  it('tells the meter of every event with content, in totals', async () => {
    const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '{' } }
    const body = new ScriptedBody().say(
      `${chunk({ role: 'assistant', content: '' })}${a}${chunk({ tool_calls: [call] })}${b}${chunk({}, 'stop')}`,
      true,
    )
    const { meter, seen } = meterFor(9)
    const { stream } = streamOver(body, way, meter)
    await toTheEnd(stream)
    expect(seen.map(([events, , toolCalls]) => [events, toolCalls])).toEqual([
      [1, 0],
      [2, 1],
      [3, 1],
    ])
    expect(stream.summary).toMatchObject({ contentEvents: 3, toolCalls: 1, cut: false, metered: { outputText: 3 } })
  })

  it('gives the event after which the money is short, and nothing after it until there is more', async () => {
    const body = new ScriptedBody().say(`${a}${b}${c}`)
    const { meter, grant, seen } = meterFor(1)
    const { stream } = streamOver(body, way, meter)
    await stream.open()
    const first = said(await stream.read())
    expect(first).toContain('b')
    expect(first).not.toMatch(/"c"|c$/)
    let next = ''
    const reading = stream.read().then((piece) => {
      next = said(piece)
    })
    await turn()
    expect([next, seen.length]).toEqual(['', 2])
    grant(5)
    await reading
    expect(next).toContain('c')
    expect(body.aborted).toBe(false)
  })

  it('ends as one that became too long when there is none, and hangs up', async () => {
    const body = new ScriptedBody().say(`${a}${b}${c}`)
    const { meter, refuse } = meterFor(1)
    const { stream, over } = streamOver(body, way, meter)
    await stream.open()
    refuse()
    const text = await toTheEnd(stream)
    expect(text).toContain('b')
    expect(text).not.toMatch(/"c"|c$/)
    expect([body.aborted, over.mock.calls.length > 0]).toEqual([true, true])
    expect(said(stream.tail())).toMatch(
      way === 'relayed'
        ? /"id":"c1".*"finish_reason":"length".*"completion_tokens":2.*\[DONE\]\n\n$/s
        : /^<text-end><usage><message-end>$/,
    )
    expect(stream.summary).toMatchObject({ cut: true, finishReason: 'length', metered: { outputText: 2 } })
    expect(await stream.read()).toBeNull()
  })

  it('is hung up at once, whether or not anybody reads', async () => {
    const body = new ScriptedBody().say(`${a}${b}`)
    const { meter, refuse } = meterFor(1)
    const { stream } = streamOver(body, way, meter)
    await stream.open()
    refuse()
    await turn()
    expect(body.aborted).toBe(true)
    expect(await toTheEnd(stream)).toContain('b')
    expect(stream.summary.cut).toBe(true)
  })

  it('is whole when its end has already come, money or not', async () => {
    const body = new ScriptedBody().say(`${a}${b}${chunk({}, 'stop')}${USAGE}${DONE}`, true)
    const { meter, refuse } = meterFor(1)
    const { stream } = streamOver(body, way, meter)
    await stream.open()
    refuse()
    expect(await toTheEnd(stream)).toContain('b')
    expect(said(stream.tail())).toMatch(/DONE|message-end/)
    expect(stream.summary).toMatchObject({ cut: false, finishReason: 'stop' })
  })

  it('goes on as far as what had come is paid for, and ends there', async () => {
    const body = new ScriptedBody().say(`${a}${b}${c}${chunk({ content: 'd' })}`)
    const { meter, refuse, allow } = meterFor(1)
    const { stream } = streamOver(body, way, meter)
    await stream.open()
    allow(3)
    refuse()
    const text = await toTheEnd(stream)
    expect(text).toContain('c')
    expect(text).not.toMatch(/"d"|d$/)
    expect(stream.summary).toMatchObject({ cut: true, finishReason: 'length', contentEvents: 3 })
    expect(said(stream.tail())).toMatch(
      way === 'relayed' ? /"finish_reason":"length".*\[DONE\]\n\n$/s : /<message-end>$/,
    )
  })

  it('is whole when its end came with the one event that was too much, which is counted', async () => {
    const body = new ScriptedBody().say(`${a}${b}${c}${chunk({}, 'stop')}${USAGE}${DONE}`, true)
    const { meter, refuse, seen } = meterFor(1)
    const { stream } = streamOver(body, way, meter)
    await stream.open()
    refuse()
    expect(await toTheEnd(stream)).toContain('c')
    expect(stream.summary).toMatchObject({ cut: false, finishReason: 'stop', contentEvents: 3 })
    expect(stream.summary.usage).not.toBeNull()
    expect(seen.map(([events]) => events)).toEqual([1, 2, 3])
  })

  it('is cut before the first of several events that were too much, though its end had come', async () => {
    const body = new ScriptedBody().say(
      `${a}${b}${c}${chunk({ content: 'd' })}${chunk({}, 'stop')}${USAGE}${DONE}`,
      true,
    )
    const { meter, refuse } = meterFor(1)
    const { stream } = streamOver(body, way, meter)
    await stream.open()
    refuse()
    const text = await toTheEnd(stream)
    expect(text).toContain('b')
    expect(text).not.toMatch(/"[cd]"|[cd]$/)
    expect(stream.summary).toMatchObject({ cut: true, contentEvents: 2 })
  })

  it('fails when the caller leaves while it waits for money', async () => {
    const { meter, fail } = meterFor(0)
    const { stream } = streamOver(new ScriptedBody().say(a ?? ''), way, meter)
    await stream.open()
    await stream.read()
    fail(new Error('gone'))
    await expect(stream.read()).rejects.toThrow('gone')
  })
})

describe('a stream that is complete', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it.each(WAYS)('is ended after two seconds when the host keeps the connection, comments or not: %s', async (way) => {
    const body = new ScriptedBody().say(chunk({ content: 'Hello' }) + chunk({}, 'stop'))
    const { stream } = streamOver(body, way)
    await stream.open()
    await stream.read()
    let ended = false
    const end = (async () => {
      while (await stream.read());
      ended = true
    })()
    for (let passed = 0; passed < 2_000; passed += 500) {
      expect(ended).toBe(false)
      body.say(': still here\n\n')
      await vi.advanceTimersByTimeAsync(500)
    }
    await end
    expect(body.aborted).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('waits no longer than its end, and leaves no timer', async () => {
    const body = new ScriptedBody().say(chunk({ content: 'Hello' }) + chunk({}, 'stop'))
    const { stream } = streamOver(body, 'relayed')
    await stream.open()
    await stream.read()
    const end = stream.read()
    body.say(USAGE + DONE, true)
    expect(await end).toBeNull()
    expect(vi.getTimerCount()).toBe(0)
  })
})
