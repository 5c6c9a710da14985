/*
 * The input of a caller: a text, or a list of items.
 *
 * An item is a message, or one thing that the model did: reasoning, a call, a search of the provider's. Neighbouring items of the model are one
 * turn of the assistant, in their order. Each output of a tool is a message of its own. Items that only this format knows stay as they are,
 * in the turn of whoever they are from.
 */
import type { Part, ToolResultPart } from '../../canonical/content.ts'
import type { Message, Role } from '../../canonical/request.ts'
import type { JsonObject } from '../../lib/json.ts'
import { asObject, invalid, optionalString, pathOf, requiredString } from '../openai-chat/fields.ts'
import { decodeMark } from './cache-mark.ts'
import { CarriedCalls } from './carried-seal.ts'
import { decodeContent } from './content.ts'
import { asExtensions, ownPart } from './extensions.ts'
import { decodeCall } from './items.ts'
import { decodeCallerReasoning } from './reasoning.ts'
import { refusedReference } from './state.ts'

/** The instructions and the input of a request, in the order the model reads them. Throws GatewayError with the path of what is wrong. */
export function decodeInput(body: JsonObject): Message[] {
  const instructions = optionalString(body, 'instructions')
  const messages: Message[] = []
  if (instructions) messages.push({ role: 'system', content: [{ type: 'text', text: instructions }] })
  const input = body.input ?? undefined
  if (typeof input === 'string') return [...messages, { role: 'user', content: [{ type: 'text', text: input }] }]
  if (!Array.isArray(input)) throw invalid('input', 'must be a text or a list of items.')
  const conversation = new Conversation(messages)
  input.forEach((item, at) => {
    conversation.add(asObject(item, `input[${at}]`), `input[${at}]`)
  })
  if (messages.length === 0) throw invalid('input', 'is empty; it needs at least one item.')
  return messages
}

class Conversation {
  readonly #messages: Message[]
  readonly #carried = new CarriedCalls()
  /** Ids of calls that only this format knows, such as a search of tools. */
  readonly #ownCalls = new Set<unknown>()

  constructor(messages: Message[]) {
    this.#messages = messages
  }

  add(item: JsonObject, path: string): void {
    const type = optionalString(item, 'type', path) ?? 'message'
    switch (type) {
      case 'message':
        this.#message(item, path)
        return
      case 'reasoning':
        if (!this.#carried.take(item)) this.#turn([decodeCallerReasoning(item)])
        return
      case 'function_call':
        this.#turn([this.#call(item, path)])
        return
      case 'function_call_output':
        this.#output(item, path)
        return
      case 'item_reference':
        throw refusedReference(path)
      default:
        this.#opaque(item, type)
    }
  }

  #message(item: JsonObject, path: string): void {
    const role = roleOf(requiredString(item, 'role', path), path)
    const content = marked(decodeContent(item.content, pathOf(path, 'content')), item, path)
    if (role === 'assistant') this.#turn(withPhase(content, optionalString(item, 'phase', path)))
    else this.#messages.push({ role, content })
  }

  #call(item: JsonObject, path: string): Part {
    const id = requiredString(item, 'call_id', path)
    requiredString(item, 'name', path)
    const part = decodeCall(item)
    if (part.type === 'opaque') throw invalid(pathOf(path, 'name'), 'and call_id must not be empty.')
    return { ...part, ...decodeMark(item, path), ...this.#carried.sealed(id, part.extensions) }
  }

  /** What answers a call that only this format knows goes the way of the call: elsewhere it would answer nothing. */
  #output(item: JsonObject, path: string): void {
    const output = decodeOutput(item, path)
    this.#messages.push({ role: 'tool', content: [this.#ownCalls.has(output.toolCallId) ? ownPart(item) : output] })
  }

  #opaque(item: JsonObject, type: string): void {
    const part = ownPart(item)
    this.#ownCalls.add(item.call_id)
    const role = item.role === 'developer' || item.role === 'system' ? 'system' : null
    if (role) this.#messages.push({ role, content: [part] })
    else if (CALLERS_ITEM.test(type)) this.#messages.push({ role: 'tool', content: [part] })
    else this.#turn([part])
  }

  /** Goes on with the assistant's turn, or begins one. */
  #turn(parts: readonly Part[]): void {
    const last = this.#messages.at(-1)
    if (last?.role !== 'assistant') this.#messages.push({ role: 'assistant', content: parts })
    else this.#messages[this.#messages.length - 1] = { role: 'assistant', content: [...last.content, ...parts] }
  }
}

/** Items with which a caller answers the model. */
const CALLERS_ITEM = /_(?:output|response)$/

function roleOf(role: string, path: string): Exclude<Role, 'tool'> {
  if (role === 'developer') return 'system'
  if (role === 'system' || role === 'user' || role === 'assistant') return role
  throw invalid(pathOf(path, 'role'), `"${role}" is no role; use user, assistant, system or developer.`)
}

/** The phase of a message (commentary, or the final answer) is that of each of its texts. */
function withPhase(content: readonly Part[], phase: string | undefined): readonly Part[] {
  if (phase === undefined) return content
  return content.map((part) => {
    if (part.type !== 'text') return part
    const own = part.extensions?.['openai-responses']
    return { ...part, ...asExtensions({ ...own, phase }) }
  })
}

function decodeOutput(item: JsonObject, path: string): ToolResultPart {
  const at = pathOf(path, 'output')
  const content = decodeContent(item.output, at).map((part, index): ToolResultPart['content'][number] => {
    if (part.type === 'text' || part.type === 'image' || part.type === 'file' || part.type === 'opaque') return part
    throw invalid(`${at}[${index}]`, `a tool's output cannot hold a ${part.type}.`)
  })
  return { type: 'tool-result', toolCallId: requiredString(item, 'call_id', path), content, ...decodeMark(item, path) }
}

/** A mark on a whole message is a mark on its last part that can bear one. */
function marked(parts: readonly Part[], item: JsonObject, path: string): readonly Part[] {
  const mark = decodeMark(item, path)
  if (mark.cacheKey === undefined) return parts
  const last = parts.findLastIndex((part) => part.type === 'text' || part.type === 'image' || part.type === 'file')
  return parts.map((part, at) => (at === last ? ({ ...part, ...mark } as Part) : part))
}
