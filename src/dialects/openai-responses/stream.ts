/*
 * Reading a Responses stream.
 *
 * The answer is told item by item: an item is added at its place in the output, grows by deltas and is done; items may overlap. The answer is
 * whole with `response.completed` or `response.incomplete`, which repeat all of it; what had not been told until then is told there. A
 * `[DONE]` after it is a courtesy of some hosts. Events of the provider's own tools say how far these are, and mean nothing to the answer.
 */
import type { StreamEvent } from '../../canonical/stream-event.ts'
import { isObject, type JsonObject, type JsonValue, parseJson } from '../../lib/json.ts'
import type { SseEvent } from '../../lib/sse.ts'
import type { StreamDecoder } from '../dialect.ts'
import { CarriedCalls } from './carried-seal.ts'
import { errorOfEvent } from './error.ts'
import { decodeFinish } from './finish.ts'
import { readerOf } from './item-reader.ts'
import { decodeHead } from './response.ts'
import type { ItemReader } from './stream-blocks.ts'
import { decodeUsage } from './usage.ts'

/** A fresh decoder for one upstream stream. */
export function streamDecoder(): StreamDecoder {
  return new ResponsesStreamDecoder()
}

class ResponsesStreamDecoder implements StreamDecoder {
  malformed = 0
  #out: StreamEvent[] = []
  /** Readers of items by their place in the output. */
  readonly #items = new Map<number, ItemReader>()
  /** Places by the ids of items, for hosts that leave the place out. */
  readonly #places = new Map<string, number>()
  readonly #carried = new CarriedCalls()
  #blocks = 0
  #started = false
  #finished = false
  #failed = false

  push(event: SseEvent): readonly StreamEvent[] {
    if (this.#failed || event.data === '' || event.data.trim() === '[DONE]') return []
    const data = parseJson(event.data)
    if (!isObject(data)) {
      this.malformed += 1
      return []
    }
    const type = typeOf(event, data)
    const error = errorOfEvent(type, data)
    if (error) {
      this.#failed = true
      this.#out.push({ type: 'error', error })
    } else if (!this.#finished) {
      this.#take(type, data)
    }
    return this.#flush()
  }

  end(): readonly StreamEvent[] {
    if (!this.#failed && !this.#finished) this.#closeAll()
    return this.#flush()
  }

  #take(type: string, data: JsonObject): void {
    switch (type) {
      case 'response.created':
      case 'response.in_progress':
      case 'response.queued':
        if (isObject(data.response)) this.#start(data.response)
        return
      case 'response.completed':
      case 'response.incomplete':
        this.#end(isObject(data.response) ? data.response : {}, type)
        return
      case 'response.output_item.added':
        if (isObject(data.item)) this.#add(data.item, this.#placeOf(data, data.item))
        else this.malformed += 1
        return
      case 'response.output_item.done':
        if (isObject(data.item)) this.#done(data.item, this.#placeOf(data, data.item))
        else this.malformed += 1
        return
      default:
        this.#step(type, data)
    }
  }

  #start(response: JsonObject): void {
    if (this.#started) return
    this.#started = true
    this.#out.push({ type: 'message-start', ...decodeHead(response) })
  }

  /** Where an item stands, from the event or, failing that, from its id; otherwise it is the last one. */
  #placeOf({ output_index: place, item_id: id }: JsonObject, item: JsonObject = {}): number {
    if (typeof place === 'number') return place
    const known = [id, item.id].map((name) => (typeof name === 'string' ? this.#places.get(name) : undefined))
    return (
      known.find((each) => each !== undefined) ?? (item.type === undefined ? this.#items.size - 1 : this.#items.size)
    )
  }

  #add(item: JsonObject, place: number): ItemReader {
    this.#start({})
    const blocks = { out: this.#out, takeIndex: () => this.#blocks++, carried: this.#carried }
    const reader = readerOf(item, blocks)
    this.#items.get(place)?.close()
    this.#items.set(place, reader)
    if (typeof item.id === 'string') this.#places.set(item.id, place)
    return reader
  }

  #done(item: JsonObject, place: number): void {
    const reader = this.#items.get(place) ?? this.#add(item, place)
    reader.done(item)
  }

  /** A step of an item. A text whose item was never announced is still a text. */
  #step(type: string, data: JsonObject): void {
    const place = this.#placeOf(data)
    const known = this.#items.get(place)
    if (known) known.step(type, data)
    else if (type === 'response.output_text.delta' || type === 'response.refusal.delta') {
      this.#add({ type: 'message', id: data.item_id ?? null }, Math.max(0, place)).step(type, data)
    }
  }

  #end(response: JsonObject, type: string): void {
    this.#start(response)
    const output: JsonValue[] = Array.isArray(response.output) ? response.output : []
    output.forEach((item, place) => {
      if (!isObject(item)) return
      const reader = this.#items.get(place)
      if (!reader || reader.type === item.type) this.#done(item, place)
    })
    this.#closeAll()
    this.#finished = true
    if (isObject(response.usage)) this.#out.push({ type: 'usage', usage: decodeUsage(response.usage, response) })
    // The event says more surely than the status that it repeats; and what was told counts, where the output is not repeated.
    const status = type === 'response.incomplete' ? 'incomplete' : 'completed'
    const told = output.length > 0 ? output : [...this.#items.values()].map((reader) => ({ type: reader.type }))
    this.#out.push({ type: 'message-end', ...decodeFinish({ ...response, status, output: told }) })
  }

  #closeAll(): void {
    for (const reader of this.#items.values()) reader.close()
  }

  #flush(): readonly StreamEvent[] {
    return this.#out.splice(0)
  }
}

/** The type stands in the data; some hosts have it in the event's name alone. */
export function typeOf(event: SseEvent, data: JsonObject): string {
  if (event.event === 'error') return 'error'
  return typeof data.type === 'string' ? data.type : event.event
}
