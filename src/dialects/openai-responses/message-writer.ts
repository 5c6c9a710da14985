import type { Extensions } from '../../canonical/extensions.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { ownExtensions } from './extensions.ts'
import { ownId } from './item-ids.ts'
import type { Shelf } from './shelf.ts'

type Kind = 'output_text' | 'refusal'

interface RunningPart {
  readonly kind: Kind
  readonly place: number
  text: string
}

/** A message of the model while it is written: parts of text and refusal, in the order of their start. */
export class MessageWriter {
  readonly #shelf: Shelf
  readonly #place: number
  readonly #id: string
  /** Parts as they are whole, by their place. */
  readonly #content: JsonObject[] = []
  /** Parts that run, by canonical index. */
  readonly #running = new Map<number, RunningPart>()
  #phase: JsonObject = {}
  #closing = false
  #ended = false

  constructor(shelf: Shelf) {
    this.#shelf = shelf
    let id = ''
    this.#place = shelf.add((place) => {
      id = ownId('msg', shelf.answerId, place)
      return { id, type: 'message', status: 'in_progress', role: 'assistant', content: [] }
    })
    this.#id = id
  }

  startPart(index: number, kind: Kind): void {
    const place = this.#content.length
    this.#content.push(partOf(kind, '', {}))
    this.#running.set(index, { kind, place, text: '' })
    this.#tell('response.content_part.added', place, { part: partOf(kind, '', {}) })
  }

  say(index: number, text: string): void {
    const part = this.#running.get(index)
    if (!part || text === '') return
    part.text += text
    const probabilities = part.kind === 'output_text' ? { logprobs: [] } : {}
    this.#tell(`response.${part.kind}.delta`, part.place, { delta: text, ...probabilities })
  }

  endPart(index: number, extensions: Extensions | undefined): void {
    const part = this.#running.get(index)
    if (!part) return
    this.#running.delete(index)
    const { phase, ...own } = ownExtensions(extensions)
    if (phase !== undefined) this.#phase = { phase }
    const { kind, place, text } = part
    const whole = partOf(kind, text, own)
    this.#content[place] = whole
    for (const [at, annotation] of (Array.isArray(whole.annotations) ? whole.annotations : []).entries()) {
      if (isObject(annotation)) {
        const fields = { annotation_index: at, annotation }
        this.#tell('response.output_text.annotation.added', place, fields)
      }
    }
    const said = kind === 'refusal' ? { refusal: text } : { text, logprobs: whole.logprobs ?? [] }
    this.#tell(`response.${kind}.done`, place, said)
    this.#tell('response.content_part.done', place, { part: whole })
    if (this.#closing) this.endWhenIdle()
  }

  /** Ends the message now, or with the last of its running parts. */
  endWhenIdle(): void {
    this.#closing = true
    if (this.#running.size === 0) this.end()
  }

  /** Ends the message with all of its parts, `incomplete` where the answer ended inside it; later calls change nothing. */
  end(status: 'completed' | 'incomplete' = 'completed'): void {
    if (this.#ended) return
    this.#closing = false
    for (const index of [...this.#running.keys()]) this.endPart(index, undefined)
    this.#ended = true
    const head = { id: this.#id, type: 'message', status, role: 'assistant' }
    this.#shelf.done(this.#place, { ...head, ...this.#phase, content: this.#content })
  }

  #tell(type: string, contentIndex: number, fields: JsonObject): void {
    this.#shelf.tell(type, this.#place, { content_index: contentIndex, ...fields })
  }
}

function partOf(kind: Kind, text: string, own: JsonObject): JsonObject {
  if (kind === 'refusal') return { type: 'refusal', refusal: text }
  return { annotations: [], logprobs: [], ...own, type: 'output_text', text }
}
