import { createHash } from 'node:crypto'
import { cacheKeys } from '../caches/prompt-cache.ts'
import type { Part } from '../canonical/content.ts'
import type { CanonicalRequest, Message } from '../canonical/request.ts'

/** Enough to tell prompts apart; what comes after it seldom differs alone. */
const CHARS_READ = 8_000

/**
 * Names the beginning of a prompt that other calls are likely to have too: the segments that product code named, else the tools and what stands before the first
 * turn, else the first turn.
 */
export function stablePrefix(request: CanonicalRequest): string {
  const named = cacheKeys(request)
  const hash = createHash('sha256')
  if (named.length > 0) hash.update(JSON.stringify(named))
  else {
    for (const tool of request.tools ?? []) hash.update(tool.type === 'function' ? `${tool.name}\n` : 'hosted\n')
    for (const { content } of leading(request.messages))
      hash.update(content.map(textOf).join('\n').slice(0, CHARS_READ))
  }
  return hash.digest('base64url')
}

/** What stands before the first turn, or that turn where nothing does. */
function leading(messages: readonly Message[]): readonly Message[] {
  const first = messages.findIndex(({ role }) => role !== 'system')
  return first === 0 ? messages.slice(0, 1) : messages.slice(0, first === -1 ? undefined : first)
}

function textOf(part: Part): string {
  return part.type === 'text' ? part.text : part.type
}
