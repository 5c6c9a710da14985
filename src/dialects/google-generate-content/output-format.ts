import type { ResponseFormat } from '../../canonical/request.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Drop } from '../own-extensions.ts'
import { describedSchema } from '../schema-description.ts'
import { asObject, optionalObject, optionalString, read } from './fields.ts'
import { narrowSchema } from './json-schema.ts'
import { fromOpenApi } from './open-api-schema.ts'

const JSON_TYPE = 'application/json'
const AT = 'generationConfig'

/** How the answer must look, and whether that is all that the request says of it. */
export interface DecodedFormat {
  readonly format?: ResponseFormat
  /** A MIME type that only Google knows (`text/x.enum`): it is carried as it is, its schema with it. */
  readonly isOwn?: boolean
}

/** Reads `responseMimeType` and the schema, in whichever of its two languages. */
export function decodeFormat(config: JsonObject): DecodedFormat {
  const type = optionalString(config, 'responseMimeType', AT)
  if (type === undefined) return {}
  if (type === 'text/plain') return { format: { type: 'text' } }
  if (type !== JSON_TYPE) return { isOwn: true }
  const schema = schemaOf(config)
  return { format: schema ? { type: 'json-schema', name: 'response', schema, strict: true } : { type: 'json' } }
}

function schemaOf(config: JsonObject): JsonObject | undefined {
  const schema = read(config, 'responseJsonSchema', AT)
  if (schema !== undefined) return asObject(schema, `${AT}.responseJsonSchema`)
  const openApi = optionalObject(config, 'responseSchema', AT)
  return openApi && fromOpenApi(openApi)
}

/** The fields of `generationConfig` that ask for that format. */
export function encodeFormat(format: ResponseFormat | undefined, mayBeJson: boolean, drop: Drop): JsonObject {
  if (!format) return {}
  if (format.type === 'text') return { responseMimeType: 'text/plain' }
  if (!mayBeJson) {
    drop('response_format')
    return {}
  }
  if (format.type === 'json') return { responseMimeType: JSON_TYPE }
  const path = 'response_format.json_schema.schema'
  return { responseMimeType: JSON_TYPE, responseJsonSchema: narrowSchema(describedSchema(format), path, drop) }
}
