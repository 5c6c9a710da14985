import type { ToolCallPart } from '../../canonical/content.ts'
import type { JsonObject } from '../../lib/json.ts'
import { ownExtensions } from './extensions.ts'
import { ownId } from './item-ids.ts'
import { argumentsText } from './items.ts'
import type { Shelf } from './shelf.ts'

/** A function call while it is written. */
export class CallWriter {
  readonly #shelf: Shelf
  readonly #place: number
  readonly #fields: JsonObject
  #arguments = ''
  #ended = false

  constructor(
    shelf: Shelf,
    call: Pick<ToolCallPart, 'id' | 'name'> & { readonly extensions: ToolCallPart['extensions'] | undefined },
  ) {
    this.#shelf = shelf
    const own = ownExtensions(call.extensions)
    let id = ''
    this.#place = shelf.add((place) => {
      id = ownId('fc', shelf.answerId, place)
      return {
        ...own,
        id,
        type: 'function_call',
        status: 'in_progress',
        arguments: '',
        call_id: call.id,
        name: call.name,
      }
    })
    this.#fields = { ...own, id, type: 'function_call', status: 'completed', call_id: call.id, name: call.name }
  }

  say(text: string): void {
    if (text === '') return
    this.#arguments += text
    this.#shelf.tell('response.function_call_arguments.delta', this.#place, { delta: text })
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    const text = argumentsText(this.#arguments)
    const done = { name: this.#fields.name ?? '', arguments: text }
    this.#shelf.tell('response.function_call_arguments.done', this.#place, done)
    this.#shelf.done(this.#place, { ...this.#fields, arguments: text })
  }
}
