/*
 * Writing a Gemini stream.
 *
 * Each event becomes a chunk with one part. Function calls come whole, so what a call's arguments say waits until they are complete, and what begins after it
 * waits for it: the order of parts is the order in which they were begun. A thought that is sealed is one part too.
 */
import { grownPart } from '../../canonical/collect.ts'
import type { Part } from '../../canonical/content.ts'
import type { StreamEvent } from '../../canonical/stream-event.ts'
import type { Usage } from '../../canonical/usage.ts'
import type { JsonObject } from '../../lib/json.ts'
import { sseText } from '../../lib/sse.ts'
import type { StreamEncoder, StreamEncoderOptions } from '../dialect.ts'
import { encodeAnswerPart, saidOfCandidate } from './answer-parts.ts'
import { carrySeal } from './carried-seals.ts'
import { encodeThought } from './encode-content.ts'
import { DIALECT, ownExtensions } from './extensions.ts'
import { encodeFinish, type Finish } from './finish-reason.ts'
import { encodeUsage } from './usage.ts'

type BlockEvent = Extract<StreamEvent, { readonly index: number }>

/** A block that is not written to its end. */
interface Slot {
  part: Part | undefined
  /** Whether its text is written as it comes; other kinds are written when they are whole. */
  readonly flows: boolean
  /** How many characters of its text are written. */
  written: number
  ended: boolean
}

/** The state of one reply stream. */
export class GeminiStreamEncoder implements StreamEncoder {
  readonly #slots = new Map<number, Slot>()
  #head: { modelVersion: string; responseId: string }
  #refused = false
  #usage: Usage | undefined
  #finish: Finish = { finishReason: 'stop' }
  #about: JsonObject = {}

  constructor(options: StreamEncoderOptions) {
    this.#head = { modelVersion: options.model, responseId: options.id }
  }

  /** An error writes nothing here: the stream then ends with `encodeStreamError` instead of `end`. */
  push(event: StreamEvent): string {
    switch (event.type) {
      case 'message-start':
        this.#head = {
          modelVersion: event.model ?? this.#head.modelVersion,
          responseId: event.id ?? this.#head.responseId,
        }
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
        this.#take(event)
        return this.#flush()
    }
  }

  end(): string {
    for (const slot of this.#slots.values()) slot.ended = true
    const rest = this.#flush()
    const candidate = {
      ...this.#about,
      content: { parts: [{ text: '' }], role: 'model' },
      finishReason: encodeFinish(this.#finish, this.#refused),
      index: 0,
    }
    const usage = this.#usage ? { usageMetadata: encodeUsage(this.#usage) } : {}
    return rest + sseText(JSON.stringify({ candidates: [candidate], ...usage, ...this.#head }))
  }

  #take(event: BlockEvent): void {
    const slot = this.#slots.get(event.index) ?? this.#opened(event)
    slot.part = grownPart(slot.part, event)
    if (event.type.endsWith('-end') || event.type === 'opaque') slot.ended = true
  }

  #opened(event: BlockEvent): Slot {
    if (event.type === 'refusal-start') this.#refused = true
    const isSealed = event.type === 'reasoning-start' && event.origin === DIALECT
    const flows = !isSealed && event.type !== 'tool-call-start' && event.type !== 'opaque'
    const slot: Slot = { part: undefined, flows, written: 0, ended: false }
    this.#slots.set(event.index, slot)
    return slot
  }

  /** Writes what can be written, block after block, as far as the first that is not whole. */
  #flush(): string {
    let text = ''
    for (const [index, slot] of this.#slots) {
      text += slot.flows ? this.#flow(slot) : slot.ended ? this.#whole(slot.part) : ''
      if (!slot.ended) return text
      this.#slots.delete(index)
    }
    return text
  }

  #flow(slot: Slot): string {
    const { part } = slot
    if (!part || !('text' in part)) return ''
    const fresh = part.text.slice(slot.written)
    slot.written = part.text.length
    const said =
      fresh === '' ? '' : this.#chunk(part.type === 'reasoning' ? { text: fresh, thought: true } : { text: fresh })
    return slot.ended ? said + this.#behind(part) : said
  }

  /** What only the end of a text tells: its seal, and what is said of the whole candidate. */
  #behind(part: Part): string {
    const sealed = part.type === 'reasoning' ? encodeThought('', carrySeal(part)) : null
    if (sealed) return this.#chunk(sealed)
    if (part.type !== 'text') return ''
    this.#about = { ...this.#about, ...saidOfCandidate([part]) }
    const { thoughtSignature } = ownExtensions(part.extensions)
    return thoughtSignature === undefined ? '' : this.#chunk({ text: '', thoughtSignature })
  }

  #whole(part: Part | undefined): string {
    const written = part ? encodeAnswerPart(part) : null
    return written ? this.#chunk(written) : ''
  }

  #chunk(part: JsonObject): string {
    const candidate = { content: { parts: [part], role: 'model' }, index: 0 }
    return sseText(JSON.stringify({ candidates: [candidate], ...this.#head }))
  }
}
