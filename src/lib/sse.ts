/*
 * Server-sent events on the level of bytes.
 *
 * A stream is cut into frames, and only then, where somebody needs the meaning, a frame into its event. A frame is
 * everything up to and including a blank line; the frames and the rest, put together, are exactly the bytes that came, but for a byte order mark at
 * their beginning. That one means nothing, and to who passes frames on it would not stay at the beginning: behind a sign of life it is part of a field's name.
 * Since a blank line consists of ASCII, a frame never ends inside a UTF-8 sequence, so each can be decoded alone.
 *
 * A line ends with LF, CR or CRLF, and the two bytes of a CRLF may arrive apart. The framer does not wait for an LF that
 * may never come: a frame is complete at its CR, and an LF that follows opens the next frame, where it means nothing
 * (at the very end of a stream it is left out).
 */

const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const COLON = 0x3a
const OPEN_BRACE = 0x7b
const BOM = [0xef, 0xbb, 0xbf] as const
const BOM_CHARACTER = 0xfeff

const DEFAULT_MAX_FRAME_BYTES = 8 * 1024 * 1024
const FIRST_CARRY_BYTES = 4096
const NOTHING = Buffer.alloc(0)

/** One server-sent event: its type (empty when not named) and its data lines joined with a line feed. */
export interface SseEvent {
  readonly event: string
  readonly data: string
}

/** One frame is larger than the framer may hold. The stream cannot be read on. */
export class SseFrameTooLarge extends Error {
  readonly maxBytes: number

  constructor(maxBytes: number) {
    super(`a server-sent event is larger than ${maxBytes} bytes`)
    this.name = 'SseFrameTooLarge'
    this.maxBytes = maxBytes
  }
}

/**
 * Cuts one stream of bytes into frames. Frames that lie whole inside a chunk are views of it, not copies; a frame in
 * several chunks is gathered in a buffer that doubles, so the work is linear however small the chunks are.
 */
export class SseFramer {
  readonly #maxFrameBytes: number
  /** The begun frame, in the first `#carried` bytes. */
  #carry: Buffer = NOTHING
  #carried = 0
  /** Whether the line that is being read has no byte yet. */
  #lineIsEmpty = true
  /** Whether the last byte was a CR, whose LF may still come. */
  #afterCr = false
  /** Whether no frame is complete yet. */
  #isFirst = true

  /** `maxFrameBytes` caps one frame; default 8 MiB. */
  constructor(maxFrameBytes: number = DEFAULT_MAX_FRAME_BYTES) {
    this.#maxFrameBytes = maxFrameBytes
  }

  /** The frames that this chunk completes, each with its blank line. Throws SseFrameTooLarge. */
  push(chunk: Buffer): Buffer[] {
    const frames: Buffer[] = []
    let frameStart = 0
    let position = 0
    let nextLf = chunk.indexOf(LF)
    let nextCr = chunk.indexOf(CR)
    if (this.#afterCr && chunk.length > 0) {
      this.#afterCr = false
      if (nextLf === 0) position = 1
    }
    while (position < chunk.length) {
      // The line that ends a frame is empty, mostly.
      if (nextLf !== -1 && nextLf < position) nextLf = chunk[position] === LF ? position : chunk.indexOf(LF, position)
      if (nextCr !== -1 && nextCr < position) nextCr = chunk.indexOf(CR, position)
      const atCr = nextCr !== -1 && (nextLf === -1 || nextCr < nextLf)
      const lineEnd = atCr ? nextCr : nextLf
      if (lineEnd === -1) {
        this.#lineIsEmpty = false
        break
      }
      const blank = this.#lineIsEmpty && lineEnd === position
      position = lineEnd + 1
      if (atCr && position === chunk.length) this.#afterCr = true
      else if (atCr && chunk[position] === LF) position += 1
      this.#lineIsEmpty = true
      if (blank) {
        const frame = this.#complete(chunk.subarray(frameStart, position))
        frames.push(this.#isFirst ? withoutMark(frame) : frame)
        this.#isFirst = false
        frameStart = position
      }
    }
    if (frameStart < chunk.length) this.#keep(frameStart === 0 ? chunk : chunk.subarray(frameStart))
    return frames
  }

  /** The bytes after the last blank line: an event that was cut, a last event without its blank line, or no event at all. */
  rest(): Buffer {
    if (this.#carried === 0) return NOTHING
    const carried = this.#carry.subarray(0, this.#carried)
    const rest = this.#isFirst ? withoutMark(carried) : carried
    return rest.length === 1 && rest[0] === LF ? NOTHING : rest
  }

  #complete(tail: Buffer): Buffer {
    if (this.#carried + tail.length > this.#maxFrameBytes) throw new SseFrameTooLarge(this.#maxFrameBytes)
    if (this.#carried === 0) return tail
    this.#keep(tail)
    const frame = this.#carry.subarray(0, this.#carried)
    this.#carry = NOTHING
    this.#carried = 0
    return frame
  }

  #keep(bytes: Buffer): void {
    const needed = this.#carried + bytes.length
    if (needed > this.#maxFrameBytes) throw new SseFrameTooLarge(this.#maxFrameBytes)
    if (needed > this.#carry.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#carry.length * 2, FIRST_CARRY_BYTES))
      this.#carry.copy(larger, 0, 0, this.#carried)
      this.#carry = larger
    }
    bytes.copy(this.#carry, this.#carried)
    this.#carried = needed
  }
}

/**
 * The event in one frame, or null when there is none: comments, an `event:` or `id:` without data, a stray blank line.
 * A frame that starts with `{` is not an event at all but JSON that a server wrote where an event should be
 * (usually an error); it is given as the data of an unnamed event rather than lost.
 */
export function parseSseFrame(frame: Buffer): SseEvent | null {
  const text = frame.toString()
  let position = firstField(text)
  if (text.charCodeAt(position) === OPEN_BRACE) return { event: '', data: text.slice(position).trim() }
  let event = ''
  let data: string | null = null
  let nextCr = text.indexOf('\r', position)
  while (position < text.length) {
    if (text.charCodeAt(position) === LF) {
      position += 1
      continue
    }
    if (nextCr !== -1 && nextCr < position) nextCr = text.indexOf('\r', position)
    const end = lineEnd(text, position, nextCr)
    if (isField(text, 'data', position, end)) {
      const value = fieldValue(text, position + 'data'.length, end)
      data = data === null ? value : `${data}\n${value}`
    } else if (isField(text, 'event', position, end)) {
      event = fieldValue(text, position + 'event'.length, end)
    }
    position = end + 1
  }
  return data === null ? null : { event, data }
}

/** One event as text, with its blank line. Line breaks in `data` become several data lines. */
export function sseText(data: string, event?: string): string {
  const head = event === undefined ? '' : `event: ${event}\n`
  const lines = /[\r\n]/.test(data) ? data.split(/\r\n|\r|\n/).join('\ndata: ') : data
  return `${head}data: ${lines}\n\n`
}

function withoutMark(bytes: Buffer): Buffer {
  const hasMark = bytes[0] === BOM[0] && bytes[1] === BOM[1] && bytes[2] === BOM[2]
  return hasMark ? bytes.subarray(BOM.length) : bytes
}

/** Some hosts write the mark before each event. */
function firstField(text: string): number {
  const position = text.charCodeAt(0) === LF ? 1 : 0
  return text.charCodeAt(position) === BOM_CHARACTER ? position + 1 : position
}

function lineEnd(text: string, position: number, nextCr: number): number {
  const lf = text.indexOf('\n', position)
  if (lf === -1) return nextCr === -1 ? text.length : nextCr
  return nextCr === -1 || lf < nextCr ? lf : nextCr
}

/** Whether a line begins with a field of that name, with a value or without. */
function isField(text: string, name: string, position: number, end: number): boolean {
  const nameEnd = position + name.length
  return text.startsWith(name, position) && (nameEnd === end || text.charCodeAt(nameEnd) === COLON)
}

function fieldValue(text: string, nameEnd: number, end: number): string {
  if (nameEnd === end) return ''
  return text.slice(text.charCodeAt(nameEnd + 1) === SPACE ? nameEnd + 2 : nameEnd + 1, end)
}
