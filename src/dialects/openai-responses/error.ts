import type { StreamError } from '../../canonical/stream-event.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { sseText } from '../../lib/sse.ts'
import { encodeError, errorIn as errorInChat } from '../openai-chat/error.ts'
import { decodeUsage } from './usage.ts'

/*
 * Errors. The reply of a failed call is the same as in Chat Completions; an answer that failed on its way says so in its status, and a stream in an event
 * of its own, whose words stand at its top level.
 */

/** The error in an answer, or in any value that holds one; null when it tells of none. */
export function errorIn(value: JsonObject): StreamError | null {
  const said = errorInChat(value)
  const failed = said ?? (value.status === 'failed' ? { message: 'The provider failed and gave no reason.' } : null)
  if (!failed) return null
  const { usage: _, ...error } = failed
  return { ...error, ...(isObject(value.usage) ? { usage: decodeUsage(value.usage, value) } : {}) }
}

/** The error that an event tells; null for every other event. `type` is the event's type. */
export function errorOfEvent(type: string, data: JsonObject): StreamError | null {
  if (type === 'response.failed') {
    const response = isObject(data.response) ? data.response : data
    return errorIn({ ...response, status: 'failed' })
  }
  if (type !== 'error') return type === '' ? errorIn(data) : null
  return errorIn({ error: isObject(data.error) || typeof data.error === 'string' ? data.error : wordsOf(data) })
}

/** The words of an error event; its type and number are the event's. */
function wordsOf({ type: _, sequence_number: __, ...words }: JsonObject): JsonObject {
  return Object.keys(words).length > 0 ? words : { message: '' }
}

/**
 * Our error as the last event of a stream. Its words stand at the top, as OpenAI writes them, and again in `error`, where several SDKs look for
 * them. The event's number is not known here.
 */
export function encodeStreamError(error: GatewayError): string {
  const envelope = encodeError(error)
  const { message = '', code = null, param = null } = isObject(envelope.error) ? envelope.error : {}
  const event = { type: 'error', sequence_number: 0, code, message, param, ...envelope }
  return sseText(JSON.stringify(event), 'error')
}
