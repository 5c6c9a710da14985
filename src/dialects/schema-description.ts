import type { ResponseFormat } from '../canonical/request.ts'
import type { JsonObject } from '../lib/json.ts'

/** The schema of an answer with what the format says it is for: in the schema's own description, for providers that have no other place for it. */
export function describedSchema({ schema, description }: Extract<ResponseFormat, { type: 'json-schema' }>): JsonObject {
  if (description === undefined || description === '') return schema
  const own = typeof schema.description === 'string' ? `${description}\n\n${schema.description}` : description
  return { ...schema, description: own }
}
