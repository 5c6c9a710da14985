import { Collector } from '../canonical/collect.ts'
import type { CanonicalResponse } from '../canonical/response.ts'
import type { StreamEvent } from '../canonical/stream-event.ts'
import type { Dialect } from '../dialects/dialect.ts'
import type { AnswerPiece } from './answer.ts'
import { EventReader } from './frame-reader.ts'
import { type Framer, framerOf } from './framing.ts'

/** Reads the pieces of a streamed answer into one. Of the wire only what is said is kept. */
export class AnswerReader {
  readonly #collector = new Collector()
  readonly #reader: EventReader | null
  readonly #framer: Framer | null

  /** `dialect` and `framer` read bytes that are relayed; without a dialect there are none. */
  constructor(
    dialect: Dialect | null,
    framer: Framer | null = dialect && framerOf(dialect.streamType ?? 'text/event-stream'),
  ) {
    this.#reader = dialect && new EventReader(dialect.streamDecoder())
    this.#framer = framer
  }

  /** Throws when it cannot be read. */
  take(piece: AnswerPiece): void {
    for (const event of piece.kind === 'events' ? piece.events : this.#eventsIn(piece.bytes))
      this.#collector.push(event)
  }

  /** The answer as far as it was read. */
  result(): CanonicalResponse {
    return this.#collector.result()
  }

  #eventsIn(bytes: Buffer): readonly StreamEvent[] {
    const events: StreamEvent[] = []
    for (const frame of this.#framer?.push(bytes) ?? []) this.#reader?.take(frame, events, events)
    return events
  }
}
