/*
 * Ids and names of tools.
 *
 * Bedrock takes at most 64 letters, digits, `_` and `-` for both. What other vendors write is spelled as in Anthropic's format (base64url behind a
 * prefix), and read back without a memory. An id that does not fit even so is replaced by a digest: only pairs of call and result matter
 * in a conversation that is sent. A name must come back as it was, so one that does not fit is refused.
 *
 * Mistral's models want ids of exactly nine letters and digits; they get digests too.
 */
import { createHash } from 'node:crypto'
import { GatewayError } from '../../errors/gateway-error.ts'
import { fromWireToolId, toWireToolId } from '../anthropic-messages/tool-ids.ts'
import type { Vendor } from './model-rules.ts'

const MOST_CHARACTERS = 64
const NINE = /^[a-zA-Z0-9]{9}$/

/** The id of a tool call as Bedrock takes it. */
export function toToolUseId(id: string, vendor: Vendor): string {
  if (vendor === 'mistral')
    return NINE.test(id)
      ? id
      : digest(id)
          .replace(/[^a-zA-Z0-9]/g, '')
          .slice(0, 9)
  const wire = toWireToolId(id)
  return wire.length <= MOST_CHARACTERS ? wire : `hgsum_${digest(id)}`
}

/** The id as its vendor wrote it. */
export const fromToolUseId = fromWireToolId

/** The name of a tool as Bedrock takes it. Throws `unsupported_parameter` for one that does not fit; `path` names it. */
export function toToolName(name: string, path: string): string {
  const wire = toWireToolId(name)
  if (wire.length <= MOST_CHARACTERS && wire !== '') return wire
  const message = `${path}: Bedrock takes names of at most ${MOST_CHARACTERS} letters, digits, _ and -; give this tool a shorter one.`
  throw new GatewayError('unsupported_parameter', message, { param: path })
}

/** The name in Bedrock's alphabet, however long: in answers it is the model's word. */
export const spelledName = toWireToolId

/** The name as the caller wrote it. */
export const fromToolName = fromWireToolId

function digest(id: string): string {
  return createHash('sha256').update(id).digest('base64url')
}
