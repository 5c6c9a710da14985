/*
 * Reading a Converse stream, whose binary messages have become server-sent events (`src/lib/aws-event-stream.ts`).
 *
 * messageStart, then blocks by index (deltas and a stop; a start only where a tool is called), then messageStop with the reason, then metadata with the
 * usage, which some proxies send before the end. The answer is whole with messageStop. Exceptions are events of their own names.
 * Unknown events and unknown deltas mean nothing; an event that is not JSON is counted as malformed and skipped.
 */
import type { StreamEvent } from '../../canonical/stream-event.ts'
import { isObject, type JsonObject, type JsonValue, parseJson } from '../../lib/json.ts'
import type { SseEvent } from '../../lib/sse.ts'
import type { StreamDecoder } from '../dialect.ts'
import { BlockReader } from './block-reader.ts'
import { errorOfEvent } from './error.ts'
import { decodeFinish } from './stop-reason.ts'
import { decodeUsage } from './usage.ts'

/** The state of one upstream stream. */
export class BedrockStreamDecoder implements StreamDecoder {
  readonly #blocks = new Map<JsonValue, BlockReader>()
  #begun = 0
  /** Whether the end was told: then only usage may follow. */
  #finished = false
  #over = false
  #malformed = 0

  get malformed(): number {
    return this.#malformed
  }

  push(event: SseEvent): readonly StreamEvent[] {
    if (this.#over || event.data === '') return []
    const data = parseJson(event.data)
    const error = errorOfEvent(event, data)
    if (error) {
      this.#over = true
      return [{ type: 'error', error }]
    }
    if (!isObject(data)) return this.#skip()
    const index = data.contentBlockIndex ?? 0
    switch (event.event) {
      case 'messageStart':
        return [{ type: 'message-start' }]
      case 'contentBlockStart':
        return isObject(data.start) ? this.#open(index, BlockReader.kindOfStart(data.start), data.start) : this.#skip()
      case 'contentBlockDelta':
        return isObject(data.delta) ? this.#delta(index, data.delta) : this.#skip()
      case 'contentBlockStop':
        return this.#close(index)
      case 'messageStop':
        return this.#stop(data)
      case 'metadata': {
        const usage = decodeUsage(data.usage, data.serviceTier)
        return usage ? [{ type: 'usage', usage }] : []
      }
      default:
        return []
    }
  }

  end(): readonly StreamEvent[] {
    if (this.#over) return []
    this.#over = true
    return this.#closeAll()
  }

  #open(index: JsonValue, kind: BlockReader['kind'], start: JsonObject): StreamEvent[] {
    if (this.#finished) return this.#skip()
    const unclosed = this.#close(index)
    const reader = new BlockReader(kind, start, this.#begun)
    this.#begun += 1
    this.#blocks.set(index, reader)
    return [...unclosed, ...reader.start()]
  }

  #delta(index: JsonValue, delta: JsonObject): StreamEvent[] {
    const kind = BlockReader.kindOfDelta(delta)
    const known = this.#blocks.get(index)
    const opened = kind !== null && known?.kind !== kind ? this.#open(index, kind, {}) : []
    const reader = this.#blocks.get(index)
    return reader ? [...opened, ...reader.delta(delta)] : this.#skip()
  }

  #close(index: JsonValue): StreamEvent[] {
    const reader = this.#blocks.get(index)
    this.#blocks.delete(index)
    return reader ? reader.stop() : []
  }

  #stop(data: JsonObject): StreamEvent[] {
    if (this.#finished) return []
    this.#finished = true
    return [...this.#closeAll(), { type: 'message-end', ...decodeFinish(data) }]
  }

  #closeAll(): StreamEvent[] {
    return [...this.#blocks.keys()].flatMap((index) => this.#close(index))
  }

  #skip(): StreamEvent[] {
    this.#malformed += 1
    return []
  }
}
