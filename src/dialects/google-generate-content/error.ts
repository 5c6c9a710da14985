import type { StreamError } from '../../canonical/stream-event.ts'
import type { Usage } from '../../canonical/usage.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import { isObject, type JsonObject, type JsonValue, parseJson } from '../../lib/json.ts'
import { sseText } from '../../lib/sse.ts'
import { wordsIn } from '../openai-chat/error.ts'
import { decodeUsage } from './usage.ts'

const STATUS_BY_WORD: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  CANCELLED: 499,
  INTERNAL: 500,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  ALREADY_EXISTS: 409,
  UNKNOWN: 500,
  DATA_LOSS: 500,
}

const ERROR_INFO = 'type.googleapis.com/google.rpc.ErrorInfo'
const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo'
/** Google refuses our key with the status of a wrong request. */
const KEY_REASONS = new Set(['API_KEY_INVALID', 'API_KEY_EXPIRED', 'API_KEY_SERVICE_BLOCKED'])
const TOO_LONG =
  /input token count .{0,40}exceeds the maximum|exceeds the (?:maximum|model's) .{0,30}(?:context|input token)/i
const NO_MESSAGE = 'The provider gave no message.'
/** Longest message that is taken from a provider. */
const MESSAGE_CHARACTERS = 1000
/** Longest error body that is read at all. */
const BODY_CHARACTERS = 64 * 1024

/** The error in a body or an event; null when there is none. Streams that were not asked for events give a list of one. */
export function errorIn(body: JsonValue | undefined): StreamError | null {
  if (Array.isArray(body)) return errorIn(body.find((each) => isObject(each) && each.error))
  if (!isObject(body)) return null
  const { error } = body
  if (typeof error === 'string' && error !== '') return { message: clean(error) }
  if (!isObject(error)) return null
  const reason = detailOf(error, ERROR_INFO).reason
  const message = messageOf(error)
  const code = TOO_LONG.test(message) ? 'context_length_exceeded' : [reason, error.status].find(isWord)
  const status = KEY_REASONS.has(String(reason)) ? STATUS_BY_WORD.UNAUTHENTICATED : statusOf(error)
  const retryAfterSeconds = secondsOf(detailOf(error, RETRY_INFO).retryDelay)
  return {
    message,
    ...(code === undefined ? {} : { code: code.slice(0, 100) }),
    ...(status === undefined ? {} : { status }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...usageIn(body),
  }
}

/** What a failed reply says was used: it may be charged for. */
function usageIn(body: JsonObject): { readonly usage?: Usage } {
  return isObject(body.usageMetadata) ? { usage: decodeUsage(body.usageMetadata) } : {}
}

function statusOf({ code, status }: JsonObject): number | undefined {
  if (typeof code === 'number' && code >= 400 && code < 600) return code
  return typeof status === 'string' && Object.hasOwn(STATUS_BY_WORD, status) ? STATUS_BY_WORD[status] : undefined
}

function detailOf({ details }: JsonObject, type: string): JsonObject {
  const found = Array.isArray(details) ? details.find((each) => isObject(each) && each['@type'] === type) : undefined
  return isObject(found) ? found : {}
}

/** A duration as protocol buffers write it: `34.4s`. */
function secondsOf(duration: JsonValue | undefined): number | undefined {
  const seconds = typeof duration === 'string' ? /^(\d+(?:\.\d+)?)s$/.exec(duration)?.[1] : undefined
  return seconds === undefined ? undefined : Math.ceil(Number(seconds))
}

/** The provider's error reply, whatever it is. Its own status stands, unless Google means another one; a page or nothing at all gets a sentence of ours. */
export function decodeError(status: number, body: string): StreamError {
  const parsed = body.length <= BODY_CHARACTERS ? parseJson(body) : undefined
  const error = errorIn(parsed)
  if (error && error.message !== NO_MESSAGE)
    return { ...error, status: error.code !== undefined && KEY_REASONS.has(error.code) ? 401 : status }
  // Something else may stand before the provider, and speak for itself.
  const said = body.length <= BODY_CHARACTERS ? wordsIn(body) : null
  const usage = isObject(parsed) ? usageIn(parsed) : {}
  if (said) return { ...error, ...said, message: clean(said.message), ...usage, status }
  if (isObject(parsed)) return { message: NO_MESSAGE, ...error, ...usage, status }
  const what = body.trim() === '' ? 'an empty body' : 'a body that is not JSON'
  return { message: `The provider answered with status ${status} and ${what}.`, status }
}

/** Our error in Google's envelope, with our code as its reason. */
export function encodeError(error: GatewayError): JsonObject {
  const { code, message, status, param, details, retryAfterSeconds } = error
  const metadata = {
    ...(param === undefined ? {} : { param }),
    ...(details === undefined ? {} : { details: JSON.stringify(details) }),
  }
  return {
    error: {
      code: status,
      message,
      status: wordOf(status),
      details: [
        { '@type': ERROR_INFO, reason: code, domain: 'headgate', metadata },
        ...(retryAfterSeconds === undefined ? [] : [{ '@type': RETRY_INFO, retryDelay: `${retryAfterSeconds}s` }]),
      ],
    },
  }
}

/** Our error as the last event of a stream. */
export function encodeStreamError(error: GatewayError): string {
  return sseText(JSON.stringify(encodeError(error)))
}

function wordOf(status: number): string {
  const word = Object.keys(STATUS_BY_WORD).find((each) => STATUS_BY_WORD[each] === status)
  return word ?? (status < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL')
}

function isWord(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value !== ''
}

function messageOf(source: JsonObject): string {
  const message = [source.message, source.detail].find(isWord)
  return message === undefined ? NO_MESSAGE : clean(message)
}

/** Providers quote keys in their messages, and proxies put pages into them. */
function clean(message: string): string {
  const text = /<(!doctype|html|body)\b/i.test(message) ? 'The provider gave a page instead of a message.' : message
  return text.slice(0, MESSAGE_CHARACTERS).replace(/\b(sk-|key-|AIza)[\w-]{6,}/g, '$1***')
}
