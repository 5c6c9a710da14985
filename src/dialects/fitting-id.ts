import { createHash } from 'node:crypto'

/**
 * The id of a tool call, or a digest of it where it has more characters than a provider takes (at least 40). In a conversation that is sent only pairs
 * of call and result matter, so nothing has to be read back.
 */
export function fittingId(id: string, mostCharacters: number): string {
  if (id.length <= mostCharacters) return id
  return `hgsum_${createHash('sha256').update(id).digest('base64url').slice(0, 32)}`
}
