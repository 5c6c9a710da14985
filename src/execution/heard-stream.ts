import type { CanonicalResponse } from '../canonical/response.ts'
import type { Dialect } from '../dialects/dialect.ts'
import type { AnswerPiece, AnswerSummary, StreamedAnswer } from './answer.ts'
import { AnswerReader } from './answer-reader.ts'

/** Most of an answer that is remembered, in bytes of its text: more than anybody reads who compares or checks answers. */
const HEARD_BYTES = 256 * 1024

/** An answer that somebody listens to while it goes to its caller, who notices nothing. */
export class HeardStream implements StreamedAnswer {
  readonly kind = 'stream'
  readonly #stream: StreamedAnswer
  readonly #onEnd: (said: CanonicalResponse | null) => void
  /** Null once it need not, or cannot, go on. */
  #reader: AnswerReader | null
  #said: CanonicalResponse | null = null
  #ended = false

  /**
   * `dialect` is the caller's wire format, in which bytes are relayed; null for calls of the library. `onEnd` is told what was said before the caller sees the end; it must
   * not throw.
   */
  constructor(
    stream: StreamedAnswer,
    dialect: Dialect | null,
    onEnd: (said: CanonicalResponse | null) => void = () => undefined,
  ) {
    this.#stream = stream
    this.#onEnd = onEnd
    this.#reader = new AnswerReader(dialect)
  }

  get summary(): AnswerSummary {
    return this.#stream.summary
  }

  async read(): Promise<AnswerPiece | null> {
    const piece = await this.#stream.read()
    if (piece) this.#hear(piece)
    return piece
  }

  tail(): AnswerPiece | null {
    const tail = this.#stream.tail()
    if (this.#ended) return tail
    this.#ended = true
    if (tail) this.#hear(tail)
    const said = this.#reader?.result() ?? null
    this.#reader = null
    // An answer of which nothing was understood is no empty one.
    this.#said = said?.content.length === 0 && this.summary.outputBytes > 0 ? null : said
    this.#onEnd(this.#said)
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
    return this.#said
  }

  #hear(piece: AnswerPiece): void {
    if (this.summary.outputBytes > HEARD_BYTES) this.#reader = null
    try {
      this.#reader?.take(piece)
    } catch {
      this.#reader = null
    }
  }
}
