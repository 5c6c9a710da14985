/*
 * JSON Schemas that Google enforces, for structured answers.
 *
 * Google takes any schema in `responseJsonSchema` and holds the answer to the keywords it knows
 * (https://ai.google.dev/api/generate-content#FIELDS.response_json_schema, 2026-11-21); beside a `$ref` nothing else may stand. What can be said in those
 * words is; limits that are lost move into the description for the model to read and are reported by path.
 */
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { Drop } from '../own-extensions.ts'

const KEYWORDS = new Set([
  ...['$id', '$defs', '$ref', '$anchor', 'type', 'format', 'title', 'description', 'enum', 'items', 'prefixItems'],
  ...['minItems', 'maxItems', 'minimum', 'maximum', 'anyOf', 'oneOf', 'properties', 'additionalProperties', 'required'],
  'propertyOrdering',
])
/** Keywords that hold no answer to anything. */
const SILENT = new Set(['$schema', '$comment', 'default', 'examples', 'example', 'deprecated', 'readOnly', 'writeOnly'])
const OLD_DEFINITIONS = '#/definitions/'

/** The schema as Google enforces it; every limit that is lost is dropped by its path below `path`. */
export function narrowSchema(schema: JsonObject, path: string, drop: Drop): JsonObject {
  const result: JsonObject = {}
  const lost: JsonObject = {}
  for (const [keyword, value] of Object.entries(schema)) {
    const [name, said] = sayable(keyword, value)
    if (KEYWORDS.has(name)) result[name] = inside(name, said, `${path}.${keyword}`, drop)
    else if (!SILENT.has(name)) {
      lost[name] = value
      drop(`${path}.${keyword}`)
    }
  }
  if (Object.keys(lost).length > 0) result.description = described(result.description, lost)
  return '$ref' in result ? referring(result) : result
}

/** The same in Google's words, where it has some. */
function sayable(keyword: string, value: JsonValue): [string, JsonValue] {
  switch (keyword) {
    case 'const':
      return typeof value === 'string' || typeof value === 'number' ? ['enum', [value]] : [keyword, value]
    case 'definitions':
      return ['$defs', value]
    case '$ref':
      return typeof value === 'string' && value.startsWith(OLD_DEFINITIONS)
        ? ['$ref', `#/$defs/${value.slice(OLD_DEFINITIONS.length)}`]
        : [keyword, value]
    case 'allOf':
      return Array.isArray(value) && value.length === 1 ? ['anyOf', value] : [keyword, value]
    default:
      return [keyword, value]
  }
}

function inside(keyword: string, value: JsonValue, path: string, drop: Drop): JsonValue {
  if (keyword === 'properties' || keyword === '$defs') {
    if (!isObject(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, narrowed(each, `${path}.${name}`, drop)]),
    )
  }
  if (keyword === 'anyOf' || keyword === 'oneOf' || keyword === 'prefixItems') {
    return Array.isArray(value) ? value.map((each, at) => narrowed(each, `${path}[${at}]`, drop)) : value
  }
  return keyword === 'items' || keyword === 'additionalProperties' ? narrowed(value, path, drop) : value
}

function narrowed(value: JsonValue, path: string, drop: Drop): JsonValue {
  return isObject(value) ? narrowSchema(value, path, drop) : value
}

/** A reference alone, or beside what else is said of the place that refers. */
function referring(schema: JsonObject): JsonObject {
  const { $ref = null, ...others } = schema
  const beside = Object.keys(others).filter((keyword) => !keyword.startsWith('$'))
  return beside.length === 0 ? schema : { ...others, anyOf: [{ $ref }] }
}

function described(description: JsonValue | undefined, lost: JsonObject): string {
  const limits = JSON.stringify(lost)
  return typeof description === 'string' ? `${description}\n\n${limits}` : limits
}
