/*
 * Reading a Messages stream.
 *
 * message_start, then blocks by index (start, deltas, stop), then message_delta with the stop reason and the totals, then message_stop.
 * The answer is whole with its stop reason; message_stop after it is a courtesy that some hosts leave out, and it is a sign of its own
 * where no reason came. Pings, unknown events and unknown deltas mean nothing; an event that is not JSON, or speaks of a block that
 * never began, is counted as malformed and skipped.
 */
import type { Extensions } from '../../canonical/extensions.ts'
import type { StreamEvent } from '../../canonical/stream-event.ts'
import { parseExactJson } from '../../lib/exact-json.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { SseEvent } from '../../lib/sse.ts'
import type { StreamDecoder } from '../dialect.ts'
import { BlockReader } from './block-reader.ts'
import { callSealIn } from './carried-seals.ts'
import { errorOfEvent } from './error.ts'
import { decodeFinish, type Finish } from './stop-reason.ts'
import { StreamUsage } from './usage.ts'

/** The state of one upstream stream. */
export class AnthropicStreamDecoder implements StreamDecoder {
  readonly #blocks = new Map<JsonValue | undefined, BlockReader>()
  readonly #usage = new StreamUsage()
  #begun = 0
  /** What the next tool call must get back, where another Headgate carries it. */
  #callSeal: Extensions | undefined
  /** Whether the end was told: then only usage may follow. */
  #finished = false
  #over = false
  #malformed = 0

  get malformed(): number {
    return this.#malformed
  }

  push(event: SseEvent): readonly StreamEvent[] {
    // Some hosts close with OpenAI's marker.
    if (this.#over || event.data === '' || event.data === '[DONE]') return []
    const data = parseExactJson(event.data)
    const error = errorOfEvent(event, data)
    if (error) {
      this.#over = true
      return [{ type: 'error', error }]
    }
    if (!isObject(data)) return this.#skip()
    switch (data.type ?? event.event) {
      case 'message_start':
        return this.#start(data)
      case 'content_block_start':
        return this.#open(data.index, data.content_block)
      case 'content_block_delta':
        return this.#delta(data.index, data.delta)
      case 'content_block_stop':
        return this.#close(data.index)
      case 'message_delta':
        return this.#ending(data)
      case 'message_stop':
        return this.#stop()
      default:
        return []
    }
  }

  end(): readonly StreamEvent[] {
    if (this.#over) return []
    this.#over = true
    return this.#closeAll()
  }

  #start({ message }: JsonObject): StreamEvent[] {
    if (!isObject(message)) return this.#skip()
    this.#usage.start(message.usage)
    const head = {
      ...(typeof message.id === 'string' ? { id: message.id } : {}),
      ...(typeof message.model === 'string' ? { model: message.model } : {}),
    }
    return [{ type: 'message-start', ...head }, ...this.#usageEvents()]
  }

  #open(index: JsonValue | undefined, block: JsonValue | undefined): StreamEvent[] {
    if (this.#finished || !isObject(block)) return this.#skip()
    const seal = callSealIn(block)
    if (seal) {
      this.#callSeal = seal
      return this.#close(index)
    }
    const reader = new BlockReader(block, this.#begun, block.type === 'tool_use' ? this.#callSeal : undefined)
    if (block.type === 'tool_use') this.#callSeal = undefined
    this.#begun += 1
    const unclosed = this.#close(index)
    this.#blocks.set(index, reader)
    return [...unclosed, ...reader.start()]
  }

  #delta(index: JsonValue | undefined, delta: JsonValue | undefined): readonly StreamEvent[] {
    if (!isObject(delta)) return this.#skip()
    const events: StreamEvent[] = []
    // A text whose start was lost is still a text.
    if (!this.#blocks.has(index) && delta.type === 'text_delta')
      events.push(...this.#open(index, { type: 'text', text: '' }))
    const reader = this.#blocks.get(index)
    return reader ? [...events, ...reader.delta(delta)] : this.#skip()
  }

  #close(index: JsonValue | undefined): StreamEvent[] {
    const reader = this.#blocks.get(index)
    this.#blocks.delete(index)
    return reader ? reader.stop() : []
  }

  #ending({ delta, usage }: JsonObject): StreamEvent[] {
    this.#usage.update(usage)
    const reason = isObject(delta) && typeof delta.stop_reason === 'string' ? delta : null
    return [
      ...this.#usageEvents(),
      ...(reason ? this.#end(decodeFinish(reason.stop_reason, reason.stop_sequence)) : []),
    ]
  }

  #stop(): StreamEvent[] {
    this.#over = true
    return this.#end(decodeFinish(undefined, undefined))
  }

  #end(finish: Finish): StreamEvent[] {
    if (this.#finished) return []
    this.#finished = true
    return [...this.#closeAll(), { type: 'message-end', ...finish }]
  }

  #closeAll(): StreamEvent[] {
    return [...this.#blocks.keys()].flatMap((index) => this.#close(index))
  }

  #usageEvents(): StreamEvent[] {
    const usage = this.#usage.current
    return usage ? [{ type: 'usage', usage }] : []
  }

  #skip(): StreamEvent[] {
    this.#malformed += 1
    return []
  }
}
