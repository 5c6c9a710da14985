/*
 * Errors. A reply has `{ "message" }` and names its kind in a header; older services say `Message` and `__type`. In a stream an exception is an event of its own type
 * with a message; a failure that the service could not put into words is an event `error` with a code.
 */
import type { StreamError } from '../../canonical/stream-event.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import { isObject, type JsonObject, type JsonValue, parseJson } from '../../lib/json.ts'
import { type SseEvent, sseText } from '../../lib/sse.ts'
import { wordsIn } from '../openai-chat/error.ts'
import { decodeUsage } from './usage.ts'

/** The status that an exception in a stream would have had. A model's own failure (424) has none: the request is not to blame. */
const STATUS_OF_EXCEPTION: Readonly<Record<string, number>> = {
  validationException: 400,
  accessDeniedException: 403,
  resourceNotFoundException: 404,
  modelTimeoutException: 408,
  throttlingException: 429,
  modelNotReadyException: 429,
  internalServerException: 500,
  serviceUnavailableException: 503,
}

const NO_MESSAGE = 'The provider gave no message.'
/** Longest message that is taken from a provider. */
const MESSAGE_CHARACTERS = 1000
/** Longest error body that is read at all. */
const BODY_CHARACTERS = 64 * 1024
/** What models on Bedrock say of a prompt that does not fit. */
const TOO_LONG = /input tokens exceeded|number of input tokens exceeds|input is too long|too many input tokens/i

/** Bedrock's error reply, or whatever stood in its place. Its own status stands. */
export function decodeError(status: number, body: string): StreamError {
  const said = body.length <= BODY_CHARACTERS ? parseJson(body) : undefined
  const error = isObject(said) ? errorOf(said) : null
  if (error && error.message !== NO_MESSAGE) return { ...error, status }
  // Something else may stand before the provider, and speak for itself.
  const words = body.length <= BODY_CHARACTERS ? wordsIn(body) : null
  if (words) return { ...error, ...words, message: clean(words.message), status }
  if (error) return { ...error, status }
  const what = body.trim() === '' ? 'an empty body' : 'a body that is not JSON'
  return { message: `The provider answered with status ${status} and ${what}.`, status }
}

/** The error in a body with a good status; null when it is none. */
export function errorIn(body: JsonValue): StreamError | null {
  if (!isObject(body) || body.output !== undefined) return null
  const named = typeof body.__type === 'string' || isObject(body.error)
  return named || messageOf(body) !== undefined ? errorOf(body) : null
}

/** The error in an event of a stream; null when the event is none. */
export function errorOfEvent({ event, data }: SseEvent, said: JsonValue | undefined): StreamError | null {
  const exception = event === 'error' || /exception$/i.test(event)
  if (!exception) return event === '' && said !== undefined ? errorIn(said) : null
  const error = isObject(said) ? errorOf(said) : { message: clean(data) }
  const code = error.code ?? (event === 'error' ? undefined : event)
  const status = Object.hasOwn(STATUS_OF_EXCEPTION, event) ? STATUS_OF_EXCEPTION[event] : undefined
  return { ...error, ...(code === undefined ? {} : { code }), ...(status === undefined ? {} : { status }) }
}

function errorOf(said: JsonObject): StreamError {
  const inner = isObject(said.error) ? said.error : said
  const message = clean(messageOf(inner) ?? messageOf(said) ?? NO_MESSAGE)
  const code = TOO_LONG.test(message) ? 'context_length_exceeded' : codeOf(inner)
  const usage = decodeUsage(said.usage, undefined)
  return { message, ...(code === undefined ? {} : { code }), ...(usage ? { usage } : {}) }
}

function messageOf({ message, Message, originalMessage }: JsonObject): string | undefined {
  const said = [message, Message, originalMessage].find((each) => typeof each === 'string' && each !== '')
  return typeof said === 'string' ? said : undefined
}

/** `com.amazon.coral.service#ExpiredTokenException`, `ValidationException:http://…`: the word between. */
function codeOf({ __type: type, code }: JsonObject): string | undefined {
  if (typeof type === 'string' && type !== '') return type.replace(/^.*#/s, '').replace(/:.*$/s, '').slice(0, 100)
  return typeof code === 'string' && code !== '' ? code.slice(0, 100) : undefined
}

/** Our error in Bedrock's envelope, with our code beside its name. */
export function encodeError(error: GatewayError): JsonObject {
  return {
    __type: nameOf(error.status),
    message: error.message,
    code: error.code,
    ...(error.param === undefined ? {} : { param: error.param }),
    ...(error.details === undefined ? {} : { details: error.details }),
  }
}

/** Our error as the last event of a stream. */
export function encodeStreamError(error: GatewayError): string {
  const { __type: _, ...said } = encodeError(error)
  const name = nameOf(error.status)
  return sseText(JSON.stringify(said), name.charAt(0).toLowerCase() + name.slice(1))
}

function nameOf(status: number): string {
  const name = Object.keys(STATUS_OF_EXCEPTION).find((each) => STATUS_OF_EXCEPTION[each] === status)
  const fitting = name ?? (status < 500 ? 'validationException' : 'internalServerException')
  return fitting.charAt(0).toUpperCase() + fitting.slice(1)
}

/** Providers quote keys in their messages, and proxies put pages into them. */
function clean(message: string): string {
  const text = /<(!doctype|html|body)\b/i.test(message) ? 'The provider gave a page instead of a message.' : message
  return text.slice(0, MESSAGE_CHARACTERS).replace(/\b(ABSK|AKIA|ASIA)\w{6,}/g, '$1***')
}
