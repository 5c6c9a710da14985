/*
 * OpenAI's strict mode, for answers and for tools, in both of its formats. A strict schema must be closed, name all its properties as required, and
 * keep to few keywords (https://platform.openai.com/docs/guides/structured-outputs#supported-schemas, 2026-11-21); any other is refused with 400.
 * Other vendors hold answers to schemas that break these rules, so what came from there is asked for without strictness, and that is reported.
 */

import type { DialectName } from '../canonical/dialect-name.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import type { Tool } from '../canonical/tool.ts'
import { isObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import type { Drop } from './own-extensions.ts'

const KEYWORDS: ReadonlySet<string> = new Set([
  ...['$schema', '$id', '$ref', '$defs', 'definitions', '$comment', 'type', 'title', 'description', 'enum', 'const'],
  ...['properties', 'required', 'additionalProperties', 'items', 'anyOf', 'pattern', 'format', 'minItems', 'maxItems'],
  ...['multipleOf', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
])

/** Whose callers know OpenAI's rules: their word counts, and OpenAI tells them what is wrong. */
const KNOW_THE_RULES: ReadonlySet<DialectName | undefined> = new Set([undefined, 'openai-chat', 'openai-responses'])

/** The request without a strictness that OpenAI would refuse to callers of other formats; it is dropped by its path. */
export function strictAsOpenAi(
  request: CanonicalRequest,
  caller: DialectName | undefined,
  drop: Drop,
): CanonicalRequest {
  if (KNOW_THE_RULES.has(caller)) return request
  const { responseFormat: format, tools } = request
  const loose = format?.type === 'json-schema' && format.strict === true && !canBeStrict(format.schema)
  if (loose) drop('response_format.json_schema.strict')
  return {
    ...request,
    ...(loose ? { responseFormat: { ...format, strict: false } } : {}),
    ...(tools ? { tools: tools.map((tool, at) => strictTool(tool, `tools[${at}]`, drop)) } : {}),
  }
}

function strictTool(tool: Tool, path: string, drop: Drop): Tool {
  if (tool.type !== 'function' || !tool.strict || canBeStrict(tool.parameters ?? NO_PARAMETERS)) return tool
  drop(`${path}.function.strict`)
  return { ...tool, strict: false }
}

const NO_PARAMETERS: JsonObject = { type: 'object', additionalProperties: false }

function canBeStrict(schema: JsonObject): boolean {
  return schema.type === 'object' && schema.anyOf === undefined && isStrict(schema)
}

function isStrict(schema: JsonValue): boolean {
  if (!isObject(schema)) return false
  if (!Object.keys(schema).every((keyword) => KEYWORDS.has(keyword))) return false
  const { properties, items, anyOf, $defs, definitions } = schema
  return (
    (!isObjectType(schema) || isClosed(schema)) &&
    [properties, $defs, definitions].every((named) => named === undefined || allStrict(named, isObject)) &&
    (items === undefined || isStrict(items)) &&
    (anyOf === undefined || allStrict(anyOf, Array.isArray))
  )
}

function allStrict(held: JsonValue, isHolder: (value: unknown) => boolean): boolean {
  return isHolder(held) && Object.values(held as JsonObject | JsonValue[]).every(isStrict)
}

function isObjectType({ type, properties }: JsonObject): boolean {
  return properties !== undefined || type === 'object' || (Array.isArray(type) && type.includes('object'))
}

function isClosed({ properties, required, additionalProperties }: JsonObject): boolean {
  const names = isObject(properties) ? Object.keys(properties) : []
  return additionalProperties === false && names.every((name) => Array.isArray(required) && required.includes(name))
}
