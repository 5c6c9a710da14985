import type { Extensions } from '../../canonical/extensions.ts'
import type { StreamEvent } from '../../canonical/stream-event.ts'
import { parseExactJson } from '../../lib/exact-json.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { isDirect } from './decode-content.ts'
import { asExtensions } from './extensions.ts'
import { fromWireToolId } from './tool-ids.ts'

/** One content block of a stream, from its start to its stop. Blocks that only Anthropic knows are put together and told at once. */
export class BlockReader {
  readonly #block: JsonObject
  readonly #index: number
  readonly #carried: Extensions | undefined
  readonly #citations: JsonValue[] = []
  #json = ''
  #signature = ''

  /** `block` is the wire block of `content_block_start`, `index` the canonical index; `carried` is what came before a tool call to go with it. */
  constructor(block: JsonObject, index: number, carried?: Extensions) {
    this.#block = block
    this.#index = index
    this.#carried = carried
  }

  start(): StreamEvent[] {
    const index = this.#index
    const { type, id, name, caller, thinking, text, signature } = this.#block
    switch (type) {
      case 'text':
        return [{ type: 'text-start', index }, ...this.#text(text)]
      case 'thinking':
        if (typeof signature === 'string') this.#signature = signature
        return [{ type: 'reasoning-start', index, origin: 'anthropic-messages' }, ...this.#thinking(thinking)]
      case 'redacted_thinking':
        return [{ type: 'reasoning-start', index, origin: 'anthropic-messages' }]
      case 'tool_use':
        return [
          {
            type: 'tool-call-start',
            index,
            id: typeof id === 'string' ? fromWireToolId(id) : '',
            name: typeof name === 'string' ? name : '',
            ...this.#extensions(caller),
          },
        ]
      default:
        return []
    }
  }

  #extensions(caller: JsonValue | undefined): { readonly extensions?: Extensions } {
    const own = asExtensions(isDirect(caller) ? undefined : { caller: caller ?? null })
    return this.#carried ? { extensions: { ...own.extensions, ...this.#carried } } : own
  }

  delta(delta: JsonObject): StreamEvent[] {
    switch (delta.type) {
      case 'text_delta':
        return this.#text(delta.text)
      case 'thinking_delta':
        return this.#thinking(delta.thinking)
      case 'signature_delta':
        if (typeof delta.signature === 'string') this.#signature += delta.signature
        return []
      case 'input_json_delta':
        return this.#input(delta.partial_json)
      case 'citations_delta':
        if (delta.citation !== undefined) this.#citations.push(delta.citation)
        return []
      default:
        return []
    }
  }

  stop(): StreamEvent[] {
    const index = this.#index
    switch (this.#block.type) {
      case 'text':
        return [
          {
            type: 'text-end',
            index,
            ...asExtensions(this.#citations.length > 0 ? { citations: this.#citations } : undefined),
          },
        ]
      case 'thinking':
        return [{ type: 'reasoning-end', index, ...(this.#signature === '' ? {} : { signature: this.#signature }) }]
      case 'redacted_thinking': {
        const { data } = this.#block
        return [{ type: 'reasoning-end', index, ...(typeof data === 'string' ? { redacted: data } : {}) }]
      }
      case 'tool_use': {
        const rest = this.#json.trim() === '' ? this.#wholeInput() : ''
        const delta = { type: 'tool-call-delta', index, arguments: rest } as const
        return [...(rest === '' ? [] : [delta]), { type: 'tool-call-end', index }]
      }
      default: {
        const input = this.#json === '' ? undefined : parseExactJson(this.#json)
        const block = input === undefined ? this.#block : { ...this.#block, input }
        return [{ type: 'opaque', index, dialect: 'anthropic-messages', block }]
      }
    }
  }

  #text(text: JsonValue | undefined): StreamEvent[] {
    if (typeof text !== 'string' || text === '' || this.#block.type !== 'text') return []
    return [{ type: 'text-delta', index: this.#index, text }]
  }

  #thinking(text: JsonValue | undefined): StreamEvent[] {
    if (typeof text !== 'string' || text === '' || this.#block.type !== 'thinking') return []
    return [{ type: 'reasoning-delta', index: this.#index, text }]
  }

  #input(json: JsonValue | undefined): StreamEvent[] {
    if (typeof json !== 'string' || json === '') return []
    this.#json += json
    return this.#block.type === 'tool_use' ? [{ type: 'tool-call-delta', index: this.#index, arguments: json }] : []
  }

  /** A host may give the whole input with the start; nothing at all means no arguments. */
  #wholeInput(): string {
    const { input } = this.#block
    return isObject(input) ? JSON.stringify(input) : '{}'
  }
}
