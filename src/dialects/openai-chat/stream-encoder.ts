import type { ReasoningPart } from '../../canonical/content.ts'
import type { StreamEvent } from '../../canonical/stream-event.ts'
import type { Usage } from '../../canonical/usage.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { sseText } from '../../lib/sse.ts'
import type { StreamEncoder, StreamEncoderOptions } from '../dialect.ts'
import { encodeFinishReason } from './finish-reason.ts'
import { encodeDetail, encodeDetailPiece, isSealed } from './reasoning.ts'
import { unixSeconds } from './response.ts'
import { answerExtensions } from './tool-calls.ts'
import { encodeUsage } from './usage.ts'

type EventOf<Type extends StreamEvent['type']> = Extract<StreamEvent, { type: Type }>

/** A fresh encoder for one reply stream. */
export function streamEncoder(options: StreamEncoderOptions): StreamEncoder {
  return new ChatStreamEncoder(options)
}

/**
 * Reasoning on its way. Where it may be sealed by Anthropic, or carried for another format, it is told in `reasoning_details` too, piece by piece and then
 * the signature, as OpenRouter does; of other vendors' only the seal says what the entry is, so it comes whole at the end.
 */
interface ToldReasoning {
  readonly index: number
  /** Without the text where that was told already. */
  part: ReasoningPart
}

/**
 * Writes chunks of a chat completion. Every chunk begins with the same head (id, model, time), which is written out once. Tool
 * calls get indexes of their own, counted in order of their start.
 */
class ChatStreamEncoder implements StreamEncoder {
  readonly #options: StreamEncoderOptions
  #head: string | null = null
  /** Block index of a tool call → its index among the tool calls. */
  readonly #calls = new Map<number, number>()
  #callCount = 0
  /** Reasoning that is being told, by block index. */
  readonly #reasoning = new Map<number, ToldReasoning>()
  #reasoningCount = 0
  #usage: Usage | undefined
  #finish: EventOf<'message-end'> | null = null

  constructor(options: StreamEncoderOptions) {
    this.#options = options
  }

  push(event: StreamEvent): string {
    switch (event.type) {
      case 'message-start':
        return this.#start(event)
      case 'text-delta':
        return this.#delta({ content: event.text })
      case 'refusal-delta':
        return this.#delta({ refusal: event.text })
      case 'reasoning-start':
      case 'reasoning-delta':
      case 'reasoning-end':
        return this.#reason(event)
      case 'tool-call-start':
        return this.#call(event.index, {
          ...answerExtensions(event.extensions),
          id: event.id,
          type: 'function',
          function: { name: event.name, arguments: '' },
        })
      case 'tool-call-delta':
        return event.arguments === '' ? '' : this.#call(event.index, { function: { arguments: event.arguments } })
      case 'opaque':
        return this.#own(event)
      case 'usage':
        this.#usage = { ...this.#usage, ...event.usage }
        return ''
      case 'message-end':
        this.#finish = event
        return ''
      default:
        return ''
    }
  }

  end(): string {
    const { finishReason, rawFinishReason } = this.#finish ?? {
      finishReason: this.#callCount > 0 ? 'tool-calls' : 'stop',
    }
    const reason = JSON.stringify(encodeFinishReason(finishReason, rawFinishReason))
    const head = this.#opened()
    const finish = `${head.text}"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":${reason}}]}`
    const usage = this.#options.includeUsage && this.#usage ? JSON.stringify(encodeUsage(this.#usage)) : null
    return [
      head.role,
      sseText(finish),
      usage === null ? '' : sseText(`${head.text}"choices":[],"usage":${usage}}`),
      sseText('[DONE]'),
    ].join('')
  }

  #start(event: EventOf<'message-start'>): string {
    if (this.#head !== null) return ''
    const { id, model } = this.#options
    const head = JSON.stringify({
      id: event.id ?? id,
      object: 'chat.completion.chunk',
      created: event.created ?? unixSeconds(),
      model: event.model ?? model,
    })
    this.#head = `${head.slice(0, -1)},`
    return this.#chunk({ role: 'assistant', content: '' })
  }

  /** The head of every chunk, and the role chunk when it was not yet written. */
  #opened(): { readonly text: string; readonly role: string } {
    const role = this.#start({ type: 'message-start' })
    return { text: this.#head ?? '', role }
  }

  #delta(delta: JsonObject): string {
    const { role } = this.#opened()
    return role + this.#chunk(delta)
  }

  #chunk(delta: JsonObject): string {
    const choice = `{"index":0,"delta":${JSON.stringify(delta)},"logprobs":null,"finish_reason":null}`
    return `data: ${this.#head ?? ''}"choices":[${choice}]}\n\n`
  }

  #call(block: number, call: JsonObject): string {
    const index = this.#calls.get(block) ?? this.#callCount
    if (index === this.#callCount) {
      this.#calls.set(block, index)
      this.#callCount += 1
    }
    return this.#delta({ tool_calls: [{ index, ...call }] })
  }

  #reason(event: EventOf<'reasoning-start' | 'reasoning-delta' | 'reasoning-end'>): string {
    const told = this.#reasoning.get(event.index) ?? this.#beginReasoning(event)
    switch (event.type) {
      case 'reasoning-start':
        return ''
      case 'reasoning-delta': {
        if (event.text === '') return ''
        const detail = encodeDetailPiece(event.text, told.index, told.part.origin)
        if (detail) return this.#delta({ reasoning_content: event.text, reasoning_details: [detail] })
        told.part = { ...told.part, text: told.part.text + event.text }
        return this.#delta({ reasoning_content: event.text })
      }
      case 'reasoning-end': {
        const { type: _, index: __, ...seal } = event
        this.#reasoning.delete(event.index)
        const part = { ...told.part, ...seal }
        return isSealed(part) ? this.#delta({ reasoning_details: [encodeDetail(part, told.index)] }) : ''
      }
    }
  }

  #beginReasoning(event: EventOf<'reasoning-start' | 'reasoning-delta' | 'reasoning-end'>): ToldReasoning {
    const origin = event.type === 'reasoning-start' && event.origin ? { origin: event.origin } : {}
    const told: ToldReasoning = { index: this.#reasoningCount, part: { type: 'reasoning', text: '', ...origin } }
    this.#reasoningCount += 1
    this.#reasoning.set(event.index, told)
    return told
  }

  /** What only this format has: calls of custom tools, spoken answers. Blocks of others have no place here. */
  #own(event: EventOf<'opaque'>): string {
    if (event.dialect !== 'openai-chat' || !isObject(event.block)) return ''
    return isObject(event.block.custom) ? this.#call(event.index, event.block) : this.#delta(event.block)
  }
}
