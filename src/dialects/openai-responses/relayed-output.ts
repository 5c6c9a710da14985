import type { CutReason } from '../../canonical/response.ts'
import type { Usage } from '../../canonical/usage.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { sseText } from '../../lib/sse.ts'
import { encodeFinish } from './finish.ts'
import { responseObject } from './response-object.ts'
import { RunningText } from './running-text.ts'
import { encodeUsage } from './usage.ts'

/** A text part that runs. */
interface OpenText {
  readonly place: number
  readonly contentIndex: number
  readonly itemId: string
}

/** What a relayed answer is made of so far: its items that are done, and the text that runs. */
export class RelayedOutput {
  readonly #items = new Map<number, JsonObject>()
  readonly #done = new Set<number>()
  readonly #text = new RunningText()
  #open: OpenText | null = null
  #response: JsonObject = responseObject(
    { id: 'resp_cut', model: '', created: 0 },
    { status: 'in_progress', output: [], usage: undefined, incompleteDetails: null },
  )
  /** The number of the last event. */
  #number = -1

  /** Items in their order, done or not. */
  get items(): JsonObject[] {
    return [...this.#items].sort(([left], [right]) => left - right).map(([, item]) => item)
  }

  /** A delta that was not parsed; `piece` is where text of the answer itself stands in it. */
  grow(piece: { readonly frame: Buffer; readonly start: number; readonly end: number } | null): void {
    this.#number += 1
    if (piece && this.#open) this.#text.add(piece.frame, piece.start, piece.end)
  }

  /** An event that was parsed. */
  note(type: string, data: JsonObject): void {
    this.#number = typeof data.sequence_number === 'number' ? data.sequence_number : this.#number + 1
    const place = typeof data.output_index === 'number' ? data.output_index : this.#items.size - 1
    switch (type) {
      case 'response.created':
      case 'response.in_progress':
        if (isObject(data.response)) this.#response = data.response
        return
      case 'response.output_item.added':
        if (isObject(data.item)) this.#items.set(place, data.item)
        return
      case 'response.output_item.done':
        if (!isObject(data.item)) return
        this.#items.set(place, data.item)
        this.#done.add(place)
        if (this.#open?.place === place) this.#open = null
        return
      case 'response.content_part.added':
        this.#begin(place, data)
        return
      case 'response.content_part.done':
        this.#keep(place, data)
        return
      case 'response.output_text.delta':
        if (this.#open && typeof data.delta === 'string') this.#text.addText(data.delta)
    }
  }

  /** The events that end the answer where it is. Calls and thoughts that were not whole are not part of it. */
  cutShort(usage: Usage, why: CutReason): Buffer {
    let number = this.#number
    let text = ''
    const tell = (type: string, fields: JsonObject) => {
      number += 1
      text += sseText(JSON.stringify({ type, sequence_number: number, ...fields }), type)
    }
    const whole = new Map([...this.#items].filter(([place]) => this.#done.has(place)))
    if (this.#open) {
      const { place, contentIndex, itemId } = this.#open
      const where = { item_id: itemId, output_index: place, content_index: contentIndex }
      const part = { type: 'output_text', annotations: [], logprobs: [], text: this.#text.toString() }
      const item = withPart({ ...this.#items.get(place), status: 'incomplete' }, contentIndex, part)
      tell('response.output_text.done', { ...where, text: part.text, logprobs: [] })
      tell('response.content_part.done', { ...where, part })
      tell('response.output_item.done', { output_index: place, item })
      whole.set(place, item)
    }
    const output = [...whole].sort(([left], [right]) => left - right).map(([, item]) => item)
    const ending = encodeFinish({ finishReason: why })
    tell('response.incomplete', { response: { ...this.#response, ...ending, output, usage: encodeUsage(usage) } })
    return Buffer.from(text)
  }

  #begin(place: number, { part, content_index: index, item_id: id }: JsonObject): void {
    if (!isObject(part) || part.type !== 'output_text') return
    this.#open = {
      place,
      contentIndex: typeof index === 'number' ? index : 0,
      itemId: typeof id === 'string' ? id : '',
    }
    this.#text.clear()
  }

  #keep(place: number, { part, content_index: index }: JsonObject): void {
    const item = this.#items.get(place)
    if (!item || !isObject(part)) return
    this.#items.set(place, withPart(item, typeof index === 'number' ? index : 0, part))
    if (this.#open?.place === place) this.#open = null
  }
}

function withPart(item: JsonObject, index: number, part: JsonObject): JsonObject {
  const content = Array.isArray(item.content) ? [...item.content] : []
  content[index] = part
  return { ...item, content }
}
