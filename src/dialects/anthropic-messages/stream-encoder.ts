/*
 * Writing a Messages stream.
 *
 * Anthropic's clients take one content block at a time: it is opened, filled and closed before the next one starts. Canonical blocks may
 * interleave (parallel tool calls), so the events of every block but the open one wait in order until that one ends.
 *
 * A block is opened with its first text: an empty one says nothing, and upstream refuses it when the caller sends it back. For reasoning
 * only the end tells whether it is a thinking block or a redacted one.
 */
import type { ReasoningPart } from '../../canonical/content.ts'
import type { DialectName } from '../../canonical/dialect-name.ts'
import type { StreamEvent } from '../../canonical/stream-event.ts'
import type { Usage } from '../../canonical/usage.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { sseText } from '../../lib/sse.ts'
import type { StreamEncoder, StreamEncoderOptions } from '../dialect.ts'
import { carryCall, carryThought } from './carried-seals.ts'
import { ownExtensions } from './extensions.ts'
import { encodeFinish, type Finish } from './stop-reason.ts'
import { toWireToolId } from './tool-ids.ts'
import { encodeUsage } from './usage.ts'

const TEXT: JsonObject = { type: 'text', text: '' }
const THINKING: JsonObject = { type: 'thinking', thinking: '', signature: '' }

type BlockEvent = Extract<StreamEvent, { readonly index: number }>

/** The state of one reply stream. */
export class AnthropicStreamEncoder implements StreamEncoder {
  readonly #waiting = new Map<number, BlockEvent[]>()
  #head: { id: string; model: string }
  #started = false
  /** The canonical index of the block whose events are written now. */
  #current: number | null = null
  /** Whether that block was opened on the wire. */
  #opened = false
  /** Whose reasoning the current block tells: Anthropic's own signature is shown as it is, Gemini's is carried. */
  #origin: DialectName | undefined
  #wireIndex = 0
  #refused = false
  #usage: Usage | undefined
  #finish: Finish = { finishReason: 'stop' }

  constructor(options: StreamEncoderOptions) {
    this.#head = { id: options.id, model: options.model }
  }

  /** An error writes nothing here: the stream then ends with `encodeStreamError` instead of `end`. */
  push(event: StreamEvent): string {
    switch (event.type) {
      case 'message-start':
        this.#head = { id: event.id ?? this.#head.id, model: event.model ?? this.#head.model }
        return ''
      case 'usage':
        this.#usage = { ...this.#usage, ...event.usage }
        return ''
      case 'message-end':
        this.#finish = event
        return ''
      case 'error':
        return ''
      default:
        return this.#start() + this.#take(event)
    }
  }

  end(): string {
    let text = this.#start()
    if (this.#current !== null) text += this.#leave()
    for (const index of [...this.#waiting.keys()]) {
      text += this.#enter(index)
      if (this.#current !== null) text += this.#leave()
    }
    const delta = encodeFinish(this.#finish, this.#refused)
    return (
      text + frame({ type: 'message_delta', delta, usage: encodeUsage(this.#usage) }) + frame({ type: 'message_stop' })
    )
  }

  /** Written with the first block, so that usage which came before it is in it. */
  #start(): string {
    if (this.#started) return ''
    this.#started = true
    const message = {
      id: this.#head.id,
      type: 'message',
      role: 'assistant',
      model: this.#head.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: encodeUsage(this.#usage),
    }
    return frame({ type: 'message_start', message })
  }

  #take(event: BlockEvent): string {
    if (this.#current === null) this.#current = event.index
    if (this.#current !== event.index) {
      const queue = this.#waiting.get(event.index)
      if (queue) queue.push(event)
      else this.#waiting.set(event.index, [event])
      return ''
    }
    let text = this.#write(event)
    while (this.#current === null) {
      const [next] = this.#waiting.keys()
      if (next === undefined) break
      text += this.#enter(next)
    }
    return text
  }

  /** Writes what waited for a block; it stays the current one unless its end was among it. */
  #enter(index: number): string {
    const queue = this.#waiting.get(index) ?? []
    this.#waiting.delete(index)
    this.#current = index
    return queue.map((event) => this.#write(event)).join('')
  }

  #write(event: BlockEvent): string {
    switch (event.type) {
      case 'text-start':
        return ''
      case 'refusal-start':
        this.#refused = true
        return ''
      case 'text-delta':
      case 'refusal-delta':
        return event.text === '' ? '' : this.#ensure(TEXT) + this.#delta({ type: 'text_delta', text: event.text })
      case 'tool-call-start': {
        const { id, name, extensions } = event
        const seal = carryCall(extensions)
        const call = { ...ownExtensions(extensions), type: 'tool_use', id: toWireToolId(id), name, input: {} }
        return (seal ? this.#open(seal) + this.#shut() : '') + this.#open(call)
      }
      case 'tool-call-delta':
        return event.arguments === '' ? '' : this.#delta({ type: 'input_json_delta', partial_json: event.arguments })
      case 'reasoning-start':
        this.#origin = event.origin
        return ''
      case 'reasoning-delta':
        return event.text === ''
          ? ''
          : this.#ensure(THINKING) + this.#delta({ type: 'thinking_delta', thinking: event.text })
      case 'reasoning-end':
        return this.#seal(event) + this.#leave()
      case 'text-end':
        return (
          citations(ownExtensions(event.extensions).citations)
            .map((delta) => this.#delta(delta))
            .join('') + this.#leave()
        )
      case 'refusal-end':
      case 'tool-call-end':
        return this.#leave()
      case 'opaque': {
        const known = event.dialect === 'anthropic-messages' && isObject(event.block)
        return (known ? this.#open(event.block as JsonObject) : '') + this.#leave()
      }
    }
  }

  #ensure(block: JsonObject): string {
    return this.#opened ? '' : this.#open(block)
  }

  #seal(seal: Pick<ReasoningPart, 'signature' | 'redacted'>): string {
    const own = this.#origin === 'anthropic-messages'
    const carried = carryThought({ ...seal, ...(this.#origin ? { origin: this.#origin } : {}) })
    const redacted = own ? seal.redacted : carried
    if (redacted !== undefined && !this.#opened) return this.#open({ type: 'redacted_thinking', data: redacted })
    const signature = own ? seal.signature : carried
    return signature ? this.#ensure(THINKING) + this.#delta({ type: 'signature_delta', signature }) : ''
  }

  #open(block: JsonObject): string {
    this.#opened = true
    return frame({ type: 'content_block_start', index: this.#wireIndex, content_block: block })
  }

  #delta(delta: JsonObject): string {
    return frame({ type: 'content_block_delta', index: this.#wireIndex, delta })
  }

  #leave(): string {
    this.#current = null
    return this.#shut()
  }

  #shut(): string {
    if (!this.#opened) return ''
    this.#opened = false
    const text = frame({ type: 'content_block_stop', index: this.#wireIndex })
    this.#wireIndex += 1
    return text
  }
}

function citations(list: JsonValue | undefined): JsonObject[] {
  return Array.isArray(list) ? list.map((citation) => ({ type: 'citations_delta', citation })) : []
}

function frame(data: JsonObject & { type: string }): string {
  return sseText(JSON.stringify(data), data.type)
}
