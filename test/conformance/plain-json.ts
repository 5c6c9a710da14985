import { isObject, type JsonObject, type JsonValue } from '../../src/lib/json.ts'

/** The value that a call's argument text says; the text itself when it is not JSON, and an empty object when it is nothing. */
export function argumentsOf(text: string): JsonValue {
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return text
  }
}

/** A count of tokens; null when it is not one. */
export function tokens(value: JsonValue | undefined): number | null {
  return typeof value === 'number' ? value : null
}

/** The object in a field, or an empty one. */
export function objectIn(source: JsonObject, field: string): JsonObject {
  const value = source[field]
  return isObject(value) ? value : {}
}

/** The text in a field, or an empty one. */
export function textIn(source: JsonObject, field: string): string {
  const value = source[field]
  return typeof value === 'string' ? value : ''
}

/** The objects of a list; none when there is no list. */
export function listOf(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}
