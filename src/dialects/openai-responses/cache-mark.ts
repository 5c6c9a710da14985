import type { Cacheable } from '../../canonical/content.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { optionalString } from '../openai-chat/fields.ts'

/** Headgate's own name of a cacheable segment, on a message, a content part or a tool. */
export const MARK_FIELD = 'cache_key'

/** The mark on something that a caller wrote; empty when there is none. */
export function decodeMark(source: JsonObject, at: string): Cacheable {
  const cacheKey = optionalString(source, MARK_FIELD, at)
  return cacheKey === undefined ? {} : { cacheKey }
}

/** Whether one of the objects in a list, or in the content of one, bears a mark. */
export function hasMark(list: JsonValue | undefined): boolean {
  if (!Array.isArray(list)) return false
  return list.some((entry) => isObject(entry) && (Object.hasOwn(entry, MARK_FIELD) || hasMark(entry.content)))
}
