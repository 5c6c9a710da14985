/*
 * JSON Schemas that Anthropic enforces, for structured answers and strict tools.
 *
 * Anthropic compiles the schema into a grammar and refuses keywords it cannot compile, and objects that allow unknown properties. The
 * schema is narrowed to what it takes: objects are closed, and limits that are lost (lengths, ranges, patterns) move into the
 * description for the model to read and are reported by path.
 */
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { Drop } from '../own-extensions.ts'

const UNSUPPORTED = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'maxItems',
  'uniqueItems',
  'contains',
  'minContains',
  'maxContains',
  'prefixItems',
  'minProperties',
  'maxProperties',
  'patternProperties',
  'propertyNames',
  'dependentRequired',
  'dependentSchemas',
  'if',
  'then',
  'else',
  'not',
  'unevaluatedProperties',
  'unevaluatedItems',
] as const
const FORMATS = new Set(['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid'])

/** The schema as Anthropic compiles it; every limit that is lost is dropped by its path below `path`. */
export function narrowSchema(schema: JsonObject, path: string, drop: Drop): JsonObject {
  const { $schema: _, oneOf, ...result } = schema
  const lost: JsonObject = {}
  const lose = (keyword: string) => {
    lost[keyword] = result[keyword] ?? null
    delete result[keyword]
    drop(`${path}.${keyword}`)
  }
  for (const keyword of UNSUPPORTED) if (keyword in result) lose(keyword)
  if (typeof result.format === 'string' && !FORMATS.has(result.format)) lose('format')
  if (typeof result.minItems === 'number' && result.minItems > 1) lose('minItems')
  // With `oneOf` exactly one variant fits, with `anyOf` at least one: the nearest that can be said.
  if (oneOf !== undefined && result.anyOf === undefined) result.anyOf = oneOf
  else if (oneOf !== undefined) {
    lost.oneOf = oneOf
    drop(`${path}.oneOf`)
  }
  for (const keyword of ['anyOf', 'allOf']) {
    const variants = result[keyword]
    if (Array.isArray(variants))
      result[keyword] = variants.map((each, at) => narrowed(each, `${path}.${keyword}[${at}]`, drop))
  }
  for (const keyword of ['properties', '$defs', 'definitions']) {
    const named = result[keyword]
    if (!isObject(named)) continue
    result[keyword] = Object.fromEntries(
      Object.entries(named).map(([name, each]) => [name, narrowed(each, `${path}.${keyword}.${name}`, drop)]),
    )
  }
  if (result.items !== undefined) result.items = narrowed(result.items, `${path}.items`, drop)
  if (isObjectType(result)) {
    if ((result.additionalProperties ?? false) !== false) drop(`${path}.additionalProperties`)
    result.additionalProperties = false
  }
  return Object.keys(lost).length === 0 ? result : { ...result, description: described(result.description, lost) }
}

function narrowed(value: JsonValue, path: string, drop: Drop): JsonValue {
  return isObject(value) ? narrowSchema(value, path, drop) : value
}

function isObjectType(schema: JsonObject): boolean {
  return (
    schema.type === 'object' ||
    (Array.isArray(schema.type) && schema.type.includes('object')) ||
    isObject(schema.properties)
  )
}

function described(description: JsonValue | undefined, lost: JsonObject): string {
  const limits = JSON.stringify(lost)
  return typeof description === 'string' ? `${description}\n\n${limits}` : limits
}
