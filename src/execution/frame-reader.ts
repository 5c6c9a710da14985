import type { FinishReason } from '../canonical/response.ts'
import type { StreamError, StreamEvent } from '../canonical/stream-event.ts'
import type { Usage } from '../canonical/usage.ts'
import type { FrameKind, RelayScanner, StreamDecoder } from '../dialects/dialect.ts'
import { parseSseFrame } from '../lib/sse.ts'
import type { AnswerPiece, AnswerSummary } from './answer.ts'

/** Understands one upstream stream, frame by frame. */
export interface FrameReader<Item> {
  readonly summary: AnswerSummary
  /** Whether the protocol's own sign of completion was seen. */
  readonly complete: boolean
  /** The error that arrived in the stream. */
  readonly error: StreamError | null
  /** Sorts a frame's items into what may go on now and what waits for the end. */
  take(frame: Buffer, held: Item[], tail: Item[]): FrameKind
  end(held: Item[], tail: Item[]): void
  piece(items: readonly Item[]): AnswerPiece
}

/** Same wire format in and out: the provider's own frames go on as they are, and a scanner listens for what settlement needs. */
export class RelayReader implements FrameReader<Buffer> {
  readonly #scanner: RelayScanner

  constructor(scanner: RelayScanner) {
    this.#scanner = scanner
  }

  get summary(): AnswerSummary {
    const { model, usage, finishReason, outputBytes } = this.#scanner.seen
    return { model: model ?? null, usage: usage ?? null, finishReason: finishReason ?? null, outputBytes }
  }

  get complete(): boolean {
    return this.#scanner.seen.complete
  }

  get error(): StreamError | null {
    return this.#scanner.seen.error ?? null
  }

  take(frame: Buffer, held: Buffer[], tail: Buffer[]): FrameKind {
    const { kind, bytes } = this.#scanner.scan(frame)
    if (bytes && kind !== 'error') (kind === 'finish' ? tail : held).push(bytes)
    return kind
  }

  end(_held: Buffer[], tail: Buffer[]): void {
    const marker = this.#scanner.end()
    if (marker) tail.push(marker)
  }

  piece(frames: readonly Buffer[]): AnswerPiece {
    const [first] = frames
    return { kind: 'bytes', bytes: frames.length === 1 && first ? first : Buffer.concat(frames) }
  }
}

/** Different wire formats in and out: frames become canonical events, which the reply stage writes anew. */
export class EventReader implements FrameReader<StreamEvent> {
  readonly #decoder: StreamDecoder
  readonly summary = new EventSummary()
  error: StreamError | null = null

  constructor(decoder: StreamDecoder) {
    this.#decoder = decoder
  }

  get complete(): boolean {
    return this.summary.finishReason !== null
  }

  take(frame: Buffer, held: StreamEvent[], tail: StreamEvent[]): FrameKind {
    const event = parseSseFrame(frame)
    return event ? this.#sort(this.#decoder.push(event), held, tail) : 'quiet'
  }

  end(held: StreamEvent[], tail: StreamEvent[]): void {
    this.#sort(this.#decoder.end(), held, tail)
  }

  piece(events: readonly StreamEvent[]): AnswerPiece {
    return { kind: 'events', events }
  }

  #sort(events: readonly StreamEvent[], held: StreamEvent[], tail: StreamEvent[]): FrameKind {
    let kind: FrameKind = 'quiet'
    for (const event of events) {
      if (event.type === 'error') {
        this.error = event.error
        return 'error'
      }
      if (this.summary.note(event)) kind = 'content'
      const last = event.type === 'message-end' || event.type === 'usage'
      ;(last ? tail : held).push(event)
      if (event.type === 'message-end' && kind === 'quiet') kind = 'finish'
    }
    return kind
  }
}

/** The summary of a stream of canonical events. */
export class EventSummary implements AnswerSummary {
  model: string | null = null
  usage: Usage | null = null
  finishReason: FinishReason | null = null
  outputBytes = 0

  /** Takes an event in; true when it is part of the answer's content. */
  note(event: StreamEvent): boolean {
    switch (event.type) {
      case 'message-start':
        this.model = event.model ?? this.model
        return false
      case 'text-delta':
      case 'reasoning-delta':
      case 'refusal-delta':
        this.outputBytes += Buffer.byteLength(event.text)
        return event.text !== ''
      case 'tool-call-delta':
        this.outputBytes += Buffer.byteLength(event.arguments)
        return true
      case 'tool-call-start':
      case 'opaque':
        return true
      case 'usage':
        this.usage = { ...this.usage, ...event.usage }
        return false
      case 'message-end':
        this.finishReason = event.finishReason
        return false
      default:
        return false
    }
  }
}
