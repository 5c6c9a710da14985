import type { CutReason, FinishReason } from '../canonical/response.ts'
import type { StreamError, StreamEvent } from '../canonical/stream-event.ts'
import type { Usage } from '../canonical/usage.ts'
import type { FrameKind, RelayScanner, StreamDecoder } from '../dialects/dialect.ts'
import { parseSseFrame } from '../lib/sse.ts'
import type { AnswerPiece } from './answer.ts'

/** What a reader learns of an answer; what it has not is not there, or null. */
export interface FrameSummary {
  /** The upstream's own name of the model. */
  readonly model?: string | null
  /** What the provider said last; another object each time it says something. */
  readonly usage?: Usage | null
  readonly finishReason?: FinishReason | null
  /** Approximate bytes of generated text. */
  readonly outputBytes: number
  readonly toolCalls: number
}

/** Understands one upstream stream, frame by frame. */
export interface FrameReader<Item> {
  /** One object that lives as long as the stream. */
  readonly summary: FrameSummary
  /** Whether the protocol's own sign of completion was seen. */
  readonly complete: boolean
  /** The error that arrived in the stream. */
  readonly error: StreamError | null
  /** Sorts a frame's items into what may go on now and what waits for the end. */
  take(frame: Buffer, held: Item[], tail: Item[]): FrameKind
  end(held: Item[], tail: Item[]): void
  /** What ends the answer where it is now, as one that became too long or broke on its way; changes nothing. */
  cutShort(usage: Usage, why: CutReason): readonly Item[]
  piece(items: readonly Item[]): AnswerPiece
}

/** Same wire format in and out: the provider's own frames go on as they are, and a scanner listens for what settlement needs. */
export class RelayReader implements FrameReader<Buffer> {
  readonly #scanner: RelayScanner
  readonly summary: FrameSummary

  constructor(scanner: RelayScanner) {
    this.#scanner = scanner
    this.summary = scanner.seen
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

  cutShort(usage: Usage, why: CutReason): readonly Buffer[] {
    return [this.#scanner.cutShort(usage, why)]
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
    const last = this.#decoder.end()
    // What closes the blocks of an answer that broke off must not be told: callers whose format has calls whole would be given half of one.
    if (this.complete || last.some(({ type }) => type === 'message-end')) this.#sort(last, held, tail)
  }

  cutShort(usage: Usage, why: CutReason): readonly StreamEvent[] {
    return [...this.summary.ends(), { type: 'usage', usage }, { type: 'message-end', finishReason: why }]
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
export class EventSummary implements FrameSummary {
  model: string | null = null
  usage: Usage | null = null
  finishReason: FinishReason | null = null
  outputBytes = 0
  toolCalls = 0
  /** What would end each block that is open. */
  readonly #open = new Map<number, StreamEvent>()

  /** The ends of the blocks that are open. */
  ends(): readonly StreamEvent[] {
    return [...this.#open.values()]
  }

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
        this.toolCalls += 1
        this.#open.set(event.index, { type: 'tool-call-end', index: event.index })
        return true
      case 'opaque':
        return true
      case 'text-start':
        this.#open.set(event.index, { type: 'text-end', index: event.index })
        return false
      case 'refusal-start':
        this.#open.set(event.index, { type: 'refusal-end', index: event.index })
        return false
      case 'reasoning-start':
        this.#open.set(event.index, { type: 'reasoning-end', index: event.index })
        return false
      case 'text-end':
      case 'refusal-end':
      case 'reasoning-end':
      case 'tool-call-end':
        this.#open.delete(event.index)
        return false
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
