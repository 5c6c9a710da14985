/*
 * Writing a Converse stream, as the server-sent events that its binary messages are read as. Every delta names its block, so blocks may
 * interleave; a block gets its number with the first thing it says.
 */
import type { StreamEvent } from '../../canonical/stream-event.ts'
import type { Usage } from '../../canonical/usage.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { sseText } from '../../lib/sse.ts'
import type { StreamEncoder } from '../dialect.ts'
import { ownExtensions } from './extensions.ts'
import { SEALED_BY, toBlob } from './reasoning.ts'
import { encodeFinish, type Finish } from './stop-reason.ts'
import { spelledName, toToolUseId } from './tool-names.ts'
import { encodeUsage } from './usage.ts'

type BlockEvent = Extract<StreamEvent, { readonly index: number }>

/** The state of one reply stream. The format has no words for an id and a model. */
export class BedrockStreamEncoder implements StreamEncoder {
  /** The wire's number of each block that has said something. */
  readonly #numbers = new Map<number, number>()
  /** Blocks of reasoning whose seals are Claude's. */
  readonly #sealed = new Set<number>()
  #started = false
  #usage: Usage | undefined
  #finish: Finish = { finishReason: 'stop' }

  /** An error writes nothing here: the stream then ends with `encodeStreamError` instead of `end`. */
  push(event: StreamEvent): string {
    switch (event.type) {
      case 'message-start':
      case 'error':
        return ''
      case 'usage':
        this.#usage = { ...this.#usage, ...event.usage }
        return ''
      case 'message-end':
        this.#finish = event
        return ''
      default:
        return this.#start() + this.#write(event)
    }
  }

  end(): string {
    return this.#start() + ending(this.#finish, this.#usage)
  }

  #start(): string {
    if (this.#started) return ''
    this.#started = true
    return frame('messageStart', { role: 'assistant' })
  }

  #write(event: BlockEvent): string {
    const { index } = event
    switch (event.type) {
      case 'text-start':
      case 'refusal-start':
        return ''
      case 'reasoning-start':
        if (event.origin === SEALED_BY) this.#sealed.add(index)
        return ''
      case 'text-delta':
      case 'refusal-delta':
        return event.text === '' ? '' : this.#delta(index, { text: event.text })
      case 'reasoning-delta':
        return event.text === '' ? '' : this.#delta(index, { reasoningContent: { text: event.text } })
      case 'tool-call-start':
        return this.#open(index, {
          toolUse: { toolUseId: toToolUseId(event.id, 'other'), name: spelledName(event.name) },
        })
      case 'tool-call-delta':
        return event.arguments === '' ? '' : this.#delta(index, { toolUse: { input: event.arguments } })
      case 'reasoning-end':
        return this.#seal(event) + this.#stop(index)
      case 'text-end': {
        const { citations } = ownExtensions(event.extensions)
        const cited = Array.isArray(citations) ? citations.map((citation) => this.#delta(index, { citation })) : []
        return cited.join('') + this.#stop(index)
      }
      case 'refusal-end':
      case 'tool-call-end':
        return this.#stop(index)
      case 'opaque':
        return event.dialect === 'bedrock-converse' && isObject(event.block) ? this.#opaque(index, event.block) : ''
    }
  }

  #seal({ index, signature, redacted }: Extract<StreamEvent, { type: 'reasoning-end' }>): string {
    if (!this.#sealed.has(index)) return ''
    if (redacted !== undefined) return this.#delta(index, { reasoningContent: { redactedContent: toBlob(redacted) } })
    return signature ? this.#delta(index, { reasoningContent: { signature } }) : ''
  }

  /** A tool that Bedrock runs itself: its call, or its result. */
  #opaque(index: number, { toolUse, toolResult }: JsonObject): string {
    if (isObject(toolUse)) {
      const { input, ...start } = toolUse
      const text = JSON.stringify(input ?? {})
      return (
        this.#open(index, { toolUse: start }) + this.#delta(index, { toolUse: { input: text } }) + this.#stop(index)
      )
    }
    if (!isObject(toolResult)) return ''
    const { content, ...start } = toolResult
    const delta = { toolResult: Array.isArray(content) ? content : [] }
    return this.#open(index, { toolResult: start }) + this.#delta(index, delta) + this.#stop(index)
  }

  #open(index: number, start: JsonObject): string {
    return frame('contentBlockStart', { contentBlockIndex: this.#numberOf(index), start })
  }

  #delta(index: number, delta: JsonObject): string {
    return frame('contentBlockDelta', { contentBlockIndex: this.#numberOf(index), delta })
  }

  #stop(index: number): string {
    const number = this.#numbers.get(index)
    return number === undefined ? '' : blockStop(number)
  }

  #numberOf(index: number): number {
    const number = this.#numbers.get(index) ?? this.#numbers.size
    this.#numbers.set(index, number)
    return number
  }
}

/** The end of a block. */
export function blockStop(number: JsonValue): string {
  return frame('contentBlockStop', { contentBlockIndex: number })
}

/** The end of an answer, and its usage. */
export function ending(finish: Finish, usage: Usage | undefined): string {
  const tier = usage?.serviceTier
  const told = { usage: encodeUsage(usage), metrics: { latencyMs: 0 } }
  return (
    frame('messageStop', encodeFinish(finish)) +
    (usage ? frame('metadata', { ...told, ...(tier === undefined ? {} : { serviceTier: { type: tier } }) }) : '')
  )
}

function frame(event: string, data: JsonObject): string {
  return sseText(JSON.stringify(data), event)
}
