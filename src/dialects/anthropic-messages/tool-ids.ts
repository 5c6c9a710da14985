/*
 * Ids of tool calls.
 *
 * Anthropic takes only letters, digits, `_` and `-`; other vendors write ids like `functions.search:0`. A conversation may move from
 * vendor to vendor, so such an id is spelled in base64url behind a prefix: the same id always becomes the same text, and reading
 * it back needs no memory.
 */
const ALLOWED = /^[a-zA-Z0-9_-]+$/
const PREFIX = 'hgid_'

/** The id in Anthropic's alphabet. */
export function toWireToolId(id: string): string {
  if (ALLOWED.test(id) && !id.startsWith(PREFIX)) return id
  return PREFIX + Buffer.from(id, 'utf8').toString('base64url')
}

/** The id as its vendor wrote it. */
export function fromWireToolId(id: string): string {
  if (!id.startsWith(PREFIX)) return id
  const original = Buffer.from(id.slice(PREFIX.length), 'base64url').toString('utf8')
  // Someone else's id may begin with the same letters: only what we would have written is ours.
  return toWireToolId(original) === id ? original : id
}
