import type { StreamEvent } from '../../canonical/stream-event.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import type { CarriedCalls } from './carried-seal.ts'

/** Where the readers of items put what they understand. */
export interface Blocks {
  /** Takes the events. */
  readonly out: StreamEvent[]
  /** The index of the next canonical block. */
  takeIndex(): number
  /** Seals of tool calls that came so far. */
  readonly carried: CarriedCalls
}

/** One item of a stream, from its announcement to its end. */
export interface ItemReader {
  /** The item's type, as it was announced. */
  readonly type: JsonValue
  /** A step of the item: a delta, a part that begins or ends. Steps that mean nothing are passed over. */
  step(type: string, data: JsonObject): void
  /** The item is whole: tells what was not yet told, and ends. Later calls change nothing. */
  done(item: JsonObject): void
  /** Ends the item as far as it came. */
  close(): void
}
