import { GatewayError } from '../../errors/gateway-error.ts'
import { asNumber } from '../../lib/exact-json.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'

/*
 * Checked reading of what a caller wrote. Google reads JSON as protocol buffers do: `maxOutputTokens` and `max_output_tokens` are the same
 * field, null is the same as absent, and a list of one may be written without its brackets. A field in both spellings is refused: which of
 * them counts upstream nobody knows. `at` is the path of the object that holds the field, empty for the body itself; paths are
 * spelled in camel case.
 */

/** The refusal of a field, naming it by its path. */
export function invalid(param: string, problem: string): GatewayError {
  return new GatewayError('invalid_request', `${param}: ${problem}`, { param })
}

/** The path of a field: `contents[0]` and `role` are `contents[0].role`. */
export function pathOf(at: string, field: string): string {
  return at === '' ? field : `${at}.${field}`
}

/** A field in either spelling; undefined when it is absent or null. `field` is in camel case. */
export function read(source: JsonObject, field: string, at = ''): JsonValue | undefined {
  const value = source[field] ?? undefined
  const snake = snakeCase(field)
  if (snake === field) return value
  const other = source[snake] ?? undefined
  if (value !== undefined && other !== undefined) {
    throw invalid(pathOf(at, field), `is given twice, as ${field} and as ${snake}; send it once.`)
  }
  return value ?? other
}

/** A text, or undefined when it is not there. */
export function optionalString(source: JsonObject, field: string, at = ''): string | undefined {
  const value = read(source, field, at)
  if (value === undefined || typeof value === 'string') return value
  throw wrongKind(pathOf(at, field), 'a string', value)
}

/** A text that must be there and not be empty. */
export function requiredString(source: JsonObject, field: string, at = ''): string {
  const value = optionalString(source, field, at)
  if (value) return value
  throw invalid(pathOf(at, field), 'is missing; it must be a string.')
}

/** A number, or undefined when it is not there. */
export function optionalNumber(source: JsonObject, field: string, at = ''): number | undefined {
  const value = asNumber(read(source, field, at))
  if (value === undefined || typeof value === 'number') return value
  throw wrongKind(pathOf(at, field), 'a number', value)
}

/** A whole number of at least `least`, or undefined when it is not there. */
export function optionalInteger(source: JsonObject, field: string, least: number, at = ''): number | undefined {
  const value = optionalNumber(source, field, at)
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return value
  throw invalid(pathOf(at, field), `must be a whole number of at least ${least}.`)
}

/** True or false, or undefined when it is not there. */
export function optionalBoolean(source: JsonObject, field: string, at = ''): boolean | undefined {
  const value = read(source, field, at)
  if (value === undefined || typeof value === 'boolean') return value
  throw wrongKind(pathOf(at, field), 'true or false', value)
}

/** An object, or undefined when it is not there. */
export function optionalObject(source: JsonObject, field: string, at = ''): JsonObject | undefined {
  const value = read(source, field, at)
  return value === undefined ? undefined : asObject(value, pathOf(at, field))
}

/** A list, or undefined when it is not there; a single object is a list of one. */
export function optionalList(source: JsonObject, field: string, at = ''): readonly JsonValue[] | undefined {
  const value = read(source, field, at)
  if (value === undefined || Array.isArray(value)) return value
  if (isObject(value)) return [value]
  throw wrongKind(pathOf(at, field), 'a list', value)
}

/** A list of texts, or undefined when it is not there. */
export function optionalStrings(source: JsonObject, field: string, at = ''): readonly string[] | undefined {
  return optionalList(source, field, at)?.map((value, index) => {
    if (typeof value === 'string') return value
    throw wrongKind(`${pathOf(at, field)}[${index}]`, 'a string', value)
  })
}

/** The value as an object. */
export function asObject(value: JsonValue | undefined, path: string): JsonObject {
  if (isObject(value)) return value
  throw wrongKind(path, 'an object', value)
}

/** The set fields of an object that are not in `known`, under their names in camel case; undefined when there are none. */
export function othersOf(source: JsonObject, known: ReadonlySet<string>): JsonObject | undefined {
  const others: [string, JsonValue][] = []
  for (const [field, value] of Object.entries(source)) {
    const name = camelCase(field)
    if (value !== null && !known.has(name)) others.push([name, value])
  }
  return others.length === 0 ? undefined : Object.fromEntries(others)
}

/** `max_output_tokens` as `maxOutputTokens`. */
export function camelCase(name: string): string {
  return name.includes('_')
    ? name.replace(/(?<=[a-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
    : name
}

/** The second spelling of each field that was read so far. Only the code names them, so they are few. */
const SNAKE_CASE = new Map<string, string>()

function snakeCase(name: string): string {
  const known = SNAKE_CASE.get(name)
  if (known !== undefined) return known
  const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  SNAKE_CASE.set(name, snake)
  return snake
}

function wrongKind(path: string, wanted: string, value: JsonValue | undefined): GatewayError {
  const kind =
    value === null || value === undefined
      ? 'nothing'
      : Array.isArray(value)
        ? 'a list'
        : typeof value === 'object'
          ? 'an object'
          : `a ${typeof value}`
  return invalid(path, `must be ${wanted}, not ${kind}.`)
}
