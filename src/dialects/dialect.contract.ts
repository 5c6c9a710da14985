/*
 * What every wire format must keep, whatever its fields are called. Each format's test calls `describeDialect` with conversations that
 * it can say and streams as its vendor writes them.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Collector, collect } from '../canonical/collect.ts'
import { expand } from '../canonical/expand.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import type { CanonicalResponse } from '../canonical/response.ts'
import type { StreamEvent } from '../canonical/stream-event.ts'
import { ERRORS, type ErrorCode } from '../errors/codes.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { parseSseFrame, SseFramer } from '../lib/sse.ts'
import { answers, conversations, interleaved, type Sayable } from './conversations.contract.ts'
import type { Dialect, EncodeTarget, RelayScanner, RelaySummary, StreamDecoder } from './dialect.ts'

/** A format's own material for the contract. */
export interface DialectSamples {
  readonly target: EncodeTarget
  readonly sayable: Sayable
  /** Parameters that the format can say in full, beside the conversation. */
  readonly parameters: fc.Arbitrary<Partial<CanonicalRequest>>
  /** Whole streams as the vendor writes them, by what they show: text with CJK and emoji, parallel tools, reasoning. */
  readonly streams: Readonly<Record<string, string>>
  /** A stream that ends in an error after some content. */
  readonly failing: string
  /** A whole stream whose finish reason is the word `made_up`. */
  readonly unknownFinish: string
  /** Whether the text of a stream up to some frame holds the protocol's sign of completion. */
  readonly completes: (text: string) => boolean
  /** What only a good stream's end writes. */
  readonly successMarker: string
  /** A frame of content that was cut inside its JSON. */
  readonly brokenFrame: string
}

/** Runs the contract for one format. */
export function describeDialect(dialect: Dialect, samples: DialectSamples): void {
  const { sayable, target } = samples
  const streams = Object.entries(samples.streams)
  const encodeStream = (events: readonly StreamEvent[]) => {
    const encoder = dialect.streamEncoder({ id: 'given', model: 'given', includeUsage: true })
    return events.map((event) => encoder.push(event)).join('') + encoder.end()
  }
  const read = (text: string) => decode(dialect.streamDecoder(), [Buffer.from(text)])

  describe(`${dialect.name}: requests`, () => {
    it('reads back every conversation that it can say, and drops nothing of it', () => {
      const requests = fc.record({
        messages: conversations(sayable),
        stream: fc.boolean(),
        parameters: samples.parameters,
      })
      fc.assert(
        fc.property(requests, ({ messages, stream, parameters }) => {
          const request: CanonicalRequest = { ...parameters, model: target.model, messages, stream }
          const { body, dropped } = dialect.encodeRequest(request, target)
          expect(dropped).toEqual([])
          const { includeUsage: _, ...again } = dialect.decodeRequest(JSON.parse(JSON.stringify(body)), {
            model: target.model,
            stream,
          })
          expect(again).toEqual(request)
        }),
      )
    })
  })

  describe(`${dialect.name}: answers`, () => {
    it('reads back every answer that it can say, whole', () => {
      fc.assert(
        fc.property(answers(sayable), (answer) => {
          expect(essence(dialect.decodeResponse(JSON.parse(JSON.stringify(dialect.encodeResponse(answer)))))).toEqual(
            essence(answer),
          )
        }),
      )
    })

    it('reads back every answer that it can say, as a stream, however the tool calls interleave', () => {
      fc.assert(
        fc.property(answers(sayable), fc.array(fc.nat(), { minLength: 1 }), (answer, picks) => {
          expect(essence(collect(read(encodeStream(expand(answer))).events))).toEqual(essence(answer))
          expect(essence(collect(read(encodeStream(interleaved(answer, picks))).events))).toEqual(essence(answer))
        }),
      )
    })

    it('passes a finish reason that it does not know', () => {
      const answer = collect(read(samples.unknownFinish).events)
      expect(answer).toMatchObject({ finishReason: 'other', rawFinishReason: 'made_up' })
      expect(collect(read(encodeStream(expand(answer))).events)).toMatchObject({
        finishReason: 'other',
        rawFinishReason: 'made_up',
      })
      expect(scan(dialect, samples.unknownFinish)).toMatchObject({
        finishReason: 'other',
        rawFinishReason: 'made_up',
        complete: true,
      })
    })
  })

  describe(`${dialect.name}: streams`, () => {
    it.each(streams)('gives the same events wherever the bytes of "%s" are cut', (_, text) => {
      const bytes = Buffer.from(text)
      const whole = decode(dialect.streamDecoder(), [bytes])
      expect(whole.malformed).toBe(0)
      expect(whole.events.at(-1)?.type).toMatch(/message-end|usage/)
      for (let cut = 1; cut < bytes.length; cut += 1) {
        expect(decode(dialect.streamDecoder(), [bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(whole)
      }
      expect(
        decode(
          dialect.streamDecoder(),
          [...bytes].map((byte) => Buffer.from([byte])),
        ),
      ).toEqual(whole)
    })

    it.each(streams)(
      'gives the same events for "%s" with other line ends, comments and a byte order mark',
      (_, text) => {
        const whole = read(text)
        for (const end of ['\r\n', '\r']) expect(read(text.replaceAll('\n', end))).toEqual(whole)
        expect(read(text.replaceAll('data: ', 'data:'))).toEqual(whole)
        expect(read(`\uFEFF${text.replaceAll('\n\n', '\n\n: keep-alive\n\n')}`)).toEqual(whole)
      },
    )

    it.each(streams)('does not take "%s" for whole before its sign of completion', (_, text) => {
      const frames = framesOf(text)
      for (let count = 0; count <= frames.length; count += 1) {
        const part = Buffer.concat(frames.slice(0, count)).toString()
        const ended = read(part).events.some((event) => event.type === 'message-end')
        expect([count, ended]).toEqual([count, samples.completes(part)])
        expect([count, scan(dialect, part).complete]).toEqual([count, samples.completes(part)])
      }
    })

    it.each(streams)('skips and counts a broken event in "%s", and keeps it from the caller', (_, text) => {
      const whole = read(text)
      const frames = framesOf(text)
      const broken = Buffer.from(samples.brokenFrame)
      for (let at = 0; at < frames.length; at += 1) {
        const { events, malformed } = read(
          Buffer.concat([...frames.slice(0, at), broken, ...frames.slice(at)]).toString(),
        )
        expect(events).toEqual(whole.events)
        expect(malformed).toBeLessThanOrEqual(1)
      }
      expect(read(samples.brokenFrame).malformed).toBe(1)
      expect(dialect.relayScanner({ keepUsage: true }).scan(broken)).toEqual({ kind: 'quiet', bytes: null })
    })

    it('ends with the error that comes in a stream, and never with success', () => {
      const { events } = read(samples.failing)
      expect(events.at(-1)?.type).toBe('error')
      expect(events.some((event) => event.type === 'message-end')).toBe(false)
      const failed = events.at(-1)
      const error = failed?.type === 'error' ? failed.error : undefined
      expect(scan(dialect, samples.failing)).toMatchObject({ complete: false, error })
    })
  })

  describe(`${dialect.name}: relaying`, () => {
    it.each(streams)('hears in "%s" what the full decoder hears, and passes every byte on', (_, text) => {
      const scanner = dialect.relayScanner({ keepUsage: true })
      const passed = framesOf(text).map((frame) => scanner.scan(frame).bytes)
      expect(Buffer.concat(passed.filter((bytes) => bytes !== null)).toString()).toBe(text)
      expectSame(scanner.seen, read(text).events)
    })

    it('hears in every stream that it writes itself what the full decoder hears', () => {
      fc.assert(
        fc.property(answers(sayable), (answer) => {
          const text = encodeStream(expand(answer))
          expectSame(scan(dialect, text), read(text).events)
        }),
      )
    })

    it.each(streams)('adds to "%s" the marker of success when it is whole and has none, and only then', (_, text) => {
      const frames = framesOf(text)
      for (let count = 0; count <= frames.length; count += 1) {
        const part = Buffer.concat(frames.slice(0, count)).toString()
        const added = listener(dialect, part).end()?.toString() ?? ''
        const owed = samples.completes(part) && !part.includes(samples.successMarker)
        expect([count, added.includes(samples.successMarker)]).toEqual([count, owed])
        expect([count, added === '']).toEqual([count, !owed])
        expect(read(part + added).malformed).toBe(0)
      }
      expect(listener(dialect, samples.failing).end()).toBeNull()
    })

    it.each(streams)('knows where the content of "%s" begins and where its end does', (_, text) => {
      const scanner = dialect.relayScanner({ keepUsage: true })
      const kinds = framesOf(text).map((frame) => scanner.scan(frame).kind)
      expect(kinds).toContain('content')
      expect(kinds.lastIndexOf('content')).toBeLessThan(kinds.indexOf('finish'))
      expect(scanner.scan(Buffer.from(': keep-alive\n\n')).kind).not.toBe('content')
    })

    it('never passes an error on', () => {
      const scanner = dialect.relayScanner({ keepUsage: true })
      const last = framesOf(samples.failing)
        .map((frame) => scanner.scan(frame))
        .filter(({ kind }) => kind === 'error')
      expect(last).toHaveLength(1)
    })
  })

  describe(`${dialect.name}: errors`, () => {
    const codes = Object.keys(ERRORS) as ErrorCode[]

    it.each(codes)('writes %s with its code, and as an event that its own decoder reads as an error', (code) => {
      const error = new GatewayError(code, 'What, where, and what to do.')
      expect(JSON.stringify(dialect.encodeError(error))).toContain(`"${code}"`)
      const text = dialect.encodeStreamError(error)
      expect(text).not.toContain(samples.successMarker)
      const { events } = read(samples.failing.slice(0, samples.failing.indexOf('\n\n') + 2) + text)
      expect(events.at(-1)).toMatchObject({ type: 'error', error: { message: 'What, where, and what to do.' } })
    })

    it('reads any reply of a provider as an error of moderate length, never as a page', () => {
      const replies = fc.oneof(
        fc.json(),
        fc.string(),
        fc.constantFrom(
          '',
          'null',
          '<html><body>Bad Gateway</body></html>',
          `{"error":{"message":"${'x'.repeat(1e6)}"}}`,
        ),
      )
      fc.assert(
        fc.property(replies, (body) => {
          const { message, status } = dialect.decodeError(502, body)
          expect(message.length).toBeLessThan(2100)
          expect(message).not.toContain('<html')
          expect(status).toBe(502)
        }),
      )
    })
  })
}

/** An answer without what no format promises to give back: time, raw words and the provider's own usage object. */
function essence({ created: _, rawFinishReason: __, usage, ...answer }: CanonicalResponse) {
  const { raw: ___, ...counters } = usage ?? {}
  return { ...answer, usage: counters }
}

function decode(decoder: StreamDecoder, chunks: readonly Buffer[]) {
  const framer = new SseFramer()
  const frames = chunks.flatMap((chunk) => framer.push(chunk).map((frame) => Buffer.from(frame)))
  const events = frames.flatMap((frame) => {
    const event = parseSseFrame(frame)
    return event ? decoder.push(event) : []
  })
  return { events: [...events, ...decoder.end()], malformed: decoder.malformed }
}

function framesOf(text: string): Buffer[] {
  return new SseFramer().push(Buffer.from(text))
}

function scan(dialect: Dialect, text: string): RelaySummary {
  return listener(dialect, text).seen
}

/** A scanner that has heard a whole text. */
function listener(dialect: Dialect, text: string): RelayScanner {
  const scanner = dialect.relayScanner({ keepUsage: true })
  for (const frame of framesOf(text)) scanner.scan(frame)
  return scanner
}

function expectSame(seen: RelaySummary, events: readonly StreamEvent[]): void {
  const collector = new Collector()
  for (const event of events) collector.push(event)
  const { model, usage, finishReason, rawFinishReason, content } = collector.result()
  expect(seen).toMatchObject({
    ...(model === undefined ? {} : { model }),
    ...(usage ? { usage } : {}),
    finishReason,
    ...(rawFinishReason === undefined ? {} : { rawFinishReason }),
    complete: collector.complete,
  })
  const generated = content.some((part) => ('text' in part && part.text !== '') || part.type === 'tool-call')
  expect(seen.outputBytes > 0).toBe(generated)
}
