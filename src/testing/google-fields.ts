import { isObject, type JsonObject, type JsonValue } from '../lib/json.ts'

/** A field in either of the spellings that Google reads: `maxOutputTokens` or `max_output_tokens`. */
export function field(source: JsonObject, name: string): JsonValue | undefined {
  const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return source[name] ?? source[snake] ?? undefined
}

/** The objects of a list; Google reads a single object as a list of one. */
export function listOf(value: JsonValue | undefined): JsonObject[] {
  if (isObject(value)) return [value]
  return Array.isArray(value) ? value.filter(isObject) : []
}
