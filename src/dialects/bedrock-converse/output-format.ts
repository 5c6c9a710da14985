import type { ResponseFormat } from '../../canonical/request.ts'
import { isObject, type JsonObject, parseJson } from '../../lib/json.ts'
import { optionalObject } from '../anthropic-messages/fields.ts'
import { narrowSchema } from '../anthropic-messages/json-schema.ts'
import { SCHEMA_PATH } from '../anthropic-messages/output-format.ts'
import { refuseUnsayable } from '../anthropic-messages/unsayable-schema.ts'
import type { Drop } from '../own-extensions.ts'
import type { ModelRules } from './model-rules.ts'

/** The schema asked for in `outputConfig.textFormat`, where it is a text; undefined when the answer is free. */
export function decodeFormat(body: JsonObject): ResponseFormat | undefined {
  const config = optionalObject(body, 'outputConfig')
  const format = config && optionalObject(config, 'textFormat', 'outputConfig')
  const structure = format && optionalObject(format, 'structure', 'outputConfig.textFormat')
  const said = structure && optionalObject(structure, 'jsonSchema', 'outputConfig.textFormat.structure')
  const schema = typeof said?.schema === 'string' ? parseJson(said.schema) : undefined
  if (!said || !isObject(schema)) return undefined
  return {
    type: 'json-schema',
    name: typeof said.name === 'string' ? said.name : 'response',
    schema,
    strict: true,
    ...(typeof said.description === 'string' ? { description: said.description } : {}),
  }
}

/**
 * The value of `outputConfig.textFormat`; undefined when the answer is free. JSON without a schema cannot be asked for. Throws
 * `unsupported_parameter` for a schema that no answer can be held to.
 */
export function encodeFormat(
  format: ResponseFormat | undefined,
  { structured }: ModelRules,
  drop: Drop,
): JsonObject | undefined {
  if (!format || format.type === 'text') return undefined
  if (format.type === 'json' || !structured) {
    drop('response_format')
    return undefined
  }
  refuseUnsayable(format.schema, SCHEMA_PATH)
  const schema = narrowSchema(format.schema, SCHEMA_PATH, drop)
  return {
    type: 'json_schema',
    structure: {
      jsonSchema: {
        schema: JSON.stringify(schema),
        name: format.name,
        ...(format.description ? { description: format.description } : {}),
      },
    },
  }
}
