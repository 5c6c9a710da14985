/*
 * Amazon's binary event streams (`application/vnd.amazon.eventstream`), read as if they were server-sent events.
 *
 *   total length 4 | headers length 4 | CRC of these eight 4 | headers | payload | CRC of all before it 4
 *
 * A header is its name (length 1), a type (1) and a value; those that say what a message is are text (type 7, length 2). Each message becomes one frame
 * `event: TYPE` with its payload as data, so that whoever reads streams need not know how they were framed:
 *
 * - an event has its `:event-type`; an exception its `:exception-type`, which ends in `Exception`;
 * - an error that the service could not put into words of its own is an event `error` of a code and a message.
 *
 * A message whose checksum is wrong, or that cannot be read, breaks the stream: what follows it cannot be trusted. One that was cut says nothing.
 */
import { crc32 } from 'node:zlib'
import { sseText } from './sse.ts'

const PRELUDE_BYTES = 12
const CRC_BYTES = 4
const TEXT_TYPE = 7
/** How many bytes the values of the other types have: true, false, byte, short, integer, long, (bytes), (text), timestamp, uuid. */
const VALUE_BYTES: Readonly<Record<number, number>> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 }
const BYTES_TYPE = 6
/** Amazon sends at most 16 MiB of payload and 128 KiB of headers; answers come in far smaller pieces. */
const DEFAULT_MAX_MESSAGE_BYTES = 8 * 1024 * 1024
const FIRST_CARRY_BYTES = 4096
const NOTHING = Buffer.alloc(0)

/** The content type of these streams. */
export const AWS_EVENT_STREAM = 'application/vnd.amazon.eventstream'

/** A message that is not whole or not as it was sent. The stream cannot be read on. */
export class BrokenAwsMessage extends Error {
  override readonly name = 'BrokenAwsMessage'
}

/** Cuts one stream of bytes into messages, however the bytes come, and gives each as a server-sent event. */
export class AwsEventFramer {
  readonly #maxBytes: number
  /** The begun message, in the first `#carried` bytes. */
  #carry: Buffer = NOTHING
  #carried = 0
  #broken: BrokenAwsMessage | null = null

  /** `maxBytes` caps one message; default 8 MiB. */
  constructor(maxBytes: number = DEFAULT_MAX_MESSAGE_BYTES) {
    this.#maxBytes = maxBytes
  }

  /** The frames that this chunk completes. Throws BrokenAwsMessage, after all frames before the broken message were given. */
  push(chunk: Buffer): Buffer[] {
    if (this.#broken) throw this.#broken
    const frames: Buffer[] = []
    try {
      this.#cut(chunk, frames)
    } catch (error) {
      if (!(error instanceof BrokenAwsMessage)) throw error
      this.#broken = error
      if (frames.length === 0) throw error
    }
    return frames
  }

  /** Nothing: a message that was cut has no meaning. Throws BrokenAwsMessage when the stream was broken. */
  rest(): Buffer {
    if (this.#broken) throw this.#broken
    return NOTHING
  }

  #cut(chunk: Buffer, frames: Buffer[]): void {
    let position = 0
    if (this.#carried > 0) {
      // The begun message first: its length, then the rest of it.
      position += this.#take(chunk, position, PRELUDE_BYTES - this.#carried)
      if (this.#carried < PRELUDE_BYTES) return
      const length = this.#lengthAt(this.#carry, 0)
      position += this.#take(chunk, position, length - this.#carried)
      if (this.#carried < length) return
      frames.push(frameOf(this.#carry.subarray(0, length)))
      this.#carried = 0
    }
    while (chunk.length - position >= PRELUDE_BYTES) {
      const length = this.#lengthAt(chunk, position)
      if (chunk.length - position < length) break
      frames.push(frameOf(chunk.subarray(position, position + length)))
      position += length
    }
    this.#take(chunk, position, chunk.length - position)
  }

  /** Keeps so many bytes of the chunk, or as many as there are; says how many. */
  #take(chunk: Buffer, from: number, bytes: number): number {
    const taken = Math.min(Math.max(bytes, 0), chunk.length - from)
    const needed = this.#carried + taken
    if (needed > this.#carry.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#carry.length * 2, FIRST_CARRY_BYTES))
      this.#carry.copy(larger, 0, 0, this.#carried)
      this.#carry = larger
    }
    chunk.copy(this.#carry, this.#carried, from, from + taken)
    this.#carried = needed
    return taken
  }

  /** The whole length of the message that begins here, whose first twelve bytes are there. */
  #lengthAt(bytes: Buffer, from: number): number {
    const prelude = bytes.subarray(from, from + PRELUDE_BYTES)
    if (crc32(prelude.subarray(0, 8)) !== prelude.readUInt32BE(8)) {
      throw new BrokenAwsMessage('the checksum of an event’s length is wrong')
    }
    const length = prelude.readUInt32BE(0)
    if (length > this.#maxBytes) throw new BrokenAwsMessage(`an event is larger than ${this.#maxBytes} bytes`)
    if (length < PRELUDE_BYTES + prelude.readUInt32BE(4) + CRC_BYTES) {
      throw new BrokenAwsMessage('an event is shorter than its headers')
    }
    return length
  }
}

/** One whole message as the text of a server-sent event. */
function frameOf(message: Buffer): Buffer {
  const end = message.length - CRC_BYTES
  if (crc32(message.subarray(0, end)) !== message.readUInt32BE(end)) {
    throw new BrokenAwsMessage('the checksum of an event is wrong')
  }
  const payloadStart = PRELUDE_BYTES + message.readUInt32BE(4)
  const headers = textHeaders(message.subarray(PRELUDE_BYTES, payloadStart))
  const payload = message.toString('utf8', payloadStart, end)
  switch (headers.get(':message-type')) {
    case 'exception':
      return Buffer.from(sseText(payload, headers.get(':exception-type') ?? 'exception'))
    case 'error': {
      const said = { code: headers.get(':error-code') ?? '', message: headers.get(':error-message') ?? payload }
      return Buffer.from(sseText(JSON.stringify(said), 'error'))
    }
    default:
      return Buffer.from(sseText(payload, headers.get(':event-type') ?? ''))
  }
}

/** The headers that are text. */
function textHeaders(bytes: Buffer): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  try {
    for (let position = 0; position < bytes.length; ) {
      const nameEnd = position + 1 + bytes.readUInt8(position)
      const name = bytes.toString('utf8', position + 1, nameEnd)
      const type = bytes.readUInt8(nameEnd)
      const hasLength = type === TEXT_TYPE || type === BYTES_TYPE
      const start = nameEnd + (hasLength ? 3 : 1)
      const length = hasLength ? bytes.readUInt16BE(nameEnd + 1) : VALUE_BYTES[type]
      if (length === undefined || start + length > bytes.length) throw new RangeError()
      if (type === TEXT_TYPE) headers.set(name, bytes.toString('utf8', start, start + length))
      position = start + length
    }
  } catch (error) {
    throw new BrokenAwsMessage('the headers of an event cannot be read', { cause: error })
  }
  return headers
}
