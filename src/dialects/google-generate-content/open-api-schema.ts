/*
 * Google's older way to write schemas, in `parameters` and `responseSchema`: a subset of OpenAPI 3.0, with types in capitals, `nullable`, counts as
 * texts and a field for the order of properties. The same meaning as a JSON Schema is what all formats share, and what is written to Google too, in
 * `parametersJsonSchema` and `responseJsonSchema`.
 */
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { camelCase } from './fields.ts'

const COUNTS = new Set(['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties'])
/** Spellings of OpenAPI that say nothing to JSON Schema. */
const OPEN_API_FORMATS = new Set(['enum', 'float', 'double', 'int32', 'int64'])

/** The JSON Schema that means the same. */
export function fromOpenApi(schema: JsonObject): JsonObject {
  const result: JsonObject = {}
  let nullable = false
  for (const [field, value] of Object.entries(schema)) {
    const keyword = camelCase(field)
    if (keyword === 'nullable') nullable = value === true
    else if (value === null || (keyword === 'format' && OPEN_API_FORMATS.has(String(value)))) continue
    else result[keyword] = keywordOf(keyword, value)
  }
  if (result.type === 'type_unspecified') delete result.type
  return nullable ? orNull(result) : result
}

function keywordOf(keyword: string, value: JsonValue): JsonValue {
  if (keyword === 'type') return typeof value === 'string' ? value.toLowerCase() : value
  if (COUNTS.has(keyword)) return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  if (keyword === 'properties' && isObject(value)) return mapped(value)
  if (keyword === 'items' && isObject(value)) return fromOpenApi(value)
  if ((keyword === 'anyOf' || keyword === 'prefixItems') && Array.isArray(value)) {
    return value.map((each) => (isObject(each) ? fromOpenApi(each) : each))
  }
  return value
}

function mapped(properties: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [name, isObject(value) ? fromOpenApi(value) : value]),
  )
}

function orNull(schema: JsonObject): JsonObject {
  if (typeof schema.type !== 'string') return { anyOf: [schema, { type: 'null' }] }
  const withNull = Array.isArray(schema.enum) ? { enum: [...schema.enum, null] } : {}
  return { ...schema, type: [schema.type, 'null'], ...withNull }
}
