/*
 * The conversation as this format's items.
 *
 * The system prompt becomes the instructions; later ones stay where they are. A turn of the assistant becomes one item for each thing that it did, in
 * order, and its neighbouring texts one message. Reasoning goes back only where the provider can use it: sealed by this format, or as open text to a
 * host that asks for it. Ids of items are left out, because nothing is stored that they could name; what is sealed keeps its own.
 */
import type { OpaquePart, Part, ReasoningPart, ToolCallPart, ToolResultPart } from '../../canonical/content.ts'
import type { Message } from '../../canonical/request.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Quirks } from '../dialect.ts'
import { fittingId } from '../fitting-id.ts'
import type { Drop } from '../own-extensions.ts'
import { asContent, encodePart, isContentPart } from './content.ts'
import { ownBlock, ownExtensions, reportForeign } from './extensions.ts'
import { argumentsText } from './items.ts'
import { encodeOpenReasoning, encodeOwnReasoning } from './reasoning.ts'

/** The most characters that OpenAI takes in the id of a call. */
const MOST_ID = 64

/** A conversation in this format's words. */
export interface WireInput {
  readonly instructions?: string
  readonly input: JsonObject[]
}

/** Writes a conversation; what this format or the host cannot say is dropped by its path. */
export function encodeInput(messages: readonly Message[], quirks: Quirks, drop: Drop): WireInput {
  const [first] = messages
  const instructions = messages.length > 1 && first ? plainText(first) : null
  const writer = new InputWriter(quirks, drop)
  messages.forEach((message, at) => {
    if (at > 0 || instructions === null) writer.add(message, `messages[${at}]`)
  })
  return { ...(instructions === null ? {} : { instructions }), input: writer.items }
}

/** The text of a system prompt that is nothing more than one. */
function plainText({ role, content, name }: Message): string | null {
  const [only] = content
  if (role !== 'system' || name !== undefined || content.length !== 1 || only?.type !== 'text') return null
  return only.text === '' || only.extensions ? null : only.text
}

class InputWriter {
  readonly items: JsonObject[] = []
  readonly #quirks: Quirks
  readonly #drop: Drop

  constructor(quirks: Quirks, drop: Drop) {
    this.#quirks = quirks
    this.#drop = drop
  }

  add(message: Message, path: string): void {
    if (message.name !== undefined) this.#drop(`${path}.name`)
    if (message.role === 'assistant') this.#turn(message.content, path)
    else this.#speaker(message, path)
  }

  /** A system, user or tool message. Tool results and items of this format's own stand beside it, in order. */
  #speaker({ role, content }: Message, path: string): void {
    const speaker = role === 'system' ? (this.#quirks.developerRole ? 'developer' : 'system') : 'user'
    let said: JsonObject[] = []
    const flush = () => {
      if (said.length > 0) this.items.push({ type: 'message', role: speaker, content: asContent(said) })
      said = []
    }
    content.forEach((part, at) => {
      const item = this.#itemOf(part, `${path}.content[${at}]`)
      if (item) {
        flush()
        this.items.push(item)
        return
      }
      const block = encodePart(part, `${path}.content[${at}]`, this.#drop)
      if (block) said.push(block)
    })
    if (content.length === 0) this.items.push({ type: 'message', role: speaker, content: '' })
    flush()
  }

  #itemOf(part: Part, path: string): JsonObject | null {
    if (part.type === 'tool-result') return this.#result(part, path)
    return part.type === 'opaque' ? ownItem(part) : null
  }

  #result(part: ToolResultPart, path: string): JsonObject {
    reportForeign(part.extensions, `${path}.`, this.#drop)
    const blocks = part.content.flatMap((piece, at) => {
      const block = encodePart(piece, `${path}.content[${at}]`, this.#drop)
      return block ? [block] : []
    })
    // There is no field for it; the model has to read it.
    if (part.isError) blocks.unshift({ type: 'input_text', text: 'The tool failed: ' })
    const texts = blocks.every((block) => block.type === 'input_text' && Object.keys(block).length === 2)
    const output = part.isError && texts ? blocks.map(({ text }) => text).join('') : asContent(blocks)
    return { type: 'function_call_output', call_id: fittingId(part.toolCallId, MOST_ID), output }
  }

  #turn(content: readonly Part[], path: string): void {
    const message = new AssistantMessage(this.items)
    content.forEach((part, at) => {
      const place = `${path}.content[${at}]`
      if (part.type === 'text' || part.type === 'refusal') {
        const { phase, ...own } = 'extensions' in part ? ownExtensions(part.extensions) : {}
        if ('extensions' in part) reportForeign(part.extensions, `${place}.`, this.#drop)
        message.say({ ...own, ...spoken(part) }, typeof phase === 'string' ? phase : null)
        return
      }
      message.end()
      const item = this.#done(part, place)
      if (item) this.items.push(item)
      else this.#drop(place)
    })
    message.end()
  }

  /** Something that the model did, as an item; null when there is none for it. */
  #done(part: Exclude<Part, { type: 'text' | 'refusal' }>, path: string): JsonObject | null {
    switch (part.type) {
      case 'tool-call':
        return this.#call(part, path)
      case 'reasoning':
        return encodeOwnReasoning(part) ?? this.#openReasoning(part)
      case 'opaque':
        return ownItem(part)
      default:
        return null
    }
  }

  #call(part: ToolCallPart, path: string): JsonObject {
    reportForeign(part.extensions, `${path}.`, this.#drop)
    return {
      ...ownExtensions(part.extensions),
      type: 'function_call',
      call_id: fittingId(part.id, MOST_ID),
      name: part.name,
      arguments: argumentsText(part.arguments),
    }
  }

  #openReasoning({ text, origin }: ReasoningPart): JsonObject | null {
    const wanted = this.#quirks.reasoningField !== undefined && origin === undefined && text !== ''
    return wanted ? encodeOpenReasoning(text) : null
  }
}

/** Gathers neighbouring texts of one phase into one message. */
class AssistantMessage {
  readonly #items: JsonObject[]
  #parts: JsonObject[] = []
  #phase: string | null = null

  constructor(items: JsonObject[]) {
    this.#items = items
  }

  say(part: JsonObject, phase: string | null): void {
    if (phase !== this.#phase) this.end()
    this.#phase = phase
    this.#parts.push(part)
  }

  end(): void {
    const [only] = this.#parts
    const bare = only?.type === 'output_text' && Object.keys(only).length === 2 ? asContent(this.#parts) : this.#parts
    const phase = this.#phase === null ? {} : { phase: this.#phase }
    if (only) this.#items.push({ type: 'message', role: 'assistant', content: bare, ...phase })
    this.#parts = []
  }
}

function spoken(part: Extract<Part, { type: 'text' | 'refusal' }>): JsonObject {
  return part.type === 'text' ? { type: 'output_text', text: part.text } : { type: 'refusal', refusal: part.text }
}

function ownItem(part: OpaquePart): JsonObject | null {
  const block = ownBlock(part)
  return block && !isContentPart(block) ? block : null
}
