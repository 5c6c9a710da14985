/*
 * The canonical conversation as Gemini's `systemInstruction` and `contents`.
 *
 * Gemini's rules: the system prompt stands apart and is text; a turn with function calls is followed by one with exactly their results, which name
 * the functions; neighbouring turns of the model are one turn; the conversation begins with the user. From Gemini 3 on the first call of a turn must
 * carry its thought signature. One that another vendor made has none: Google documents a word that stands for it
 * (https://ai.google.dev/gemini-api/docs/thought-signatures#faqs).
 *
 * Instructions in the middle of a conversation stay where they are, as a marked text of the user's: hoisting them would change their
 * meaning and void the provider's prompt cache from there on.
 */
import { type Part, type ToolResultPart, textOf } from '../../canonical/content.ts'
import type { Message } from '../../canonical/request.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import type { Drop } from '../own-extensions.ts'
import { wireCallId } from './call-ids.ts'
import { carried, encodePart } from './encode-content.ts'
import { FOREIGN_CALL_SIGNATURE, reportForeign } from './extensions.ts'
import { generationOf } from './generation.ts'
import { toWireName } from './tool-names.ts'
import { encodeResultMedia, encodeSaid } from './tool-results.ts'

/** What stands in for the user's side where a conversation has none before the model speaks. */
export const OPENING_TURN = '(The conversation begins.)'

/** A conversation in Gemini's words. */
export interface WireConversation {
  readonly systemInstruction?: JsonObject
  readonly contents: JsonObject[]
}

interface Turn {
  readonly kind: 'user' | 'model' | 'results'
  readonly parts: JsonObject[]
}

/** Writes a conversation for a model; what Gemini cannot say is dropped by its path. */
export function encodeContents(messages: readonly Message[], model: string, drop: Drop): WireConversation {
  const firstTurn = messages.findIndex((message) => message.role !== 'system')
  const leading = firstTurn === -1 ? messages.length : firstTurn
  const system = messages.slice(0, leading).flatMap((message, at) => systemParts(message, `messages[${at}]`, drop))
  const writer = new TurnWriter(model, drop)
  messages.forEach((message, at) => {
    if (at >= leading) writer.add(message, `messages[${at}]`)
  })
  return {
    ...(system.length === 0 ? {} : { systemInstruction: { parts: system } }),
    contents: writer.contents(),
  }
}

/** The system prompt takes text alone. */
function systemParts(message: Message, path: string, drop: Drop): JsonObject[] {
  if (message.name !== undefined) drop(`${path}.name`)
  return message.content.flatMap((part, at) => {
    const place = `${path}.content[${at}]`
    const written = part.type === 'text' ? encodePart(part, place, drop) : null
    if (part.type !== 'text') drop(place)
    return written ? [written] : []
  })
}

class TurnWriter {
  readonly #turns: Turn[] = []
  readonly #drop: Drop
  readonly #generation: ReturnType<typeof generationOf>
  /** What was called under which id, and as the how manieth call. */
  readonly #calls = new Map<string, { readonly name: string; readonly order: number }>()
  #callCount = 0
  /** Results of the running turn by their call; media that must follow them. */
  #results: { readonly order: number; readonly part: JsonObject }[] = []
  #shown: JsonObject[] = []

  constructor(model: string, drop: Drop) {
    this.#drop = drop
    this.#generation = generationOf(model)
  }

  add(message: Message, path: string): void {
    if (message.name !== undefined) this.#drop(`${path}.name`)
    message.content.forEach((part, at) => {
      if (part.type === 'tool-result') this.#addResult(part, `${path}.content[${at}]`)
    })
    const others = message.content.some((part) => part.type !== 'tool-result')
    if (!others && message.content.length > 0) return
    this.#endResults()
    if (message.role === 'system') this.#addInstruction(message, path)
    else this.#addParts(message.role === 'assistant' ? 'model' : 'user', message.content, path)
  }

  contents(): JsonObject[] {
    this.#endResults()
    if (this.#turns[0]?.kind !== 'user') this.#turns.unshift({ kind: 'user', parts: [{ text: OPENING_TURN }] })
    return this.#turns.map(({ kind, parts }) => {
      if (kind === 'model' && this.#generation.sealedCalls) sealFirstCall(parts)
      return { role: kind === 'model' ? 'model' : 'user', parts }
    })
  }

  #addParts(kind: 'user' | 'model', content: readonly Part[], path: string): void {
    content.forEach((part, at) => {
      if (part.type === 'tool-result') return
      const written = encodePart(part, `${path}.content[${at}]`, this.#drop)
      if (!written) return
      if (part.type === 'tool-call') {
        this.#callCount += 1
        this.#calls.set(part.id, { name: part.name, order: this.#callCount })
      }
      this.#turn(kind).parts.push(written)
    })
  }

  /** Google cannot know which of two calls of one name a result belongs to, unless it has the id or the order: it gets both. */
  #addResult(part: ToolResultPart, path: string): void {
    reportForeign(part.extensions, `${path}.`, this.#drop)
    const id = wireCallId(part.toolCallId)
    const { name, order } = this.#calls.get(part.toolCallId) ?? { name: 'unknown', order: Number.MAX_SAFE_INTEGER }
    const media = encodeResultMedia(part, path, this.#drop)
    const inside = this.#generation.mediaResults
    const functionResponse: JsonObject = {
      ...(id === undefined ? {} : { id }),
      name: toWireName(name),
      response: encodeSaid(part),
      ...(inside && media.length > 0 ? { parts: media } : {}),
    }
    this.#results.push({ order, part: { functionResponse, ...carried(part) } })
    if (!inside && media.length > 0) this.#shown.push({ text: `Result of the function ${name}:` }, ...media)
  }

  #endResults(): void {
    if (this.#results.length === 0) return
    const parts = this.#results.sort((left, right) => left.order - right.order).map(({ part }) => part)
    this.#turns.push({ kind: 'results', parts })
    if (this.#shown.length > 0) this.#turns.push({ kind: 'user', parts: this.#shown })
    this.#results = []
    this.#shown = []
  }

  #addInstruction(message: Message, path: string): void {
    message.content.forEach((part, at) => {
      if (part.type !== 'text') this.#drop(`${path}.content[${at}]`)
    })
    const text = textOf(message.content)
    if (text.trim() !== '') this.#turn('user').parts.push({ text: `<system-note>\n${text}\n</system-note>` })
  }

  /** The last turn when it is of this kind, else a new one. */
  #turn(kind: 'user' | 'model'): Turn {
    const last = this.#turns.at(-1)
    if (last?.kind === kind) return last
    const turn: Turn = { kind, parts: [] }
    this.#turns.push(turn)
    return turn
  }
}

function sealFirstCall(parts: JsonObject[]): void {
  const first = parts.find((part) => isObject(part.functionCall))
  if (first && first.thoughtSignature === undefined) first.thoughtSignature = FOREIGN_CALL_SIGNATURE
}
