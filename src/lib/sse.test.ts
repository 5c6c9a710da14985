import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseSseFrame, type SseEvent, SseFramer, SseFrameTooLarge, sseText } from './sse.ts'

/** What a consumer of the whole stream sees when its bytes arrive in these chunks. */
function read(chunks: readonly Buffer[]): { events: SseEvent[]; bytes: Buffer; rest: string } {
  const framer = new SseFramer()
  const frames = chunks.flatMap((chunk) => framer.push(chunk))
  const events = frames.map(parseSseFrame).filter((event) => event !== null)
  return { events, bytes: Buffer.concat([...frames, framer.rest()]), rest: framer.rest().toString() }
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [0, ...[...at].sort((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end))
}

const data = (text: string): SseEvent => ({ event: '', data: text })

describe('framing', () => {
  test('every two-way split of a stream of wide characters gives the same events', () => {
    const stream = Buffer.from(
      '\uFEFFdata: {"content":"你好，世界"}\r\n\r\n: ping\n\nevent: delta\rdata:👩‍👩‍👧 e\u0301\r\rdata: 一\ndata: 二\n\ndata: [DONE]\n\n',
    )
    const whole = read([stream]).events
    expect(whole).toEqual([
      data('{"content":"你好，世界"}'),
      { event: 'delta', data: '👩‍👩‍👧 e\u0301' },
      data('一\n二'),
      data('[DONE]'),
    ])
    for (let at = 0; at <= stream.length; at += 1) {
      const split = read(cut(stream, [at]))
      expect(split.events, `split at byte ${at}`).toEqual(whole)
      expect(split.bytes.equals(stream.subarray(3)), `bytes kept at ${at}`).toBe(true)
    }
  })

  test('the byte order mark at the beginning is no part of the first frame, however it arrives; one in the middle stays', () => {
    const bytes = Buffer.from('\uFEFFdata: a\n\n\uFEFFdata: b\n\n')
    for (let at = 0; at < 8; at += 1) {
      const { bytes: kept } = read(cut(bytes, [at, at + 1]))
      expect(kept.toString(), `split at byte ${at}`).toBe('data: a\n\n\uFEFFdata: b\n\n')
    }
    expect(read([Buffer.from('\uFEFF{"error":1}')]).rest).toBe('{"error":1}')
    expect(read([Buffer.from('\uFEFF')]).rest).toBe('')
    expect(read([Buffer.from([0xef, 0xbb])]).rest).toBe('\uFFFD')
  })

  test('any stream of the grammar, cut anywhere, gives the events that were written and keeps every byte but the mark', () => {
    const ending = fc.constantFrom('\n', '\r', '\r\n')
    const text = fc.string({ unit: 'binary', maxLength: 12 }).map((value) => value.replace(/[\r\n]/g, '你'))
    const event = fc.record({
      lines: fc.array(text, { minLength: 1, maxLength: 3 }),
      name: fc.option(text, { nil: undefined }),
      comment: fc.option(text, { nil: undefined }),
      space: fc.boolean(),
      ending,
    })
    const cuts = fc.array(fc.nat(1_000_000), { maxLength: 12 })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 6 }), fc.boolean(), cuts, (events, bom, places) => {
        const wire = events.map(({ lines, name, comment, space, ending }) => {
          const written: string[] = []
          if (comment !== undefined) written.push(`:${comment}`)
          if (name !== undefined) written.push(`event: ${name}`)
          for (const line of lines) written.push(space || line.startsWith(' ') ? `data: ${line}` : `data:${line}`)
          return [...written, '', ''].join(ending)
        })
        const written = Buffer.from(wire.join(''))
        const bytes = Buffer.concat([Buffer.from(bom ? '\uFEFF' : ''), written])
        const result = read(
          cut(
            bytes,
            places.map((place) => place % (bytes.length + 1)),
          ),
        )
        expect(result.events).toEqual(
          events.map(({ lines, name }) => ({ event: toUtf8(name ?? ''), data: toUtf8(lines.join('\n')) })),
        )
        expect(result.bytes.toString()).toBe(written.toString().slice(0, result.bytes.toString().length))
        expect(written.toString().slice(result.bytes.toString().length)).toMatch(/^\n?$/)
      }),
    )
  })

  test('a chunk of whole frames is not copied', () => {
    const chunk = Buffer.from('data: a\n\ndata: b\n\n')
    for (const frame of new SseFramer().push(chunk)) expect(frame.buffer).toBe(chunk.buffer)
  })

  test('a frame that ends with a lone CR is complete at once, and the LF of a split CRLF is no event', () => {
    const framer = new SseFramer()
    expect(framer.push(Buffer.from('data: a\r\n\r')).map(parseSseFrame)).toEqual([data('a')])
    expect(framer.push(Buffer.from('\n')).map(parseSseFrame)).toEqual([])
    expect(framer.rest()).toHaveLength(0)
    expect(framer.push(Buffer.from('data: b\r\n\r\n')).map(parseSseFrame)).toEqual([data('b')])
  })

  test('what follows the last blank line can be had at the end', () => {
    expect(read([Buffer.from('data: a\n\n{"error":{"message":"no'), Buffer.from(' room"}}')]).rest).toBe(
      '{"error":{"message":"no room"}}',
    )
    expect(parseSseFrame(Buffer.from(read([Buffer.from('data: a\n\ndata: [DONE]')]).rest))).toEqual(data('[DONE]'))
  })

  test('a frame over the cap is refused, in one chunk and in many', () => {
    expect(() => new SseFramer(16).push(Buffer.from('data: 0123456789\n\n'))).toThrow(SseFrameTooLarge)
    const framer = new SseFramer(16)
    framer.push(Buffer.from('data: 012345'))
    expect(() => framer.push(Buffer.from('678901'))).toThrow(SseFrameTooLarge)
  })

  test('a line of nine mebibytes in small pieces is refused at the cap of eight, without being gathered anew for each piece', () => {
    const framer = new SseFramer()
    const piece = Buffer.alloc(1024, 'x')
    let taken = 0
    const feed = () => {
      for (framer.push(Buffer.from('data: ')); taken < 9 * 1024; taken += 1) framer.push(piece)
    }
    expect(feed).toThrow(SseFrameTooLarge)
    expect(taken).toBe(8 * 1024 - 1)
  })

  test('a large frame in single bytes comes out whole', () => {
    const bytes = Buffer.from(sseText('y'.repeat(100_000)))
    const framer = new SseFramer()
    const frames = Array.from(bytes, (byte) => framer.push(Buffer.of(byte))).flat()
    expect(frames.map((frame) => parseSseFrame(frame)?.data.length)).toEqual([100_000])
  })
})

describe('events', () => {
  test.each([
    [': OPENROUTER PROCESSING\n\n', null],
    ['\n', null],
    ['event: ping\n\n', null],
    ['id: 7\nretry: 10\n\n', null],
    ['data\n\n', data('')],
    ['data:\n\n', data('')],
    ['data:x\n\n', data('x')],
    ['data:  x\n\n', data(' x')],
    ['data: a:b\n\n', data('a:b')],
    ['event: e\ndata: 1\n: note\ndata: 2\n\n', { event: 'e', data: '1\n2' }],
    ['{"error":{"code":503}}\n\n', data('{"error":{"code":503}}')],
  ])('%j', (frame, event) => {
    expect(parseSseFrame(Buffer.from(frame))).toEqual(event)
  })

  test('text that is written is read back, line breaks included', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const lines = text.replace(/\r\n|\r/g, '\n')
        expect(parseSseFrame(Buffer.from(sseText(text, 'e')))).toEqual({ event: 'e', data: lines })
      }),
    )
    expect(sseText('a\nb')).toBe('data: a\ndata: b\n\n')
  })
})

/** Strings may hold lone surrogates, which UTF-8 cannot carry. */
function toUtf8(text: string): string {
  return Buffer.from(text).toString()
}
