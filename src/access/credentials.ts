import { GatewayError } from '../errors/gateway-error.ts'
import { type HeaderBag, headerValues } from './header-bag.ts'

/*
 * The one place that finds the caller's key. SDKs put it into different headers; a restriction that is enforced for one header
 * only, or a rule of "the first one wins", is a hole, so two different keys in one request are refused.
 */

const BEARER = /^bearer +(\S+)$/i
const KEY_HEADERS = ['authorization', 'x-api-key', 'x-goog-api-key'] as const
const KEY_PARAMETERS = new Set(['key', 'api_key', 'api-key', 'apikey', 'access_token', 'x-api-key', 'x-goog-api-key'])
const MAX_KEY_CHARS = 512
const HOW =
  'Send a virtual key as `authorization: Bearer hg-…`, `x-api-key` or `x-goog-api-key`; an operator makes one with `headgate keys create`.'

/**
 * The key that a request presents. Throws GatewayError `invalid_api_key` (401) when there is none,
 * `invalid_request` (400) when there are two different ones.
 */
export function presentedKey(headers: HeaderBag): string {
  let key = ''
  let isOnly = true
  for (const name of KEY_HEADERS) {
    for (const value of headerValues(headers, name)) {
      const found = name === 'authorization' ? bearerOf(value.trim()) : value.trim()
      if (found === '') continue
      if (key === '') key = found
      else if (key !== found) isOnly = false
    }
  }
  if (key === '') throw new GatewayError('invalid_api_key', `No API key was sent. ${HOW}`)
  if (!isOnly) {
    throw new GatewayError('invalid_request', 'The request carries two different API keys; send one.', {
      param: 'authorization',
    })
  }
  if (key.length > MAX_KEY_CHARS) throw new GatewayError('invalid_api_key', `This is not a Headgate key. ${HOW}`)
  return key
}

/** The token of an authorization header; an empty text where it has none. Throws GatewayError `invalid_api_key` when it is of another kind. */
function bearerOf(value: string): string {
  const key = BEARER.exec(value)?.[1]
  if (key !== undefined) return key
  if (value === '' || /^bearer$/i.test(value)) return ''
  throw new GatewayError('invalid_api_key', `The authorization header is not a bearer token. ${HOW}`)
}

/**
 * Refuses keys in the query string, where logs and proxies would keep them. `query` is the raw query string.
 * Throws GatewayError `invalid_request` (400).
 */
export function refuseKeysInQuery(query: string): void {
  if (query === '') return
  for (const name of new URLSearchParams(query).keys()) {
    if (!KEY_PARAMETERS.has(name.toLowerCase())) continue
    throw new GatewayError(
      'invalid_request',
      `API keys are not taken from the query string, where logs keep them. ${HOW}`,
      {
        param: name.slice(0, 32),
      },
    )
  }
}
