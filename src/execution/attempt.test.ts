import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../lib/clock.ts'
import { attempt } from './attempt.ts'
import {
  answerOf,
  asking,
  attemptAsk,
  chunk,
  deploymentOf,
  inboundOf,
  jsonOf,
  ScriptedBody,
  scriptedTransport,
  streamOf,
} from './attempt-world.contract.ts'
import { TransportFailure, type UpstreamCall, type UpstreamReply } from './transport.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const STREAMING = asking({ stream: true, includeUsage: true })

/** A call that is never answered; it ends as the transport ends it. */
function hanging(call: UpstreamCall): Promise<UpstreamReply> {
  return new Promise((_, reject) => {
    call.signal.addEventListener('abort', () => reject(new TransportFailure('aborted', true, 'given up')))
  })
}

function reading(body: ScriptedBody): (call: UpstreamCall) => UpstreamReply {
  return (call) => {
    call.signal.addEventListener('abort', () => {
      body.aborted = true
      body.fail(new TransportFailure('aborted', true, 'given up'))
    })
    return streamOf(body)
  }
}

describe('an attempt that is over', () => {
  it('leaves no timer and no listener on the signal of its caller, however it ended', async () => {
    const { signal } = new AbortController()
    const broken = new ScriptedBody().say('data: {"error":{"message":"no"}}\n\n')
    const scripts = [
      () => answerOf('Hello.'),
      () => jsonOf(503, { error: { message: 'busy' } }),
      () => jsonOf(200, 'odd'),
      () => Promise.reject(new TransportFailure('reset', true, 'broken')),
      () => streamOf(broken),
    ]
    for (const script of scripts) {
      const ask = attemptAsk({ signal, request: script === scripts[4] ? STREAMING : asking() })
      await attempt(ask, scriptedTransport(script), systemClock).catch(() => undefined)
      expect(getEventListeners(signal, 'abort')).toEqual([])
      expect(vi.getTimerCount()).toBe(0)
    }
  })

  it('lets go of the caller when its stream is closed', async () => {
    const { signal } = new AbortController()
    const body = new ScriptedBody().say(chunk({ content: 'Hel' }))
    const { answer } = await attempt(
      attemptAsk({ signal, request: STREAMING }),
      scriptedTransport(reading(body)),
      systemClock,
    )
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
    if (answer.kind === 'stream') answer.abort()
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('never began, and runs no clock, when its dispatch could not be noted', async () => {
    const { signal } = new AbortController()
    const transport = scriptedTransport()
    const beforeDispatch = () => {
      throw new Error('the disk is full')
    }
    await expect(attempt(attemptAsk({ signal, beforeDispatch }), transport, systemClock)).rejects.toThrow('disk')
    expect(transport.calls).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it.each([
    ['an event of nine megabytes', `data: ${'x'.repeat(9 * 1024 * 1024)}`],
    ['an error as its first event', 'data: {"error":{"message":"no","code":503}}\n\n'],
  ])('ends the upstream call that sent %s', async (_, text) => {
    const body = new ScriptedBody().say(text)
    const failing = attempt(attemptAsk({ request: STREAMING }), scriptedTransport(reading(body)), systemClock)
    await expect(failing).rejects.toMatchObject({ mayCost: true })
    expect(body.aborted).toBe(true)
  })

  it('ends the upstream call whose plain answer it cannot take', async () => {
    const body = new ScriptedBody().say('not gzip at all')
    const reply = (call: UpstreamCall): UpstreamReply => ({
      ...reading(body)(call),
      headers: { 'content-encoding': 'gzip' },
    })
    await expect(attempt(attemptAsk(), scriptedTransport(reply), systemClock)).rejects.toMatchObject({
      failure: 'invalid_response',
      error: { code: 'upstream_invalid_response', message: expect.stringContaining('compressed (gzip)') },
    })
    expect(body.aborted).toBe(true)
  })
})

describe('the clock of the first content', () => {
  const quick = deploymentOf('host/m', { firstTokenMs: 300, totalMs: 9_000 })

  it('ends a stream that only comments, and calls it a timeout', async () => {
    const body = new ScriptedBody()
    const ask = attemptAsk({ deployment: quick, request: STREAMING })
    const failing = attempt(ask, scriptedTransport(reading(body)), systemClock)
    failing.catch(() => undefined)
    for (let passed = 0; passed < 300; passed += 50) {
      expect(body.aborted).toBe(false)
      body.say(': thinking\n\n')
      await vi.advanceTimersByTimeAsync(50)
    }
    await expect(failing).rejects.toMatchObject({ failure: 'timeout', mayCost: true })
    expect(body.aborted).toBe(true)
  })

  it('stops with the first content: what follows may be slow', async () => {
    const body = new ScriptedBody()
    const ask = attemptAsk({ deployment: quick, request: STREAMING })
    const opening = attempt(ask, scriptedTransport(reading(body)), systemClock)
    await vi.advanceTimersByTimeAsync(299)
    body.say(chunk({ content: 'Hel' }))
    const { answer } = await opening
    await vi.advanceTimersByTimeAsync(60_000)
    expect(body.aborted).toBe(false)
    expect(answer.summary.outputBytes).toBe(3)
  })

  it('gives a plain answer all the time of the attempt', async () => {
    let replies: (reply: UpstreamReply) => void = () => undefined
    const transport = scriptedTransport(() => new Promise((resolve) => (replies = resolve)))
    const answering = attempt(attemptAsk({ deployment: quick }), transport, systemClock)
    await vi.advanceTimersByTimeAsync(8_000)
    replies(answerOf('At last.'))
    expect((await answering).answer.kind).toBe('whole')
  })

  it('is that of the call where it has its own, as the other clocks are', async () => {
    const transport = scriptedTransport(hanging)
    const timeouts = { firstTokenMs: 40, idleMs: 7 }
    const failing = attempt(attemptAsk({ deployment: quick, request: STREAMING, timeouts }), transport, systemClock)
    failing.catch(() => undefined)
    await vi.advanceTimersByTimeAsync(40)
    await expect(failing).rejects.toMatchObject({ failure: 'timeout' })
    expect(transport.calls[0]?.timeouts).toEqual({ ...quick.endpoint.timeouts, ...timeouts })
  })

  it('is shortened by the deadline of the task', async () => {
    const failing = attempt(attemptAsk({ budgetMs: 70 }), scriptedTransport(hanging), systemClock)
    failing.catch(() => undefined)
    await vi.advanceTimersByTimeAsync(70)
    await expect(failing).rejects.toMatchObject({
      failure: 'timeout',
      error: { message: expect.stringContaining('70 ms') },
    })
  })

  it('is not blamed when the caller left', async () => {
    const caller = new AbortController()
    const failing = attempt(attemptAsk({ signal: caller.signal }), scriptedTransport(hanging), systemClock)
    caller.abort()
    await expect(failing).rejects.toMatchObject({ failure: 'client_gone', error: { code: 'client_closed' } })
  })
})

describe('a host that answers in another shape than it was asked', () => {
  it('may give a whole answer where a stream was asked for', async () => {
    const opened = await attempt(
      attemptAsk({ request: STREAMING, inbound: inboundOf('openai-chat') }),
      scriptedTransport(() => answerOf('All at once.')),
      systemClock,
    )
    expect(opened.answer).toMatchObject({ kind: 'whole', bytes: null, summary: { finishReason: 'stop', model: 'm-1' } })
  })

  it('may stream where a whole answer was asked for', async () => {
    const body = new ScriptedBody()
      .say(chunk({ content: 'In ' }))
      .say(chunk({ content: 'pieces.' }, 'stop'))
      .say('data: [DONE]\n\n', true)
    const reply = (): UpstreamReply => ({ ...streamOf(body), headers: { 'content-type': 'Text/Event-Stream' } })
    const { answer } = await attempt(attemptAsk(), scriptedTransport(reply), systemClock)
    expect(answer).toMatchObject({ kind: 'whole', response: { content: [{ type: 'text', text: 'In pieces.' }] } })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('fails when that stream was cut', async () => {
    const body = new ScriptedBody().say(chunk({ content: 'In ' }), true)
    await expect(
      attempt(
        attemptAsk(),
        scriptedTransport(() => streamOf(body)),
        systemClock,
      ),
    ).rejects.toMatchObject({
      failure: 'truncated',
    })
  })

  it('fails when its answer is larger than 64 MB', async () => {
    const body = new ScriptedBody()
    for (let megabytes = 0; megabytes < 65; megabytes += 1) body.push(Buffer.alloc(1024 * 1024, 0x20))
    const reply = (): UpstreamReply => ({ status: 200, headers: {}, body })
    await expect(attempt(attemptAsk(), scriptedTransport(reply), systemClock)).rejects.toMatchObject({
      failure: 'invalid_response',
      error: { message: expect.stringContaining('larger than') },
    })
    expect(body.aborted).toBe(true)
  })
})
