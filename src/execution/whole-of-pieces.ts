import { Collector } from '../canonical/collect.ts'
import type { CanonicalResponse } from '../canonical/response.ts'
import type { StreamEvent } from '../canonical/stream-event.ts'
import type { Dialect } from '../dialects/dialect.ts'
import type { AnswerPiece } from './answer.ts'
import { EventReader } from './frame-reader.ts'
import { type Framer, framerOf } from './framing.ts'

/** A streamed answer in one piece; `dialect` reads bytes that are relayed. Throws when they cannot be read. */
export function wholeOfPieces(
  pieces: readonly (AnswerPiece | null)[],
  dialect: Dialect | null,
  framer: Framer | null = dialect && framerOf(dialect.streamType ?? 'text/event-stream'),
): CanonicalResponse {
  const collector = new Collector()
  const reader = dialect && new EventReader(dialect.streamDecoder())
  const events: StreamEvent[] = []
  for (const piece of pieces) {
    if (piece?.kind === 'events') events.push(...piece.events)
    else if (piece) for (const frame of framer?.push(piece.bytes) ?? []) reader?.take(frame, events, events)
  }
  for (const event of events) collector.push(event)
  return collector.result()
}
