import type { StreamEvent } from '../../canonical/stream-event.ts'
import { isObject, type JsonObject, type JsonValue, parseJson } from '../../lib/json.ts'
import { isServers } from './decode-content.ts'
import { asExtensions } from './extensions.ts'
import { SEALED_BY } from './reasoning.ts'
import { fromToolName, fromToolUseId } from './tool-names.ts'

/** What a content block of a stream is. Only blocks of tools and pictures are announced; others are what their first delta is. */
type Kind = 'text' | 'reasoning' | 'tool-call' | 'opaque'

/** One content block of a stream, from its start to its stop. Blocks that only Bedrock knows are put together and told at once. */
export class BlockReader {
  readonly kind: Kind
  readonly #index: number
  readonly #start: JsonObject
  readonly #citations: JsonValue[] = []
  readonly #contents: JsonValue[] = []
  #input = ''
  #signature = ''
  readonly #redacted: Buffer[] = []

  /** `start` is the wire's announcement, empty when there was none; `index` the canonical index. */
  constructor(kind: Kind, start: JsonObject, index: number) {
    this.kind = kind
    this.#start = start
    this.#index = index
  }

  /** What an announced block is. */
  static kindOfStart(start: JsonObject): Kind {
    return isObject(start.toolUse) && !isServers(start.toolUse.type, 'tool_use') ? 'tool-call' : 'opaque'
  }

  /** What a block that was not announced is, by its first delta; null for one that says nothing we know. */
  static kindOfDelta(delta: JsonObject): Kind | null {
    if (isObject(delta.reasoningContent)) return 'reasoning'
    return typeof delta.text === 'string' || isObject(delta.citation) ? 'text' : null
  }

  start(): StreamEvent[] {
    const index = this.#index
    switch (this.kind) {
      case 'text':
        return [{ type: 'text-start', index }]
      case 'reasoning':
        return [{ type: 'reasoning-start', index, origin: SEALED_BY }]
      case 'tool-call': {
        const call = isObject(this.#start.toolUse) ? this.#start.toolUse : {}
        const id = typeof call.toolUseId === 'string' ? fromToolUseId(call.toolUseId) : ''
        return [
          { type: 'tool-call-start', index, id, name: typeof call.name === 'string' ? fromToolName(call.name) : '' },
        ]
      }
      case 'opaque':
        return []
    }
  }

  delta(delta: JsonObject): StreamEvent[] {
    const index = this.#index
    const { text, reasoningContent: thought, toolUse: call, toolResult: result, citation, image } = delta
    if (typeof text === 'string') return text === '' ? [] : [{ type: 'text-delta', index, text }]
    if (isObject(thought)) return this.#thought(thought)
    if (isObject(call) && typeof call.input === 'string') {
      this.#input += call.input
      const said = this.kind === 'tool-call' && call.input !== ''
      return said ? [{ type: 'tool-call-delta', index, arguments: call.input }] : []
    }
    if (isObject(citation)) this.#citations.push(citation)
    if (Array.isArray(result)) this.#contents.push(...result)
    if (isObject(image)) this.#contents.push(image)
    return []
  }

  #thought({ text, signature, redactedContent: redacted }: JsonObject): StreamEvent[] {
    if (typeof signature === 'string') this.#signature += signature
    if (typeof redacted === 'string') this.#redacted.push(Buffer.from(redacted, 'base64'))
    return typeof text === 'string' && text !== '' ? [{ type: 'reasoning-delta', index: this.#index, text }] : []
  }

  stop(): StreamEvent[] {
    const index = this.#index
    switch (this.kind) {
      case 'text': {
        const cited = asExtensions(this.#citations.length > 0 ? { citations: this.#citations } : undefined)
        return [{ type: 'text-end', index, ...cited }]
      }
      case 'reasoning':
        return [
          {
            type: 'reasoning-end',
            index,
            ...(this.#signature === '' ? {} : { signature: this.#signature }),
            ...(this.#redacted.length === 0 ? {} : { redacted: Buffer.concat(this.#redacted).toString('utf8') }),
          },
        ]
      case 'tool-call': {
        const none = { type: 'tool-call-delta', index, arguments: '{}' } as const
        return [...(this.#input.trim() === '' ? [none] : []), { type: 'tool-call-end', index }]
      }
      case 'opaque':
        return [{ type: 'opaque', index, dialect: 'bedrock-converse', block: this.#whole() }]
    }
  }

  /** The block as a whole answer would hold it. */
  #whole(): JsonObject {
    const { toolUse, toolResult } = this.#start
    if (isObject(toolUse)) return { toolUse: { ...toolUse, input: parseJson(this.#input || '{}') ?? {} } }
    if (isObject(toolResult)) return { toolResult: { ...toolResult, content: this.#contents } }
    return { ...this.#start, ...(this.#contents.length > 0 ? { contents: this.#contents } : {}) }
  }
}
