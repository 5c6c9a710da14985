import { GatewayError } from '../../errors/gateway-error.ts'
import { asNumber } from '../../lib/exact-json.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'

/*
 * Checked reading of wire fields. Absent and null are the same (SDKs send null for "not set"); a wrong type is
 * the caller's mistake and named by its path. `at` is the path of the object that holds the field, empty for the body itself.
 */

/** The refusal of a field: `invalid_request` with its path. */
export function invalid(param: string, message: string): GatewayError {
  return new GatewayError('invalid_request', `${param}: ${message}`, { param })
}

function pathOf(at: string, field: string): string {
  return at === '' ? field : `${at}.${field}`
}

/** A text field, or undefined when it is not there. */
export function optionalString(source: JsonObject, field: string, at = ''): string | undefined {
  const value = source[field] ?? undefined
  if (value === undefined || typeof value === 'string') return value
  throw invalid(pathOf(at, field), `must be a string, not ${kindOf(value)}.`)
}

/** A text field that must be there; it may be empty. */
export function requiredString(source: JsonObject, field: string, at: string): string {
  const value = optionalString(source, field, at)
  if (value === undefined) throw invalid(pathOf(at, field), 'is missing; it must be a string.')
  return value
}

/** A finite number, or undefined when it is not there. */
export function optionalNumber(source: JsonObject, field: string): number | undefined {
  const value = asNumber(source[field]) ?? undefined
  if (value === undefined || typeof value === 'number') return value
  throw invalid(field, `must be a number, not ${kindOf(value)}.`)
}

/** A whole number of at least `least`, or undefined when it is not there. */
export function optionalInteger(source: JsonObject, field: string, least: number, at = ''): number | undefined {
  const value = source[field] ?? undefined
  if (value === undefined) return undefined
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value
  throw invalid(pathOf(at, field), `must be a whole number of at least ${least}.`)
}

/** A flag, or undefined when it is not there. */
export function optionalBoolean(source: JsonObject, field: string, at = ''): boolean | undefined {
  const value = source[field] ?? undefined
  if (value === undefined || typeof value === 'boolean') return value
  throw invalid(pathOf(at, field), `must be true or false, not ${kindOf(value)}.`)
}

/** A list, or undefined when it is not there. */
export function optionalList(source: JsonObject, field: string): readonly JsonValue[] | undefined {
  const value = source[field] ?? undefined
  if (value === undefined || Array.isArray(value)) return value
  throw invalid(field, `must be a list, not ${kindOf(value)}.`)
}

/** An object, or undefined when it is not there. */
export function optionalObject(source: JsonObject, field: string, at = ''): JsonObject | undefined {
  const value = source[field] ?? undefined
  return value === undefined ? undefined : object(value, pathOf(at, field))
}

/** The value as an object. */
export function object(value: JsonValue | undefined, path: string): JsonObject {
  if (isObject(value)) return value
  throw invalid(path, `must be an object, not ${kindOf(value)}.`)
}

/** The fields of an object that are not in `known` and are set; undefined when there are none. */
export function othersOf(source: JsonObject, known: ReadonlySet<string>): JsonObject | undefined {
  let others: JsonObject | undefined
  for (const field in source) {
    const value = source[field]
    if (value === undefined || value === null || known.has(field)) continue
    others ??= {}
    others[field] = value
  }
  return others
}

function kindOf(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return 'nothing'
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
