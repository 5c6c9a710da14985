/*
 * Puts an answer together item by item, and tells each step of it.
 *
 * An item is announced, grows by deltas, and is done; its place in the output is the order in which items are announced. Texts that follow one
 * another are parts of one message, which stays open until something else begins. Reasoning is announced with its first word, or with its
 * seal when it has none. At the end the answer holds every item whole.
 */
import type { StreamEvent } from '../../canonical/stream-event.ts'
import type { Usage } from '../../canonical/usage.ts'
import { systemClock } from '../../lib/clock.ts'
import type { JsonObject } from '../../lib/json.ts'
import { CallWriter } from './call-writer.ts'
import { carryCall } from './carried-seal.ts'
import { isContentPart } from './content.ts'
import { ownBlock } from './extensions.ts'
import { encodeFinish, type Finish } from './finish.ts'
import { MessageWriter } from './message-writer.ts'
import { ReasoningWriter } from './reasoning-writer.ts'
import { type Head, responseObject } from './response-object.ts'
import type { Shelf, Tell } from './shelf.ts'

type BlockEvent = Extract<StreamEvent, { readonly index: number }>
type EventOf<Type extends StreamEvent['type']> = Extract<StreamEvent, { type: Type }>

/** One answer while it is written. */
export class AnswerWriter implements Shelf {
  readonly #tell: Tell
  readonly #output: JsonObject[] = []
  readonly #reasoning = new Map<number, ReasoningWriter>()
  readonly #calls = new Map<number, CallWriter>()
  /** Which message a text block is part of. */
  readonly #texts = new Map<number, MessageWriter>()
  #message: MessageWriter | null = null
  #head: Head
  #begun = false
  #usage: Usage | undefined
  #finish: Finish | null = null

  /** `named` is how the answer is called when the upstream gives it no name. */
  constructor(named: { readonly id: string; readonly model: string }, tell: Tell) {
    this.#head = { ...named, created: Math.floor(systemClock.now() / 1000) }
    this.#tell = tell
  }

  get answerId(): string {
    return this.#head.id
  }

  push(event: StreamEvent): void {
    switch (event.type) {
      case 'message-start':
        this.#begin(event)
        return
      case 'usage':
        this.#usage = { ...this.#usage, ...event.usage }
        return
      case 'message-end':
        this.#finish = event
        return
      case 'error':
        return
      default:
        this.#begin({})
        this.#block(event)
    }
  }

  /** Ends what is open and gives the whole answer. */
  end(): JsonObject {
    this.#begin({})
    const { status, incomplete_details: incompleteDetails } = encodeFinish(this.#finish ?? { finishReason: 'stop' })
    this.#message?.end(status)
    for (const message of new Set(this.#texts.values())) message.end()
    for (const writer of [...this.#reasoning.values()]) writer.end({})
    for (const writer of [...this.#calls.values()]) writer.end()
    const response = responseObject(this.#head, { status, output: this.#output, usage: this.#usage, incompleteDetails })
    this.#tell(`response.${status}`, { response })
    return response
  }

  add(make: (place: number) => JsonObject): number {
    const place = this.#output.length
    const item = make(place)
    this.#output.push(item)
    this.#tell('response.output_item.added', { output_index: place, item })
    return place
  }

  done(place: number, item: JsonObject): void {
    this.#output[place] = item
    this.#tell('response.output_item.done', { output_index: place, item })
  }

  tell(type: string, place: number, fields: JsonObject): void {
    this.#tell(type, { item_id: this.#output[place]?.id ?? '', output_index: place, ...fields })
  }

  #begin({ id, model, created }: Partial<Head>): void {
    if (this.#begun) return
    this.#begun = true
    const { id: ownId, model: ownModel, created: now } = this.#head
    this.#head = { id: id ?? ownId, model: model ?? ownModel, created: created ?? now }
    const progress = { status: 'in_progress', output: [], usage: undefined, incompleteDetails: null } as const
    const response = responseObject(this.#head, progress)
    this.#tell('response.created', { response })
    this.#tell('response.in_progress', { response })
  }

  #block(event: BlockEvent): void {
    switch (event.type) {
      case 'text-start':
      case 'refusal-start':
        this.#startText(event)
        return
      case 'text-delta':
      case 'refusal-delta':
        this.#texts.get(event.index)?.say(event.index, event.text)
        return
      case 'text-end':
        this.#texts.get(event.index)?.endPart(event.index, event.extensions)
        return
      case 'refusal-end':
        this.#texts.get(event.index)?.endPart(event.index, undefined)
        return
      case 'reasoning-start':
        this.#somethingElse()
        this.#reasoning.set(event.index, new ReasoningWriter(this, event.origin))
        return
      case 'reasoning-delta':
        this.#reasoning.get(event.index)?.say(event.text)
        return
      case 'reasoning-end':
        this.#reasoning.get(event.index)?.end(event)
        this.#reasoning.delete(event.index)
        return
      case 'tool-call-start':
        this.#startCall(event)
        return
      case 'tool-call-delta':
        this.#calls.get(event.index)?.say(event.arguments)
        return
      case 'tool-call-end':
        this.#calls.get(event.index)?.end()
        this.#calls.delete(event.index)
        return
      case 'opaque':
        this.#opaque(event)
    }
  }

  #startText({ type, index }: EventOf<'text-start' | 'refusal-start'>): void {
    this.#message ??= new MessageWriter(this)
    this.#texts.set(index, this.#message)
    this.#message.startPart(index, type === 'text-start' ? 'output_text' : 'refusal')
  }

  #startCall({ index, id, name, extensions }: EventOf<'tool-call-start'>): void {
    this.#somethingElse()
    const carried = carryCall(id, extensions)
    if (carried !== null) new ReasoningWriter(this, undefined).seal(carried)
    this.#calls.set(index, new CallWriter(this, { id, name, extensions }))
  }

  /** Items of this format stand as they are; blocks of other formats have no place here. */
  #opaque(event: EventOf<'opaque'>): void {
    const block = ownBlock(event)
    if (!block || isContentPart(block)) return
    this.#somethingElse()
    this.done(
      this.add(() => block),
      block,
    )
  }

  /** A message ends where something else begins, as soon as its parts have ended. */
  #somethingElse(): void {
    this.#message?.endWhenIdle()
    this.#message = null
  }
}
