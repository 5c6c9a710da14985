import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { Quirks } from '../dialect.ts'
import { DEFAULT_MAX_STOPS } from './request.ts'
import { isShortId } from './short-ids.ts'

/** Fields of an assistant message that hold reasoning of earlier turns. */
const REASONING_FIELDS = ['reasoning_content', 'reasoning', 'reasoning_details'] as const

/** Whether something in a caller's body must change that edits of top-level fields cannot reach, or that the encoder refuses by name. */
export function needsRewriting(body: JsonObject, quirks: Quirks): boolean {
  if (Array.isArray(body.stop) && body.stop.length > (quirks.maxStops ?? DEFAULT_MAX_STOPS)) return true
  // It becomes another field, which only the encoder knows how to write.
  if (isObject(body.reasoning) && quirks.rejects?.includes('reasoning')) return true
  if (quirks.prefixFlag && lacksPrefix(body.messages)) return true
  return anyOf(body.messages, (message) => isForeign(message, quirks)) || anyOf(body.tools, hasKey)
}

/** Whether a message says something that this host must not see. */
function isForeign(message: JsonObject, quirks: Quirks): boolean {
  if (message.role === 'developer' && !quirks.developerRole) return true
  if (hasKey(message) || anyOf(message.content, hasKey) || anyOf(message.tool_calls, hasKey)) return true
  if (!quirks.extraContent && anyOf(message.tool_calls, hasExtraContent)) return true
  if (quirks.messageNames === false && message.role !== 'tool' && !isNothing(message.name)) return true
  if (quirks.nineLetterIds && hasLongId(message)) return true
  if (anyOf(message.content, (part) => isForeignPart(part, quirks))) return true
  return REASONING_FIELDS.some((field) => !isNothing(message[field]) && !takesField(field, quirks))
}

/** Whether a content part is written in a way that the host does not know. */
function isForeignPart(part: JsonObject, quirks: Quirks): boolean {
  switch (part.type) {
    case 'thinking':
      return quirks.reasoningField !== 'thinking'
    case 'document_url':
      return !quirks.documentUrls
    case 'file':
      return quirks.documentUrls === true && isObject(part.file)
    default:
      return false
  }
}

function hasLongId(message: JsonObject): boolean {
  if (typeof message.tool_call_id === 'string' && !isShortId(message.tool_call_id)) return true
  return anyOf(message.tool_calls, ({ id }) => typeof id === 'string' && !isShortId(id))
}

/** Whether the answer is to continue a message that does not say so. */
function lacksPrefix(messages: JsonValue | undefined): boolean {
  const last = Array.isArray(messages) ? messages.at(-1) : undefined
  if (!isObject(last) || last.role !== 'assistant') return false
  return last.prefix !== true && !(Array.isArray(last.tool_calls) && last.tool_calls.length > 0)
}

function takesField(field: string, quirks: Quirks): boolean {
  return quirks.reasoningField === 'reasoning_details' || quirks.reasoningField === field
}

function isNothing(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || value === ''
}

function hasKey(value: JsonObject): boolean {
  return Object.hasOwn(value, 'cache_key')
}

function hasExtraContent(call: JsonObject): boolean {
  return Object.hasOwn(call, 'extra_content')
}

/** Whether one of the objects in a list is so; asked of every message, it makes no lists of its own. */
function anyOf(value: JsonValue | undefined, isSo: (item: JsonObject) => boolean): boolean {
  return Array.isArray(value) && value.some((item) => isObject(item) && isSo(item))
}
