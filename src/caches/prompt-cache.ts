import { createHash } from 'node:crypto'
import type { Part } from '../canonical/content.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import type { FunctionTool } from '../canonical/tool.ts'

/*
 * Providers reuse the work on a prompt's beginning when the same beginning comes again. Product code names such stable segments with a
 * `cacheKey`; dialects turn the names into cache marks. Hosts that choose a machine by key get one made of the tenant and the names, in order:
 * calls with the same segments meet the same cache, and no tenant shares one with another, whatever it names its segments.
 */

const KEY_CHARS = 40
const PURPOSE = 'headgate prompt cache 1'

/** Whether the caller named any stable segment. */
export function hasCacheKeys(request: CanonicalRequest): boolean {
  return cacheKeys(request).length > 0
}

/** The provider-side cache key of a call, bound to its tenant; undefined when the call names no stable segment. */
export function promptCacheKeyFor(request: CanonicalRequest, tenantId: string): string | undefined {
  const own = request.extensions?.['openai-chat']?.prompt_cache_key
  const marked = typeof own === 'string' ? ['own', own] : cacheKeys(request)
  if (marked.length === 0) return undefined
  const names = typeof own === 'string' ? marked : [...new Set(marked)]
  const digest = createHash('sha256')
    .update(JSON.stringify([PURPOSE, tenantId, names]))
    .digest('hex')
  return `hg-${digest.slice(0, KEY_CHARS)}`
}

/** The names in the order in which providers read a prompt: tools first, then messages. */
export function cacheKeys({ tools, messages }: CanonicalRequest): readonly string[] {
  const names: string[] = []
  for (const tool of tools ?? []) if (tool.type === 'function') noteKey(tool, names)
  for (const { content } of messages) {
    for (const part of content) {
      noteKey(part, names)
      if (part.type === 'tool-result') for (const inner of part.content) noteKey(inner, names)
    }
  }
  return names
}

function noteKey(marked: Part | FunctionTool, names: string[]): void {
  if ('cacheKey' in marked && marked.cacheKey !== undefined) names.push(marked.cacheKey)
}
