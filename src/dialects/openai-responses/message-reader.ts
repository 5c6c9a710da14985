import type { StreamEvent } from '../../canonical/stream-event.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { textExtensions } from './response.ts'
import type { Blocks, ItemReader } from './stream-blocks.ts'

type Kind = 'text' | 'refusal'

interface RunningPart {
  readonly kind: Kind
  readonly index: number
  /** How many characters were told. */
  told: number
  /** What is known of it beside its text. */
  whole: JsonObject
  ended: boolean
}

/** A message: each of its parts is a block. */
export class MessageReader implements ItemReader {
  readonly type = 'message'
  readonly #out: StreamEvent[]
  readonly #takeIndex: () => number
  readonly #parts = new Map<JsonValue, RunningPart>()
  #item: JsonObject

  constructor(item: JsonObject, { out, takeIndex }: Blocks) {
    this.#item = item
    this.#out = out
    this.#takeIndex = takeIndex
    // A host that announces the message with its content means it to be told.
    for (const [place, part] of partsOf(item)) this.#tell(place, part)
  }

  step(type: string, data: JsonObject): void {
    const place = data.content_index ?? 0
    switch (type) {
      case 'response.content_part.added':
      case 'response.content_part.done':
        if (isObject(data.part)) this.#tell(place, data.part)
        return
      case 'response.output_text.delta':
        this.#say(this.#part(place, 'text'), data.delta)
        return
      case 'response.refusal.delta':
        this.#say(this.#part(place, 'refusal'), data.delta)
        return
      case 'response.output_text.done':
        this.#tell(place, { type: 'output_text', text: data.text ?? '' })
        return
      case 'response.refusal.done':
        this.#tell(place, { type: 'refusal', refusal: data.refusal ?? '' })
        return
      case 'response.output_text.annotation.added':
        this.#annotate(this.#part(place, 'text'), data.annotation)
    }
  }

  done(item: JsonObject): void {
    this.#item = item
    // vLLM counts the parts of a stream differently than those of the whole item; their order is the same.
    const places = [...this.#parts.keys()].sort((left, right) => Number(left) - Number(right))
    for (const [at, part] of partsOf(item)) this.#tell(places[at] ?? at, part)
    this.close()
  }

  close(): void {
    for (const part of this.#parts.values()) {
      if (part.ended) continue
      part.ended = true
      if (part.kind === 'refusal') this.#out.push({ type: 'refusal-end', index: part.index })
      else this.#out.push({ type: 'text-end', index: part.index, ...textExtensions(part.whole, this.#item) })
    }
  }

  /** A part as it is now: the rest of its text, and what else it says. */
  #tell(place: JsonValue, whole: JsonObject): void {
    const kind = typeof whole.refusal === 'string' ? 'refusal' : 'text'
    const text = kind === 'refusal' ? whole.refusal : whole.text
    if (typeof text !== 'string') return
    const part = this.#part(place, kind)
    this.#say(part, text.slice(part.told))
    part.whole = { ...part.whole, ...whole, annotations: longer(part.whole.annotations, whole.annotations) }
  }

  #part(place: JsonValue, kind: Kind): RunningPart {
    const known = this.#parts.get(place)
    if (known) return known
    const part = { kind, index: this.#takeIndex(), told: 0, whole: {}, ended: false }
    this.#parts.set(place, part)
    this.#out.push({ type: `${kind}-start`, index: part.index })
    return part
  }

  #say(part: RunningPart, text: JsonValue | undefined): void {
    if (typeof text !== 'string' || text === '' || part.ended) return
    part.told += text.length
    this.#out.push({ type: `${part.kind}-delta`, index: part.index, text })
  }

  #annotate(part: RunningPart, annotation: JsonValue | undefined): void {
    if (annotation === undefined) return
    const { annotations } = part.whole
    part.whole = { ...part.whole, annotations: [...(Array.isArray(annotations) ? annotations : []), annotation] }
  }
}

function partsOf({ content }: JsonObject): [number, JsonObject][] {
  if (!Array.isArray(content)) return []
  return content.flatMap((part, place): [number, JsonObject][] => (isObject(part) ? [[place, part]] : []))
}

/** Hosts that tell citations one by one repeat them in the whole part, or do not. */
function longer(left: JsonValue | undefined, right: JsonValue | undefined): JsonValue[] {
  const [first, second] = [left, right].map((list) => (Array.isArray(list) ? list : []))
  return (second?.length ?? 0) >= (first?.length ?? 0) ? (second ?? []) : (first ?? [])
}
