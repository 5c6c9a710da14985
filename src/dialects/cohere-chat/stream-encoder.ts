import type { StreamEvent } from '../../canonical/stream-event.ts'
import type { Usage } from '../../canonical/usage.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { sseText } from '../../lib/sse.ts'
import type { StreamEncoder, StreamEncoderOptions } from '../dialect.ts'
import { ownExtensions } from './extensions.ts'
import { encodeFinish, type Finish } from './finish-reason.ts'
import { encodeUsage } from './usage.ts'

type BlockEvent = Extract<StreamEvent, { readonly index: number }>

/** A fresh encoder for one reply stream. */
export function streamEncoder(options: StreamEncoderOptions): StreamEncoder {
  return new CohereStreamEncoder(options)
}

/** Writes a streamed answer. Content blocks and tool calls get indexes of their own, counted apart in order of their start. */
class CohereStreamEncoder implements StreamEncoder {
  readonly #options: StreamEncoderOptions
  #started = false
  /** Block index → its index among the content or among the calls. */
  readonly #places = new Map<number, number>()
  #contents = 0
  #calls = 0
  #citations = 0
  #usage: Usage | undefined
  #finish: Finish | null = null

  constructor(options: StreamEncoderOptions) {
    this.#options = options
  }

  push(event: StreamEvent): string {
    switch (event.type) {
      case 'message-start':
        return this.#start(event.id, event.model)
      case 'usage':
        this.#usage = { ...this.#usage, ...event.usage }
        return ''
      case 'message-end':
        this.#finish = event
        return ''
      case 'error':
      case 'opaque':
        return ''
      default:
        return this.#start() + this.#block(event)
    }
  }

  end(): string {
    const finish = this.#finish ?? { finishReason: this.#calls > 0 ? 'tool-calls' : 'stop' }
    const usage = this.#usage ? { usage: encodeUsage(this.#usage) } : {}
    return this.#start() + frame({ type: 'message-end', delta: { finish_reason: encodeFinish(finish), ...usage } })
  }

  #start(id = this.#options.id, model = this.#options.model): string {
    if (this.#started) return ''
    this.#started = true
    const message = { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] }
    return frame({ type: 'message-start', id, model, delta: { message } })
  }

  #block(event: BlockEvent): string {
    switch (event.type) {
      case 'text-start':
      case 'refusal-start':
        return this.#content('content-start', event.index, { type: 'text', text: '' })
      case 'reasoning-start':
        return this.#content('content-start', event.index, { type: 'thinking', thinking: '' })
      case 'text-delta':
      case 'refusal-delta':
        return this.#content('content-delta', event.index, { text: event.text })
      case 'reasoning-delta':
        return this.#content('content-delta', event.index, { thinking: event.text })
      case 'text-end':
        return this.#cite(ownExtensions(event.extensions)) + this.#ended('content-end', event.index)
      case 'refusal-end':
      case 'reasoning-end':
        return this.#ended('content-end', event.index)
      case 'tool-call-start': {
        const { index, id, name } = event
        this.#places.set(index, this.#calls++)
        return this.#call('tool-call-start', index, { id, type: 'function', function: { name, arguments: '' } })
      }
      case 'tool-call-delta':
        return this.#call('tool-call-delta', event.index, { function: { arguments: event.arguments } })
      case 'tool-call-end':
        return this.#ended('tool-call-end', event.index)
      case 'opaque':
        return ''
    }
  }

  #content(type: string, block: number, content: JsonObject): string {
    if (type === 'content-start') this.#places.set(block, this.#contents++)
    return frame({ type, index: this.#places.get(block) ?? 0, delta: { message: { content } } })
  }

  #call(type: string, block: number, call: JsonObject): string {
    return frame({ type, index: this.#places.get(block) ?? 0, delta: { message: { tool_calls: call } } })
  }

  #cite({ citations }: JsonObject): string {
    const list = Array.isArray(citations) ? citations.filter(isObject) : []
    const told = list.map((citation) => {
      const index = this.#citations++
      const start = frame({ type: 'citation-start', index, delta: { message: { citations: citation } } })
      return start + frame({ type: 'citation-end', index })
    })
    return told.join('')
  }

  #ended(type: string, block: number): string {
    return frame({ type, index: this.#places.get(block) ?? 0 })
  }
}

function frame(data: JsonObject & { type: string }): string {
  return sseText(JSON.stringify(data), data.type)
}
