import type { ResponseFormat } from '../../canonical/request.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import type { Drop } from '../own-extensions.ts'
import { describedSchema } from '../schema-description.ts'
import { optionalObject } from './fields.ts'
import type { Generation } from './generation.ts'
import { narrowSchema } from './json-schema.ts'
import { refuseUnsayable } from './unsayable-schema.ts'

/** Where callers of most formats wrote the schema. */
export const SCHEMA_PATH = 'response_format.json_schema.schema'

/** The schema asked for, in `output_config.format` or its old name `output_format`; undefined when the answer is free. */
export function decodeFormat(body: JsonObject): ResponseFormat | undefined {
  const config = optionalObject(body, 'output_config')
  const format = (config && optionalObject(config, 'format', 'output_config')) ?? optionalObject(body, 'output_format')
  if (format?.type !== 'json_schema' || !isObject(format.schema)) return undefined
  return { type: 'json-schema', name: 'response', schema: format.schema, strict: true }
}

/**
 * The value of `output_config.format`; undefined when the answer is free. JSON without a schema cannot be asked for. Throws
 * `unsupported_parameter` for a schema that no answer can be held to.
 */
export function encodeFormat(
  format: ResponseFormat | undefined,
  generation: Generation,
  drop: Drop,
): JsonObject | undefined {
  if (!format || format.type === 'text') return undefined
  if (format.type === 'json' || !generation.structured) {
    drop('response_format')
    return undefined
  }
  refuseUnsayable(format.schema, SCHEMA_PATH)
  return { type: 'json_schema', schema: narrowSchema(describedSchema(format), SCHEMA_PATH, drop) }
}
