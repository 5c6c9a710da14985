import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { SeededRandom } from './random.ts'

/*
 * A value that satisfies a JSON Schema of the simple kind: types, enum, const, properties, items, bounds, lengths, common
 * formats, anyOf/oneOf/allOf and local $ref. Patterns and conditions are beyond it: a value may then not satisfy them.
 */

/** Below this depth only required properties are filled, so that recursive schemas end. */
const OPTIONAL_DEPTH = 3
/** Below this depth everything is null: a schema that requires itself has no finite value. */
const DEEPEST = 12
/** And so is everything past this many values: a small schema can ask for billions. */
const MOST_VALUES = 2000

/** One value for a schema, always the same for the same schema and random numbers. */
export function exampleValue(schema: JsonValue | undefined, random: SeededRandom): JsonValue {
  return valueFor(schema, { root: schema, random, depth: 0, name: 'value', made: { count: 0 } })
}

interface Place {
  readonly root: JsonValue | undefined
  readonly random: SeededRandom
  readonly depth: number
  /** The property's name, which makes strings readable. */
  readonly name: string
  /** Values made so far, shared by all places. */
  readonly made: { count: number }
}

function valueFor(written: JsonValue | undefined, place: Place): JsonValue {
  if (place.made.count++ > MOST_VALUES || place.depth > DEEPEST) return null
  const schema = resolve(written, place)
  if (schema.const !== undefined) return schema.const
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return place.random.pick(schema.enum)
  if (schema.default !== undefined) return schema.default
  switch (typeOf(schema)) {
    case 'object':
      return objectOf(schema, place)
    case 'array':
      return arrayOf(schema, place)
    case 'integer':
      return numberOf(schema, place, 1)
    case 'number':
      return numberOf(schema, place, 0.5)
    case 'boolean':
      return place.random.next() < 0.5
    case 'null':
      return null
    default:
      return stringOf(schema, place)
  }
}

/** The schema with references followed, the first alternative taken and all parts of `allOf` laid over each other. */
function resolve(written: JsonValue | undefined, place: Place, hops = 0): JsonObject {
  if (!isObject(written) || hops > 16) return {}
  const again = (other: JsonValue | undefined): JsonObject => resolve(other, place, hops + 1)
  const { $ref, anyOf, oneOf, allOf, ...own } = written
  let schema: JsonObject = own
  if (typeof $ref === 'string') schema = { ...again(lookUp($ref, place.root)), ...schema }
  for (const alternatives of [anyOf, oneOf])
    if (Array.isArray(alternatives)) schema = overlay(schema, again(alternatives[0]))
  if (Array.isArray(allOf)) for (const part of allOf) schema = overlay(schema, again(part))
  return schema
}

function overlay(below: JsonObject, above: JsonObject): JsonObject {
  const merged: JsonObject = { ...below, ...above }
  if (isObject(below.properties) && isObject(above.properties))
    merged.properties = { ...below.properties, ...above.properties }
  if (Array.isArray(below.required) && Array.isArray(above.required))
    merged.required = [...below.required, ...above.required]
  return merged
}

function lookUp(reference: string, root: JsonValue | undefined): JsonValue | undefined {
  if (!reference.startsWith('#')) return undefined
  let found: JsonValue | undefined = root
  for (const step of reference.slice(1).split('/').filter(Boolean)) {
    const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')
    if (!isObject(found) || !Object.hasOwn(found, name)) return undefined
    found = found[name]
  }
  return found
}

function typeOf(schema: JsonObject): string {
  if (typeof schema.type === 'string') return schema.type
  if (Array.isArray(schema.type)) return String(schema.type.find((name) => name !== 'null') ?? 'null')
  if (isObject(schema.properties)) return 'object'
  return schema.items === undefined ? 'string' : 'array'
}

function objectOf(schema: JsonObject, place: Place): JsonObject {
  const required = new Set(Array.isArray(schema.required) ? schema.required.map(String) : [])
  const properties = isObject(schema.properties) ? schema.properties : {}
  const entries: [string, JsonValue][] = []
  for (const name of new Set([...Object.keys(properties), ...required])) {
    if (place.depth >= OPTIONAL_DEPTH && !required.has(name)) continue
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined
    entries.push([name, valueFor(property, { ...place, depth: place.depth + 1, name })])
  }
  // fromEntries, because a property may be called __proto__.
  return Object.fromEntries(entries)
}

function arrayOf(schema: JsonObject, place: Place): JsonValue[] {
  const least = count(schema.minItems, 0)
  const length = Math.min(Math.max(least, place.depth > OPTIONAL_DEPTH ? 0 : 2), count(schema.maxItems, 64), 64)
  return Array.from({ length: Math.max(length, Math.min(least, 64)) }, () =>
    valueFor(schema.items, { ...place, depth: place.depth + 1 }),
  )
}

function numberOf(schema: JsonObject, place: Place, step: number): number {
  const unit = typeof schema.multipleOf === 'number' && schema.multipleOf > 0 ? schema.multipleOf : step
  const low = bound(schema.minimum, schema.exclusiveMinimum, unit) ?? 0
  const high = bound(schema.maximum, schema.exclusiveMaximum, -unit) ?? low + 20 * unit
  const steps = Math.max(0, Math.floor((high - low) / unit))
  return Math.ceil(low / unit) * unit + place.random.between(0, Math.min(steps, 20)) * unit
}

function bound(inclusive: JsonValue | undefined, exclusive: JsonValue | undefined, inward: number): number | undefined {
  if (typeof exclusive === 'number') return exclusive + inward
  return typeof inclusive === 'number' ? inclusive : undefined
}

const FORMATS: Readonly<Record<string, string>> = {
  date: '2026-01-15',
  'date-time': '2026-01-15T12:00:00Z',
  time: '12:00:00Z',
  duration: 'PT1H',
  email: 'someone@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
}

function stringOf(schema: JsonObject, place: Place): string {
  const format = typeof schema.format === 'string' && Object.hasOwn(FORMATS, schema.format) && FORMATS[schema.format]
  const text = format || `simulated ${place.name}`
  return text.padEnd(count(schema.minLength, 0), '.').slice(0, count(schema.maxLength, 4096))
}

function count(value: JsonValue | undefined, otherwise: number): number {
  return typeof value === 'number' && value >= 0 ? Math.min(Math.floor(value), 4096) : otherwise
}
