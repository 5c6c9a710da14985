import type { StreamError } from '../../canonical/stream-event.ts'
import type { Usage } from '../../canonical/usage.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import { isObject, type JsonObject, type JsonValue, parseJson } from '../../lib/json.ts'
import { type SseEvent, sseText } from '../../lib/sse.ts'
import { wordsIn } from '../openai-chat/error.ts'
import { decodeUsage } from './usage.ts'

const STATUS_BY_TYPE: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  conflict_error: 409,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
}

const NO_MESSAGE = 'The provider gave no message.'
/** Longest message that is taken from a provider. */
const MESSAGE_CHARACTERS = 1000
/** Longest error body that is read at all. */
const BODY_CHARACTERS = 64 * 1024

/** The error in a body or an event, in Anthropic's or a similar envelope; null when there is none. */
export function errorIn(body: JsonValue | undefined): StreamError | null {
  if (!isObject(body)) return null
  const { error } = body
  if (typeof error === 'string' && error !== '') return { message: clean(error) }
  if (!isObject(error)) return body.type === 'error' ? { message: messageOf(body) } : null
  const code = [error.type, error.code].find((each) => typeof each === 'string' && each !== '')
  const status = typeof code === 'string' && Object.hasOwn(STATUS_BY_TYPE, code) ? STATUS_BY_TYPE[code] : undefined
  return {
    message: messageOf(error),
    ...(typeof code === 'string' ? { code: code.slice(0, 100) } : {}),
    ...(status === undefined ? {} : { status }),
    ...usageIn(body),
  }
}

/** What a failed reply says was used: it may be charged for. */
function usageIn(body: JsonObject): { readonly usage?: Usage } {
  return isObject(body.usage) ? { usage: decodeUsage(body.usage) } : {}
}

/** The error in an event of a stream: in one named `error` whatever it holds, in any other only an error's envelope. */
export function errorOfEvent(event: SseEvent, data: JsonValue | undefined): StreamError | null {
  const named = event.event === 'error'
  const nameless = isObject(data) && (data.type === 'error' || data.type === undefined)
  const error = named || nameless ? errorIn(data) : null
  return error ?? (named ? { message: clean(event.data) } : null)
}

/** The provider's error reply, whatever it is. Its own status stands; a page or nothing at all gets a sentence of ours. */
export function decodeError(status: number, body: string): StreamError {
  const parsed = body.length <= BODY_CHARACTERS ? parseJson(body) : undefined
  const error = errorIn(parsed)
  if (error && error.message !== NO_MESSAGE) return { ...error, status }
  // Something else may stand before the provider, and speak for itself.
  const said = body.length <= BODY_CHARACTERS ? wordsIn(body) : null
  const usage = isObject(parsed) ? usageIn(parsed) : {}
  if (said) return { ...error, ...said, message: clean(said.message), ...usage, status }
  if (isObject(parsed)) return { message: NO_MESSAGE, ...error, ...usage, status }
  const what = body.trim() === '' ? 'an empty body' : 'a body that is not JSON'
  return { message: `The provider answered with status ${status} and ${what}.`, status }
}

/** Our error in Anthropic's envelope, with our code beside Anthropic's type. */
export function encodeError(error: GatewayError): JsonObject {
  return {
    type: 'error',
    error: {
      type: typeOf(error.status),
      message: error.message,
      code: error.code,
      ...(error.param === undefined ? {} : { param: error.param }),
      ...(error.details === undefined ? {} : { details: error.details }),
    },
  }
}

/** Our error as the last event of a stream. */
export function encodeStreamError(error: GatewayError): string {
  return sseText(JSON.stringify(encodeError(error)), 'error')
}

function typeOf(status: number): string {
  if (status === 503) return 'overloaded_error'
  const type = Object.keys(STATUS_BY_TYPE).find((each) => STATUS_BY_TYPE[each] === status)
  return type ?? (status < 500 ? 'invalid_request_error' : 'api_error')
}

function messageOf(source: JsonObject): string {
  const message = [source.message, source.detail].find((each) => typeof each === 'string' && each !== '')
  return typeof message === 'string' ? clean(message) : NO_MESSAGE
}

/** Providers quote keys in their messages, and proxies put pages into them. */
function clean(message: string): string {
  const text = /<(!doctype|html|body)\b/i.test(message) ? 'The provider gave a page instead of a message.' : message
  return text.slice(0, MESSAGE_CHARACTERS).replace(/\b(sk|key)-[\w-]{6,}/g, '$1-***')
}
