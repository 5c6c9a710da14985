import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { awsEvent, awsEventFrame, awsException } from '../testing/aws-event-frame.ts'
import { AwsEventFramer, BrokenAwsMessage } from './aws-event-stream.ts'
import { parseSseFrame } from './sse.ts'

/** What a consumer sees of bytes that come in these chunks. */
function read(chunks: readonly Buffer[], framer = new AwsEventFramer()) {
  const frames = chunks.flatMap((chunk) => framer.push(chunk))
  framer.rest()
  return frames.map((frame) => parseSseFrame(frame))
}

const STREAM = Buffer.concat([
  awsEvent('messageStart', '{"role":"assistant"}'),
  awsEvent('contentBlockDelta', '{"delta":{"text":"你好 👋🏽"},"contentBlockIndex":0}'),
  awsEvent('messageStop', '{"stopReason":"end_turn"}'),
])
const EVENTS = [
  { event: 'messageStart', data: '{"role":"assistant"}' },
  { event: 'contentBlockDelta', data: '{"delta":{"text":"你好 👋🏽"},"contentBlockIndex":0}' },
  { event: 'messageStop', data: '{"stopReason":"end_turn"}' },
]

describe('a binary event stream', () => {
  it('gives the same events wherever its bytes are cut', () => {
    expect(read([STREAM])).toEqual(EVENTS)
    for (let cut = 0; cut <= STREAM.length; cut += 1) {
      expect(read([STREAM.subarray(0, cut), STREAM.subarray(cut)])).toEqual(EVENTS)
    }
    expect(read([...STREAM].map((byte) => Buffer.from([byte])))).toEqual(EVENTS)
  })

  it('gives every payload under its type, whatever is in it', () => {
    const events = fc.array(fc.record({ event: fc.stringMatching(/^[a-zA-Z]{1,20}$/), data: fc.json() }))
    fc.assert(
      fc.property(events, fc.array(fc.nat(400)), (sent, cuts) => {
        const bytes = Buffer.concat(sent.map(({ event, data }) => awsEvent(event, data)))
        const places = [0, ...cuts.map((at) => Math.min(at, bytes.length)).sort((a, b) => a - b), bytes.length]
        const chunks = places.slice(1).map((end, at) => bytes.subarray(places[at], end))
        expect(read(chunks)).toEqual(sent)
      }),
    )
  })

  it('names an exception by its type, and gives an error its code and message', () => {
    expect(read([awsException('throttlingException', '{"message":"Slow down."}')])).toEqual([
      { event: 'throttlingException', data: '{"message":"Slow down."}' },
    ])
    const headers = { ':message-type': 'error', ':error-code': 'InternalFailure', ':error-message': 'Broken.' }
    expect(read([awsEventFrame(headers, '')])).toEqual([
      { event: 'error', data: '{"code":"InternalFailure","message":"Broken."}' },
    ])
  })

  it('reads past headers that are no text', () => {
    const text = awsEvent('ping', '{}').subarray(12, -4 - 2)
    const flag = Buffer.concat([Buffer.from([1]), Buffer.from('f'), Buffer.from([0])])
    const number = Buffer.concat([Buffer.from([1]), Buffer.from('n'), Buffer.from([5]), Buffer.alloc(8)])
    const blob = Buffer.concat([Buffer.from([1]), Buffer.from('b'), Buffer.from([6, 0, 2, 1, 2])])
    expect(read([withHeaders(Buffer.concat([flag, number, blob, text]))])).toEqual([{ event: 'ping', data: '{}' }])
    expect(() => read([withHeaders(Buffer.from([1, 0x66, 99]))])).toThrow(/headers/)
    expect(() => read([withHeaders(Buffer.from([200, 0x66]))])).toThrow(/headers/)
  })

  it('breaks at any flipped bit, after what came before it', () => {
    const first = awsEvent('messageStart', '{}')
    const bytes = Buffer.concat([first, awsEvent('messageStop', '{}')])
    for (let at = first.length; at < bytes.length; at += 1) {
      const bent = Buffer.from(bytes)
      bent.writeUInt8(bent.readUInt8(at) ^ 4, at)
      const framer = new AwsEventFramer()
      expect(framer.push(bent).map((frame) => parseSseFrame(frame)?.event)).toEqual(['messageStart'])
      expect(() => framer.push(Buffer.alloc(0))).toThrow(BrokenAwsMessage)
      expect(() => framer.rest()).toThrow(BrokenAwsMessage)
    }
  })

  it('says nothing of a message that was cut', () => {
    const framer = new AwsEventFramer()
    expect(framer.push(STREAM.subarray(0, STREAM.length - 1))).toHaveLength(2)
    expect(framer.rest()).toHaveLength(0)
  })

  it('refuses a message that is too large before it is there, and one shorter than its headers', () => {
    const large = awsEvent('contentBlockDelta', JSON.stringify({ text: 'x'.repeat(2000) }))
    expect(() => read([large.subarray(0, 12)], new AwsEventFramer(2000))).toThrow('an event is larger than 2000 bytes')
    expect(read([large], new AwsEventFramer(4000))).toHaveLength(1)
    const headless = awsEventFrame({}, '')
    headless.writeUInt32BE(500, 4)
    expect(() => read([resealed(headless)])).toThrow('an event is shorter than its headers')
  })
})

/** A message with these bytes as its headers, `{}` as its payload and good checksums. */
function withHeaders(headers: Buffer): Buffer {
  const plain = awsEventFrame({}, '')
  const message = Buffer.concat([plain.subarray(0, 12), headers, Buffer.from('{}'), Buffer.alloc(4)])
  message.writeUInt32BE(message.length, 0)
  message.writeUInt32BE(headers.length, 4)
  return resealed(message)
}

function resealed(message: Buffer): Buffer {
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8)
  message.writeUInt32BE(crc32(message.subarray(0, -4)), message.length - 4)
  return message
}
