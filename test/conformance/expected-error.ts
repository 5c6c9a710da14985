/*
 * The error that a client must see when the provider answers with one: the status and the code of Headgate's own table, in the envelope of the
 * client's format, with the provider's message in it. Written down here a second time, because this is what is tested.
 */
import type { ErrorMeaning } from './meaning.ts'

/** What a client must see of a provider's error, by its own status (200 where it was inside a good reply and named none). */
export function expectedError({ status, code, message }: ErrorMeaning): {
  readonly status: number
  readonly code: string
} {
  if (status === 401 || status === 402 || status === 403) return { status: 502, code: 'upstream_credential_rejected' }
  if (status === 404) return { status: 404, code: 'model_not_found' }
  if (status === 408 || status === 504) return { status: 504, code: 'upstream_timeout' }
  if (status === 413) return { status: 413, code: 'request_too_large' }
  if (status === 429 || (status < 400 && /rate_limit/.test(code ?? ''))) {
    return { status: 429, code: 'upstream_rate_limited' }
  }
  if (status >= 500 || status < 400) return { status: 502, code: 'upstream_failed' }
  return { status: 400, code: isTooLong(code, message) ? 'context_length_exceeded' : 'invalid_request' }
}

const TOO_LONG =
  /context (length|window)|\b(prompt|messages|input)\b.{0,20} too (long|large)|too many (prompt |input )?tokens/i

function isTooLong(code: string | null, message: string): boolean {
  return TOO_LONG.test(`${code ?? ''} ${message}`.replaceAll('_', ' '))
}

/** Whether a provider's message can be read in another one. White space is made equal, and only the beginning of a long one must be there. */
export function survives(message: string, inside: string): boolean {
  const plain = (text: string) => text.replace(/\s+/g, ' ').trim()
  return plain(inside).includes(plain(message).slice(0, 200).trim())
}
