import type { CanonicalResponse } from '../canonical/response.ts'
import type { Dialect } from '../dialects/dialect.ts'
import type { AnswerPiece, AnswerSummary, StreamedAnswer } from './answer.ts'
import { wholeOfPieces } from './whole-of-pieces.ts'

/** Most of an answer that is remembered, in bytes or events of some bytes: more than anybody reads who compares answers. */
const HEARD_BYTES = 256 * 1024
const EVENT_BYTES = 64

/** An answer that somebody listens to while it goes to its caller, who notices nothing. */
export class HeardStream implements StreamedAnswer {
  readonly kind = 'stream'
  readonly #stream: StreamedAnswer
  readonly #dialect: Dialect | null
  #pieces: AnswerPiece[] = []
  #bytes = 0
  #ended = false

  /** `dialect` is the caller's wire format, in which bytes are relayed; null for calls of the library. */
  constructor(stream: StreamedAnswer, dialect: Dialect | null) {
    this.#stream = stream
    this.#dialect = dialect
  }

  get summary(): AnswerSummary {
    return this.#stream.summary
  }

  async read(): Promise<AnswerPiece | null> {
    const piece = await this.#stream.read()
    if (piece) this.#note(piece)
    return piece
  }

  tail(): AnswerPiece | null {
    const tail = this.#stream.tail()
    if (tail && !this.#ended) this.#note(tail)
    this.#ended = true
    return tail
  }

  interrupt(): AnswerPiece | null {
    return this.#stream.interrupt()
  }

  abort(): void {
    this.#stream.abort()
  }

  /** What was said, once it is whole; null when it did not come to its end, was too long to be remembered or cannot be read. */
  heard(): CanonicalResponse | null {
    if (!this.#ended || this.#bytes > HEARD_BYTES) return null
    try {
      const whole = wholeOfPieces(this.#pieces, this.#dialect)
      return whole.content.length === 0 && this.summary.outputBytes > 0 ? null : whole
    } catch {
      return null
    }
  }

  #note(piece: AnswerPiece): void {
    if (this.#bytes > HEARD_BYTES) return
    this.#bytes += piece.kind === 'bytes' ? piece.bytes.length : weightOf(piece)
    if (this.#bytes > HEARD_BYTES) this.#pieces = []
    else this.#pieces.push(piece)
  }
}

function weightOf({ events }: Extract<AnswerPiece, { kind: 'events' }>): number {
  let bytes = 0
  for (const event of events) bytes += EVENT_BYTES + ('text' in event ? event.text.length : 0)
  return bytes
}
