import type { StreamError } from '../../canonical/stream-event.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { type SseEvent, sseText } from '../../lib/sse.ts'
import { decodeError as decodeReply, errorOfEvent } from '../openai-chat/error.ts'
import { failureIn } from './finish-reason.ts'
import { decodeUsage } from './usage.ts'

/** The provider's error reply: Cohere's is `{ id, message }`; what stands between may write anything. Never throws. */
export function decodeError(status: number, body: string): StreamError {
  const { usage, ...said } = decodeReply(status, body)
  return usage && isObject(usage.raw) ? { ...said, usage: decodeUsage(usage.raw) } : said
}

/** The error that one event of a stream tells; null when it tells of none. The end of a message may tell of a failure too. */
export function errorIn(event: SseEvent, data: JsonValue | undefined): StreamError | null {
  if (event.event === 'error') return errorOfEvent(event.data)
  if (!isObject(data)) return null
  if (data.type === 'message-end' && isObject(data.delta)) return failureOf(data.delta)
  const isOurs = data.type === 'error'
  const nameless = data.type === undefined && (typeof data.message === 'string' || data.error !== undefined)
  return isOurs || nameless ? errorOfEvent(event.data) : null
}

/** The failure in the end of a stream or in a whole answer, with what was counted until then. */
export function failureOf(said: JsonObject): StreamError | null {
  const failure = failureIn(said)
  return failure && isObject(said.usage) ? { ...failure, usage: decodeUsage(said.usage) } : failure
}

/** Our error in Cohere's envelope, with our code beside the message. */
export function encodeError(error: GatewayError): JsonObject {
  return {
    message: error.message,
    code: error.code,
    ...(error.param === undefined ? {} : { param: error.param }),
    ...(error.details === undefined ? {} : { details: error.details }),
  }
}

/** Our error as the last event of a stream. */
export function encodeStreamError(error: GatewayError): string {
  const data: JsonObject = { type: 'error', ...encodeError(error) }
  return sseText(JSON.stringify(data), 'error')
}
