import type { StreamEvent } from '../../canonical/stream-event.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import { CallReader } from './call-reader.ts'
import { ownPart } from './extensions.ts'
import { MessageReader } from './message-reader.ts'
import { ReasoningReader } from './reasoning-reader.ts'
import type { Blocks, ItemReader } from './stream-blocks.ts'

/** The reader for an item that is announced. */
export function readerOf(item: JsonObject, blocks: Blocks): ItemReader {
  switch (item.type) {
    case 'message':
      return new MessageReader(item, blocks)
    case 'reasoning':
      return blocks.carried.take(item) ? new SilentReader() : new ReasoningReader(blocks)
    case 'function_call':
      return new CallReader(item, blocks)
    default:
      return new OpaqueReader(item, blocks)
  }
}

/** An item that only this format knows: it is told when it is whole, in the place where it began. */
class OpaqueReader implements ItemReader {
  readonly type: JsonValue
  readonly #out: StreamEvent[]
  readonly #index: number
  #ended = false

  constructor(item: JsonObject, { out, takeIndex }: Blocks) {
    this.type = item.type ?? null
    this.#out = out
    this.#index = takeIndex()
  }

  step(): void {}

  done(item: JsonObject): void {
    if (this.#ended) return
    this.#ended = true
    const { dialect, block } = ownPart(item)
    this.#out.push({ type: 'opaque', index: this.#index, dialect, block })
  }

  close(): void {
    this.#ended = true
  }
}

/** An item that is no part of the answer: the seal of a call that comes after it. */
class SilentReader implements ItemReader {
  readonly type = 'reasoning'

  step(): void {}

  done(): void {}

  close(): void {}
}
