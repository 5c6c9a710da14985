import { SseFramer } from '../lib/sse.ts'
import type { Deployment } from '../providers/deployment.ts'
import type { AnswerPiece, AnswerSummary, StreamedAnswer } from './answer.ts'
import { failureInBand, failureOfReply, failureOfTruncation } from './classify-failure.ts'
import type { FrameReader } from './frame-reader.ts'
import type { StreamSource } from './stream-source.ts'

/**
 * A running answer. Frames are cut from the upstream's bytes and handed to a reader (one for relaying, one for translating), which
 * says what may go on to the caller now (`held`) and what waits for the books (`tail`).
 */
export class LiveStream<Item> implements StreamedAnswer {
  readonly kind = 'stream'
  readonly #source: StreamSource
  readonly #reader: FrameReader<Item>
  readonly #deployment: Deployment
  readonly #framer = new SseFramer()
  readonly #tail: Item[] = []
  #held: Item[] = []
  #content = false
  #failure: Error | null = null
  #ended = false

  constructor(source: StreamSource, reader: FrameReader<Item>, deployment: Deployment) {
    this.#source = source
    this.#reader = reader
    this.#deployment = deployment
  }

  get summary(): AnswerSummary {
    return this.#reader.summary
  }

  /** Reads up to the first content, so that a failure before it can still be answered by another deployment. */
  async open(): Promise<void> {
    while (!this.#content && !this.#ended && !this.#failure) await this.#pull()
    if (this.#failure && !this.#content) throw this.#failure
  }

  async read(): Promise<AnswerPiece | null> {
    while (this.#held.length === 0 && !this.#ended && !this.#failure) await this.#pull()
    if (this.#held.length > 0) {
      const items = this.#held
      this.#held = []
      return this.#reader.piece(items)
    }
    if (this.#failure) throw this.#failure
    return null
  }

  tail(): AnswerPiece | null {
    return this.#tail.length === 0 ? null : this.#reader.piece(this.#tail)
  }

  abort(): void {
    this.#source.abort()
  }

  async #pull(): Promise<void> {
    try {
      const chunk = await this.#source.read(this.#reader.complete)
      if (chunk === null) this.#close()
      else for (const frame of this.#framer.push(chunk)) this.#take(frame)
    } catch (error) {
      this.#failure = this.#source.failureOf(error)
    }
  }

  #take(frame: Buffer): void {
    if (this.#failure) return
    const kind = this.#reader.take(frame, this.#held, this.#tail)
    if (kind === 'error') {
      this.#failure = failureInBand(this.#deployment, this.#reader.error ?? { message: '' })
      this.#source.abort()
    } else if (kind !== 'quiet') {
      this.#content = true
    }
  }

  #close(): void {
    const rest = this.#framer.rest().toString('utf8').trim()
    // A last event without its blank line, or a raw JSON error after the events: both are read as an event.
    if (rest) this.#take(Buffer.from(rest.startsWith('{') ? `data: ${rest}\n\n` : `${rest}\n\n`))
    this.#reader.end(this.#held, this.#tail)
    this.#ended = true
    if (this.#failure || this.#reader.complete) return
    this.#failure = this.#content
      ? failureOfTruncation(this.#deployment, 'the stream ended without its finish')
      : failureOfReply(this.#deployment, 'the stream ended before anything was said')
  }
}
