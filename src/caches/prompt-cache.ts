import { createHash } from 'node:crypto'
import type { Part } from '../canonical/content.ts'
import type { CanonicalRequest } from '../canonical/request.ts'

/*
 * Provider-side prompt caching. Product code names the stable segments of a prompt (`cacheKey`); the dialects turn each mark into what their
 * provider understands. Hosts that route by a key instead of marks get one made here. It holds the tenant, so that no tenant can
 * find out by timing what another one asked.
 */

/** The key for hosts that take one; undefined when the call names no stable segment. */
export function promptCacheKeyFor(request: CanonicalRequest, tenantId: string): string | undefined {
  const names = cacheKeysOf(request)
  if (names.length === 0) return undefined
  const hash = createHash('sha256').update(JSON.stringify([tenantId, ...names]))
  return `hg-${hash.digest('hex').slice(0, 40)}`
}

/** The names of the stable segments, in the order of the prompt. */
function cacheKeysOf(request: CanonicalRequest): readonly string[] {
  const names: string[] = []
  const note = (marked: { readonly cacheKey?: string } | Part): void => {
    if ('cacheKey' in marked && marked.cacheKey !== undefined) names.push(marked.cacheKey)
  }
  for (const tool of request.tools ?? []) if (tool.type === 'function') note(tool)
  for (const message of request.messages) for (const part of message.content) note(part)
  return names
}
