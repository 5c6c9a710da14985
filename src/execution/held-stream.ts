import type { CanonicalResponse } from '../canonical/response.ts'
import type { Dialect } from '../dialects/dialect.ts'
import type { AnswerPiece, AnswerSummary, StreamedAnswer } from './answer.ts'
import { AnswerReader } from './answer-reader.ts'
import type { Framer } from './framing.ts'
import type { LiveStream } from './live-stream.ts'

/** Most of an answer that is held back, in bytes from the upstream: some 25,000 tokens. What is longer streams on from there. */
const HELD_BYTES = 8 * 1024 * 1024

/** An answer that was read before anybody sees it. Its caller gets the same pieces as of one that was not held. */
export class HeldStream implements StreamedAnswer {
  readonly kind = 'stream'
  readonly #stream: LiveStream<unknown>
  readonly #pieces: AnswerPiece[] = []
  #isWhole = false
  /** Read once, however many look at it. */
  #response: CanonicalResponse | null = null

  constructor(stream: LiveStream<unknown>) {
    this.#stream = stream
  }

  get summary(): AnswerSummary {
    return this.#stream.summary
  }

  /** Reads the answer to its end, or up to `mostBytes`; true when it is whole. Rejects with AttemptFailure when it was cut or went wrong. */
  async fill(mostBytes: number = HELD_BYTES): Promise<boolean> {
    while (this.#stream.received <= mostBytes) {
      const piece = await this.#stream.read()
      if (!piece) {
        this.#isWhole = true
        return true
      }
      this.#pieces.push(piece)
    }
    return false
  }

  /** The answer, when it is whole, in one piece; `dialect` and `framer` read bytes that are relayed. */
  response(dialect: Dialect | null, framer?: Framer | null): CanonicalResponse | null {
    if (!this.#isWhole) return null
    if (this.#response) return this.#response
    const reader = new AnswerReader(dialect, framer)
    for (const piece of [...this.#pieces, this.tail()]) if (piece) reader.take(piece)
    this.#response = reader.result()
    return this.#response
  }

  async read(): Promise<AnswerPiece | null> {
    return this.#pieces.shift() ?? this.#stream.read()
  }

  tail(): AnswerPiece | null {
    return this.#stream.tail()
  }

  interrupt(): AnswerPiece | null {
    return this.#stream.interrupt()
  }

  abort(): void {
    this.#stream.abort()
  }
}
