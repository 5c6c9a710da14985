import type { StreamError } from '../../canonical/stream-event.ts'
import type { Usage } from '../../canonical/usage.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import { isObject, type JsonObject, type JsonValue, parseJson } from '../../lib/json.ts'
import { sseText } from '../../lib/sse.ts'
import { decodeUsage } from './usage.ts'

/*
 * Errors, theirs and ours. Hosts of this format write `{"error":{…}}`, `{"error":"…"}`, `{"detail":…}`, `{"message":…}`, a list of any of
 * these, a page of HTML from a proxy in between, or nothing. What comes out is always one short line of plain text.
 */

const LONGEST_MESSAGE = 500
const LONGEST_CODE = 100
/** A larger body is no error message; it is not even parsed. */
const LARGEST_BODY = 1024 * 1024

/** A provider's error reply, whatever its shape. Never throws; the message is never HTML and at most 500 characters. */
export function decodeError(status: number, body: string): StreamError {
  const said = wordsIn(body) ?? { message: `The provider answered HTTP ${status} without a reason.` }
  return { ...said, status, ...usageIn(body.length > LARGEST_BODY ? undefined : parseJson(body)) }
}

/**
 * What an error reply says, whatever its shape: proxies stand before every vendor. Null when it has no words of its own: nothing, a page, a megabyte, half of
 * an object.
 */
export function wordsIn(body: string): StreamError | null {
  if (body.length > LARGEST_BODY) return null
  const parsed = parseJson(body)
  if (parsed === undefined && /^\s*[[{]/.test(body)) return null
  const said = errorOf(parsed === undefined ? body : parsed)
  const message = plainLine(said.message) || plainLine(said.code ?? '')
  return message === '' ? null : { ...said, message }
}

/** The error in an event of a stream or in a reply with status 200; null when the value tells of none. */
export function errorIn(value: JsonObject): StreamError | null {
  const failed = isPresent(value.error) || value.object === 'error'
  if (!failed) return errorOfChoice(value)
  const said = errorOf(value)
  return {
    ...said,
    message: plainLine(said.message) || 'The provider reported an error without a reason.',
    ...usageIn(value),
  }
}

/** Hosts that finish an answer with `error` (Mistral, OpenRouter) gave it up in the middle, whatever stands in it. */
function errorOfChoice(value: JsonObject): StreamError | null {
  const [choice] = Array.isArray(value.choices) ? value.choices : []
  if (!isObject(choice) || choice.finish_reason !== 'error') return null
  const said = errorOf(choice)
  const message = plainLine(said.message) || 'The provider ended the answer with an error.'
  return { code: 'error', ...said, message, ...usageIn(value) }
}

/** What a failed reply says was used: some hosts charge for it. */
function usageIn(value: JsonValue | undefined): { readonly usage?: Usage } {
  return isObject(value) && isObject(value.usage) ? { usage: decodeUsage(value.usage, value) } : {}
}

/** The error that an event named `error` tells, whatever its data. */
export function errorOfEvent(data: string): StreamError {
  const said = errorOf(parseJson(data) ?? data)
  return { ...said, message: plainLine(said.message) || 'The provider reported an error without a reason.' }
}

function isPresent(error: JsonValue | undefined): boolean {
  return isObject(error) ? Object.keys(error).length > 0 : typeof error === 'string' && error !== ''
}

/** The words of an error, from wherever they are. */
function errorOf(value: JsonValue): StreamError {
  if (typeof value === 'string') return { message: value }
  if (Array.isArray(value)) return value[0] === undefined ? { message: '' } : errorOf(value[0])
  if (!isObject(value)) return { message: '' }
  if (isPresent(value.error)) {
    const inner = errorOf(value.error ?? '')
    return { ...codeOf(value), ...statusOf(value), ...inner, message: inner.message || messageOf(value) }
  }
  return { message: messageOf(value), ...codeOf(value), ...statusOf(value) }
}

function messageOf(value: JsonObject): string {
  const said = wordsOf(value)
  // A list of what is wrong with fields (Mistral, FastAPI) says where in `loc`.
  const place = Array.isArray(value.loc) ? value.loc.filter((step) => typeof step !== 'object').join('.') : ''
  return place === '' || said === '' ? said : `${place}: ${said}`
}

function wordsOf(value: JsonObject): string {
  for (const field of ['message', 'detail', 'details', 'msg', 'error_description', 'errors', 'title']) {
    const said = value[field]
    if (typeof said === 'string' && said !== '') return said
    if (isObject(said) || Array.isArray(said)) {
      const inner = errorOf(said).message
      if (inner !== '') return inner
    }
  }
  return ''
}

/** The most telling word that is not a number: a code, else a type. */
function codeOf(value: JsonObject): { readonly code?: string } {
  for (const word of [value.code, value.type, value.status]) {
    if (typeof word === 'string' && word !== '' && Number.isNaN(Number(word)))
      return { code: word.slice(0, LONGEST_CODE) }
  }
  return {}
}

/** The HTTP status that an error says it has. */
function statusOf(value: JsonObject): { readonly status?: number } {
  for (const number of [value.status_code, value.status, value.code]) {
    if (typeof number !== 'number' && typeof number !== 'string') continue
    const status = Number(number)
    if (Number.isInteger(status) && status >= 400 && status <= 599) return { status }
  }
  return {}
}

const HTML_PAGE = /^\s*<(?:!doctype|html|head|body|title|center|h1|script|style)\b/i
const HTML_TAG =
  /<\/?(?:html|head|body|title|center|h[1-6]|p|div|span|pre|br|hr|a|b|i|ul|li|script|style|img|table|tr|td)\b[^<>]*>/gi

/** Providers quote keys in their messages. */
const KEY = /\b((?:sk|gsk|xai|nvapi|pplx|fw|hf|r8)[-_]|AIza|ABSK|AKIA|ASIA)(?=[\w-]*\d)[\w-]{8,}/g

/** A text on one line, without HTML and keys; empty for a page of HTML. */
function plainLine(text: string): string {
  const head = text.slice(0, LONGEST_MESSAGE * 4)
  if (HTML_PAGE.test(head)) return ''
  const line = head
    .replace(HTML_TAG, ' ')
    .replace(KEY, '$1***')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
  return line.length <= LONGEST_MESSAGE ? line : `${line.slice(0, LONGEST_MESSAGE - 1)}…`
}

/** Our error in this format's envelope. */
export function encodeError(error: GatewayError): JsonObject {
  return {
    error: {
      message: error.message,
      type: typeOf(error),
      code: error.code,
      param: error.param ?? null,
      ...(error.details === undefined ? {} : { details: error.details }),
    },
  }
}

/** Our error as the last event of a stream: no `[DONE]` follows it. */
export function encodeStreamError(error: GatewayError): string {
  return sseText(JSON.stringify(encodeError(error)))
}

/** OpenAI's kind of the error. A limit that no waiting client can retry into is spent money. */
function typeOf(error: GatewayError): string {
  switch (error.status) {
    case 401:
      return 'authentication_error'
    case 403:
      return 'permission_error'
    case 429:
      return error.retryable ? 'rate_limit_error' : 'insufficient_quota'
    default:
      return error.status < 499 ? 'invalid_request_error' : 'api_error'
  }
}
