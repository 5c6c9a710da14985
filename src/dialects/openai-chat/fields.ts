import { GatewayError } from '../../errors/gateway-error.ts'
import { asNumber } from '../../lib/exact-json.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'

/*
 * Checked reading of what a caller wrote. `at` is the path of the object that holds the field, empty for the body itself.
 * Null is the same as absent, since clients write optional fields as null.
 */

/** The refusal of a field, naming it by its path. */
export function invalid(param: string, problem: string): GatewayError {
  return new GatewayError('invalid_request', `${param}: ${problem}`, { param })
}

/** The path of a field: `messages[0]` and `role` are `messages[0].role`. */
export function pathOf(at: string, field: string): string {
  return at === '' ? field : `${at}.${field}`
}

/** A text, or undefined when it is not there. */
export function optionalString(source: JsonObject, field: string, at = ''): string | undefined {
  const value = source[field]
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined
  throw wrongKind(pathOf(at, field), 'a string', value)
}

/** A value that must be a text. */
export function stringAt(value: JsonValue, path: string): string {
  if (typeof value === 'string') return value
  throw wrongKind(path, 'a string', value)
}

/** A text that must be there; it may be empty. */
export function requiredString(source: JsonObject, field: string, at = ''): string {
  const value = optionalString(source, field, at)
  if (value === undefined) throw invalid(pathOf(at, field), 'this field is required and must be a string.')
  return value
}

/** A number, or undefined when it is not there. */
export function optionalNumber(source: JsonObject, field: string, at = ''): number | undefined {
  const value = source[field]
  return value === undefined || value === null ? undefined : numberAt(value, pathOf(at, field))
}

/** A whole number of at least `least`, or undefined when it is not there. */
export function optionalInteger(source: JsonObject, field: string, least: number, at = ''): number | undefined {
  const value = source[field]
  return value === undefined || value === null ? undefined : integerAt(value, least, pathOf(at, field))
}

/** A value that must be a number. */
export function numberAt(value: JsonValue, path: string): number {
  const number = typeof value === 'number' ? value : asNumber(value)
  if (typeof number === 'number') return number
  throw wrongKind(path, 'a number', value)
}

/** A value that must be a whole number of at least `least`. */
export function integerAt(value: JsonValue, least: number, path: string): number {
  const number = numberAt(value, path)
  if (Number.isSafeInteger(number) && number >= least) return number
  throw invalid(path, `must be a whole number of at least ${least}.`)
}

/** True or false, or undefined when it is not there. */
export function optionalBoolean(source: JsonObject, field: string, at = ''): boolean | undefined {
  const value = source[field]
  return value === undefined || value === null ? undefined : booleanAt(value, pathOf(at, field))
}

/** A value that must be true or false. */
export function booleanAt(value: JsonValue, path: string): boolean {
  if (typeof value === 'boolean') return value
  throw wrongKind(path, 'true or false', value)
}

/** An object, or undefined when it is not there. */
export function optionalObject(source: JsonObject, field: string, at = ''): JsonObject | undefined {
  const value = source[field]
  if (value === undefined || value === null) return undefined
  return asObject(value, pathOf(at, field))
}

/** A list, or undefined when it is not there. */
export function optionalList(source: JsonObject, field: string, at = ''): JsonValue[] | undefined {
  const value = source[field]
  if (value === undefined || value === null || Array.isArray(value)) return value ?? undefined
  throw wrongKind(pathOf(at, field), 'a list', value)
}

/** A value that must be a list. */
export function listAt(value: JsonValue, path: string): JsonValue[] {
  if (Array.isArray(value)) return value
  throw wrongKind(path, 'a list', value)
}

/** A value that must be an object. */
export function asObject(value: JsonValue | undefined, path: string): JsonObject {
  if (isObject(value)) return value
  throw wrongKind(path, 'an object', value)
}

/** The fields of an object that have a value and are not in `known`; undefined when there are none. */
export function othersOf(source: JsonObject, known: ReadonlySet<string>): JsonObject | undefined {
  let others: string[] | undefined
  for (const field in source) {
    if (source[field] === null || known.has(field)) continue
    others ??= []
    others.push(field)
  }
  return others && pick(source, others)
}

/** The object with these of its fields alone, whatever they are called: `__proto__` is a field like any other. */
export function pick(source: JsonObject, fields: readonly string[]): JsonObject {
  return Object.fromEntries(fields.map((field) => [field, source[field] ?? null]))
}

function wrongKind(path: string, wanted: string, value: JsonValue | undefined): GatewayError {
  return invalid(path, `must be ${wanted}, not ${kindOf(value)}.`)
}

function kindOf(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
