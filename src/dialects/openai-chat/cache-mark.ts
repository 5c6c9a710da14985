import type { Cacheable } from '../../canonical/content.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { invalid, optionalString, pathOf } from './fields.ts'

/** The fields that mark the end of a cacheable segment: Headgate's own, and the one OpenRouter took over from Anthropic. */
export const MARK_FIELDS = ['cache_key', 'cache_control'] as const

/** The mark on a message, part, tool or tool call; empty when there is none. A mark without a lifetime lives five minutes. */
export function decodeMark(source: JsonObject, at: string): Cacheable {
  const cacheKey = optionalString(source, 'cache_key', at)
  const control = source.cache_control
  const named = cacheKey === undefined ? {} : { cacheKey }
  if (!isObject(control)) return named
  const path = pathOf(at, 'cache_control')
  const ttl = optionalString(control, 'ttl', path) ?? '5m'
  if (ttl !== '5m' && ttl !== '1h') throw invalid(`${path}.ttl`, 'must be "5m" or "1h".')
  return { ...named, cacheTtl: ttl }
}
