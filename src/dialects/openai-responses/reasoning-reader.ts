import type { StreamEvent } from '../../canonical/stream-event.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import { decodeReasoning, PIECE_BREAK } from './reasoning.ts'
import type { Blocks, ItemReader } from './stream-blocks.ts'

/** The text and the summary of reasoning; where a host gives both, the one that begins is told. */
const DELTAS: Readonly<Record<string, string>> = {
  'response.reasoning_summary_text.delta': 'summary_index',
  'response.reasoning_text.delta': 'content_index',
}

/** A reasoning item: one block, with the seal at its end. */
export class ReasoningReader implements ItemReader {
  readonly type = 'reasoning'
  readonly #out: StreamEvent[]
  readonly #index: number
  /** Which kind of delta is told, and the piece that it is at. */
  #kind: string | null = null
  #piece: JsonValue = null
  #ended = false

  constructor({ out, takeIndex }: Blocks) {
    this.#out = out
    this.#index = takeIndex()
    this.#out.push({ type: 'reasoning-start', index: this.#index, origin: 'openai-responses' })
  }

  step(type: string, data: JsonObject): void {
    const place = DELTAS[type]
    if (place === undefined || typeof data.delta !== 'string' || data.delta === '' || this.#ended) return
    if (this.#kind !== null && this.#kind !== place) return
    const piece = data[place] ?? 0
    const opens = this.#kind !== null && piece !== this.#piece
    this.#kind = place
    this.#piece = piece
    this.#say(opens ? PIECE_BREAK + data.delta : data.delta)
  }

  done(item: JsonObject): void {
    if (this.#ended) return
    this.#ended = true
    const { text, signature, redacted } = decodeReasoning(item)
    if (this.#kind === null) this.#say(text)
    const seal = signature ?? redacted
    const spoke = this.#kind !== null || text !== ''
    this.#out.push({
      type: 'reasoning-end',
      index: this.#index,
      ...(seal === undefined ? {} : spoke ? { signature: seal } : { redacted: seal }),
    })
  }

  close(): void {
    this.done({})
  }

  #say(text: string): void {
    if (text !== '') this.#out.push({ type: 'reasoning-delta', index: this.#index, text })
  }
}
