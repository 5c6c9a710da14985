/*
 * The messages of a caller.
 *
 * Before there were tools this format had functions: an assistant's `function_call` without an id, answered by a message of
 * role `function` with the function's name. They become tool calls and results; the id is made from the name and
 * the number of the call, and an answer belongs to the last call of its name.
 */
import type { OpaquePart, Part, ToolResultPart } from '../../canonical/content.ts'
import type { Message } from '../../canonical/request.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { decodeMark } from './cache-mark.ts'
import { decodeContent, ownPart } from './content.ts'
import { asObject, invalid, optionalString, pathOf, requiredString } from './fields.ts'
import { decodeReasoning } from './reasoning.ts'
import { decodeCallerToolCalls, decodeLegacyCall } from './tool-calls.ts'

/** Reads `messages`. Throws GatewayError `invalid_request` with the path of what is wrong. */
export function decodeMessages(value: JsonValue | undefined): Message[] {
  if (!Array.isArray(value) || value.length === 0) throw invalid('messages', 'must be a list of at least one message.')
  const functions = new FunctionIds()
  return value.map((entry, at) => {
    const path = `messages[${at}]`
    const message = asObject(entry, path)
    return marked(decodeMessage(message, path, functions), message, path)
  })
}

function decodeMessage(message: JsonObject, path: string, functions: FunctionIds): Message {
  const role = requiredString(message, 'role', path)
  switch (role) {
    case 'system':
    case 'developer':
      return named('system', decodeContent(message, path), message, path)
    case 'user':
      return named('user', decodeContent(message, path), message, path)
    case 'assistant':
      return named('assistant', assistantParts(message, path, functions), message, path)
    case 'tool':
      return toolResult(message, requiredString(message, 'tool_call_id', path), path)
    case 'function':
      return toolResult(message, functions.answered(requiredString(message, 'name', path)), path)
    default:
      throw invalid(
        pathOf(path, 'role'),
        `"${role}" is no role; use system, developer, user, assistant, tool or function.`,
      )
  }
}

function named(role: Message['role'], content: Part[], message: JsonObject, path: string): Message {
  const name = optionalString(message, 'name', path)
  return name === undefined ? { role, content } : { role, content, name }
}

function assistantParts(message: JsonObject, path: string, functions: FunctionIds): Part[] {
  const refusal = optionalString(message, 'refusal', path)
  const name = isObject(message.function_call) ? message.function_call.name : undefined
  const legacy = decodeLegacyCall(message, path, functions.called(typeof name === 'string' ? name : ''))
  return [
    ...decodeReasoning(message),
    ...decodeContent(message, path),
    ...(refusal ? [{ type: 'refusal', text: refusal } as const] : []),
    ...(isObject(message.audio) ? [ownPart({ audio: message.audio })] : []),
    ...decodeCallerToolCalls(message, path),
    ...(legacy ? [legacy] : []),
  ]
}

function toolResult(message: JsonObject, toolCallId: string, path: string): Message {
  const content = decodeContent(message, path).map((part, at) => {
    if (isResultPart(part)) return part
    throw invalid(`${pathOf(path, 'content')}[${at}]`, `a tool result cannot hold a ${part.type}.`)
  })
  return { role: 'tool', content: [{ type: 'tool-result', toolCallId, content }] }
}

function isResultPart(part: Part): part is ToolResultPart['content'][number] {
  return part.type === 'text' || part.type === 'image' || part.type === 'file' || part.type === 'opaque'
}

/** A mark on a whole message is a mark on its last part that can bear one. */
function marked(decoded: Message, message: JsonObject, path: string): Message {
  const mark = decodeMark(message, path)
  if (mark.cacheKey === undefined && mark.cacheTtl === undefined) return decoded
  const last = decoded.content.findLastIndex(isCacheable)
  return { ...decoded, content: decoded.content.map((part, at) => (at === last ? { ...part, ...mark } : part)) }
}

function isCacheable(part: Part): boolean {
  return part.type !== 'audio' && part.type !== 'reasoning' && part.type !== 'refusal' && !isOpaque(part)
}

function isOpaque(part: Part): part is OpaquePart {
  return part.type === 'opaque'
}

/** Ids for calls of the time when calls had none. */
class FunctionIds {
  /** The id of the last call of each name; null while there is none. */
  #last: Map<string, string> | null = null
  #calls = 0

  called(name: string): string {
    if (name === '') return ''
    this.#calls += 1
    const id = `call_${this.#calls}_${name}`
    this.#last ??= new Map()
    this.#last.set(name, id)
    return id
  }

  answered(name: string): string {
    return this.#last?.get(name) ?? this.called(name)
  }
}
