/*
 * Names of functions.
 *
 * Google takes names that begin with a letter or an underscore and hold letters, digits, `_`, `.`, `:` and `-`. Any other name is spelled in base64url
 * behind a prefix: the same name always becomes the same text, and reading it back needs no memory.
 */
import { GatewayError } from '../../errors/gateway-error.ts'

const MOST_CHARACTERS = 128
const ALLOWED = /^[a-zA-Z_][a-zA-Z0-9_.:-]*$/
const PREFIX = 'hgfn_'

/** The name in Google's alphabet, however long: in answers it is the model's word. */
export function spelledName(name: string): string {
  const plain = ALLOWED.test(name) && !name.startsWith(PREFIX)
  return plain ? name : PREFIX + Buffer.from(name, 'utf8').toString('base64url')
}

/** The name in Google's alphabet. Throws GatewayError `unsupported_parameter` when it is too long. */
export function toWireName(name: string): string {
  const wire = spelledName(name)
  if (wire.length <= MOST_CHARACTERS) return wire
  const message = `tools: this model takes names of at most ${MOST_CHARACTERS} characters; "${name.slice(0, 40)}…" is longer.`
  throw new GatewayError('unsupported_parameter', message, { param: 'tools' })
}

/** The name as its caller wrote it. */
export function fromWireName(name: string): string {
  if (!name.startsWith(PREFIX)) return name
  const original = Buffer.from(name.slice(PREFIX.length), 'base64url').toString('utf8')
  // Someone's own name may begin with the same letters: only what we would have written is ours.
  return original !== '' && PREFIX + Buffer.from(original, 'utf8').toString('base64url') === name ? original : name
}
