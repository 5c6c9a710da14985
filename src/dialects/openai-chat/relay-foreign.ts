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
  return anyOf(body.messages, quirks, isForeign) || anyOf(body.tools, quirks, hasKey)
}

/** Whether a message says something that this host must not see. */
function isForeign(message: JsonObject, quirks: Quirks): boolean {
  const { role, content, tool_calls: calls } = message
  if (role === 'developer' && !quirks.developerRole) return true
  if (quirks.messageNames === false && role !== 'tool' && !isNothing(message.name)) return true
  if (quirks.nineLetterIds && hasLongId(message)) return true
  if (hasKey(message) || anyOf(content, quirks, isForeignPart) || anyOf(calls, quirks, isForeignCall)) return true
  return hasForeignReasoning(message, quirks)
}

/** Whether a message has reasoning of earlier turns in a field that the host does not take. */
function hasForeignReasoning(message: JsonObject, { reasoningField: taken }: Quirks): boolean {
  if (taken === 'reasoning_details') return false
  for (const field of REASONING_FIELDS) if (field !== taken && !isNothing(message[field])) return true
  return false
}

/** Whether a content part is written in a way that the host does not know. */
function isForeignPart(part: JsonObject, quirks: Quirks): boolean {
  if (hasKey(part)) return true
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
  return anyOf(message.tool_calls, null, ({ id }) => typeof id === 'string' && !isShortId(id))
}

/** Whether the answer is to continue a message that does not say so. */
function lacksPrefix(messages: JsonValue | undefined): boolean {
  const last = Array.isArray(messages) ? messages.at(-1) : undefined
  if (!isObject(last) || last.role !== 'assistant') return false
  return last.prefix !== true && !(Array.isArray(last.tool_calls) && last.tool_calls.length > 0)
}

function isNothing(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || value === ''
}

function hasKey(value: JsonObject): boolean {
  return Object.hasOwn(value, 'cache_key')
}

function isForeignCall(call: JsonObject, { extraContent }: Quirks): boolean {
  return hasKey(call) || (!extraContent && Object.hasOwn(call, 'extra_content'))
}

/** Whether one of the objects in a list is so; asked of every message, it makes no lists of its own. */
function anyOf<Told>(
  value: JsonValue | undefined,
  told: Told,
  isSo: (item: JsonObject, told: Told) => boolean,
): boolean {
  if (!Array.isArray(value)) return false
  for (const item of value) if (isObject(item) && isSo(item, told)) return true
  return false
}
