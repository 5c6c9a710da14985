import type { ReasoningPart } from '../../canonical/content.ts'
import type { DialectName } from '../../canonical/dialect-name.ts'
import type { JsonObject } from '../../lib/json.ts'
import { carrySeal } from './carried-seal.ts'
import { ownId } from './item-ids.ts'
import { encodeOwnReasoning, encodeSummary } from './reasoning.ts'
import type { Shelf } from './shelf.ts'

/** Reasoning while it is written: what can be read of it is a summary of one piece, its seal comes with its end. */
export class ReasoningWriter {
  readonly #shelf: Shelf
  readonly #origin: DialectName | undefined
  #item: { readonly place: number; readonly id: string } | null = null
  #text = ''
  #ended = false

  constructor(shelf: Shelf, origin: DialectName | undefined) {
    this.#shelf = shelf
    this.#origin = origin
  }

  say(text: string): void {
    if (text === '') return
    if (this.#text === '') this.#tell('part.added', { part: { type: 'summary_text', text: '' } })
    this.#text += text
    this.#tell('text.delta', { delta: text })
  }

  /** Reasoning that says nothing and has no seal leaves no trace. */
  end({ signature, redacted }: Pick<ReasoningPart, 'signature' | 'redacted'>): void {
    if (this.#ended) return
    const part: ReasoningPart = {
      type: 'reasoning',
      text: this.#text,
      ...(this.#origin === undefined ? {} : { origin: this.#origin }),
      ...(signature === undefined ? {} : { signature }),
      ...(redacted === undefined ? {} : { redacted }),
    }
    const own = encodeOwnReasoning(part)
    const carried = own ? null : carrySeal(part)
    if (own || carried !== null || this.#text !== '') this.#finish(own ?? sealed(carried))
    this.#ended = true
  }

  /** An item that says nothing and carries this; it is told from the start, so that readers know what it is. */
  seal(encrypted: string): void {
    this.#announced(null, sealed(encrypted))
    this.#finish(sealed(encrypted))
  }

  #finish(fields: JsonObject): void {
    const text = this.#text
    if (text !== '') {
      this.#tell('text.done', { text })
      this.#tell('part.done', { part: { type: 'summary_text', text } })
    }
    const { place, id } = this.#announced(typeof fields.id === 'string' ? fields.id : null)
    this.#shelf.done(place, { summary: encodeSummary(text), ...fields, id, type: 'reasoning' })
  }

  #tell(step: string, fields: JsonObject): void {
    const { place } = this.#announced(null)
    this.#shelf.tell(`response.reasoning_summary_${step}`, place, { summary_index: 0, ...fields })
  }

  #announced(given: string | null, fields: JsonObject = {}): { readonly place: number; readonly id: string } {
    if (this.#item) return this.#item
    let id = given ?? ''
    const place = this.#shelf.add((at) => {
      id ||= ownId('rs', this.#shelf.answerId, at)
      return { id, type: 'reasoning', summary: [], ...fields }
    })
    this.#item = { place, id }
    return this.#item
  }
}

function sealed(encrypted: string | null): JsonObject {
  return encrypted === null ? {} : { encrypted_content: encrypted }
}
