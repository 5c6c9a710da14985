import type { Deployment } from '../providers/deployment.ts'
import type { AnswerPiece, AnswerSummary, StreamedAnswer } from './answer.ts'
import { failureInBand, failureOfReply, failureOfTruncation } from './classify-failure.ts'
import type { FrameReader } from './frame-reader.ts'
import type { Framer } from './framing.ts'
import type { Meter } from './meter.ts'
import type { StreamSource } from './stream-source.ts'

/**
 * A running answer. Frames are cut from the upstream's bytes and handed to a reader (one for relaying, one for translating), which
 * says what may go on to the caller now (`held`) and what waits for the books (`tail`).
 *
 * A meter says after each event whether what is held pays for one more. When it does not, nothing more is read until it does. When it never will, the
 * upstream is hung up and the answer ends there, as one that became too long; unless its end had already come, and all before it is paid for.
 */
export class LiveStream<Item> implements StreamedAnswer {
  readonly kind = 'stream'
  readonly #source: StreamSource
  readonly #reader: FrameReader<Item>
  readonly #deployment: Deployment
  readonly #framer: Framer
  readonly #meter: Meter | null
  #tail: Item[] = []
  #held: Item[] = []
  /** Frames that came and wait until there is money for what came before them. */
  #waiting: readonly Buffer[] = []
  /** Runs while it is not known whether what came is paid for. Never rejects. */
  #decision: Promise<undefined> | null = null
  #cut = false
  #interrupted = false
  #events = 0
  #received = 0
  #content = false
  #failure: Error | null = null
  #ended = false

  constructor(
    source: StreamSource,
    reader: FrameReader<Item>,
    deployment: Deployment,
    framer: Framer,
    meter: Meter | null = null,
  ) {
    this.#source = source
    this.#reader = reader
    this.#deployment = deployment
    this.#framer = framer
    this.#meter = meter
  }

  get summary(): AnswerSummary {
    const { model = null, usage = null, finishReason = null, outputBytes, toolCalls } = this.#reader.summary
    return {
      model,
      usage,
      finishReason: this.#cut ? 'length' : this.#interrupted ? 'incomplete' : finishReason,
      outputBytes,
      contentEvents: this.#events,
      toolCalls,
      metered: this.#meter?.usage() ?? null,
      cut: this.#cut,
    }
  }

  /** Bytes that came from the upstream so far. */
  get received(): number {
    return this.#received
  }

  /** Reads up to the first content, so that a failure before it can still be answered by another deployment. */
  async open(): Promise<void> {
    while (!this.#content && !this.#ended && !this.#failure) {
      try {
        this.#takeIn(await this.#coming())
      } catch (error) {
        this.#failure = this.#source.failureOf(error)
      }
    }
    if (this.#failure && !this.#content) throw this.#failure
  }

  async read(): Promise<AnswerPiece | null> {
    while (this.#held.length === 0 && !this.#ended && !this.#failure) {
      try {
        this.#takeIn(await this.#coming())
      } catch (error) {
        this.#failure = this.#source.failureOf(error)
      }
    }
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

  interrupt(): AnswerPiece | null {
    const { outputBytes, toolCalls, usage } = this.#reader.summary
    if (this.#reader.complete || outputBytes === 0 || toolCalls > 0) return null
    const end = this.#reader.cutShort(this.#meter?.usage() ?? usage ?? {}, 'incomplete')
    this.#interrupted = true
    return this.#reader.piece(end)
  }

  abort(): void {
    this.#source.abort()
  }

  /** The next bytes, null at the end; undefined when it became known whether what came is paid for. */
  #coming(): Promise<Buffer | null | undefined> {
    return this.#decision ?? this.#source.read(this.#reader.complete)
  }

  #takeIn(chunk: Buffer | null | undefined): void {
    if (chunk === null) this.#close()
    if (!chunk) return
    this.#received += chunk.length
    this.#takeAll(this.#framer.push(chunk))
  }

  #takeAll(frames: readonly Buffer[]): void {
    let taken = 0
    for (const frame of frames) {
      this.#take(frame)
      taken += 1
      if (this.#decision) break
    }
    if (this.#decision) this.#waiting = frames.slice(taken)
  }

  /** Does not wait for the reader: an upstream that is not paid for is hung up at once. */
  async #payOrCut(meter: Meter): Promise<undefined> {
    try {
      const paid = await meter.more()
      const frames = this.#waiting
      this.#waiting = []
      this.#decision = null
      if (paid) this.#takeAll(frames)
      else this.#cutShort(frames, meter)
    } catch (error) {
      this.#failure = this.#source.failureOf(error)
    }
  }

  /**
   * There is no more money. Of what came meanwhile, that goes on which is paid for. An end that came is one: what came with it is charged already, so of that the
   * last event may be too much.
   */
  #cutShort(frames: readonly Buffer[], meter: Meter): void {
    let end = this.#reader.cutShort(meter.usage(), 'length')
    const [held, tail]: [Item[], Item[]] = [[], []]
    let unpaid = 0
    for (const frame of frames) {
      const isOver = this.#reader.complete
      const isContent = this.#reader.take(frame, held, tail) === 'content' && !isOver
      if (isContent && unpaid === 0 && meter.takes(...this.#withOneMore())) this.#events += 1
      else if (isContent) unpaid += 1
      if (unpaid > 1) break
      if (unpaid > 0 && !this.#reader.complete) continue
      this.#held.push(...held.splice(0))
      this.#tail.push(...tail.splice(0))
      if (!this.#reader.complete) end = this.#reader.cutShort(meter.usage(), 'length')
    }
    if (this.#reader.complete && unpaid < 2) {
      if (unpaid > 0) meter.pays(...this.#withOneMore())
      this.#events += unpaid
      return
    }
    this.#source.abort()
    this.#tail = [...end]
    this.#cut = true
    this.#ended = true
  }

  #take(frame: Buffer): void {
    if (this.#failure) return
    const kind = this.#reader.take(frame, this.#held, this.#tail)
    if (kind === 'error') {
      this.#failure = failureInBand(this.#deployment, this.#reader.error ?? { message: '' })
      this.#source.abort()
    } else if (kind !== 'quiet') {
      this.#content = true
      if (kind === 'content') this.#measure()
    }
  }

  #measure(): void {
    this.#events += 1
    if (!this.#meter) return
    const { outputBytes, toolCalls, usage = null } = this.#reader.summary
    if (!this.#meter.pays(this.#events, outputBytes, toolCalls, usage)) this.#decision = this.#payOrCut(this.#meter)
  }

  /** How far the stream is, if what came last is one more event. */
  #withOneMore(): Parameters<Meter['pays']> {
    const { outputBytes, toolCalls, usage = null } = this.#reader.summary
    return [this.#events + 1, outputBytes, toolCalls, usage]
  }

  #close(): void {
    const left = this.#framer.rest()
    const rest = left.length === 0 ? '' : left.toString().trim()
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
