import type { ReasoningRequest, ResponseFormat } from '../../canonical/request.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Quirks } from '../dialect.ts'
import { optionalBoolean, optionalObject, optionalString, requiredString } from '../openai-chat/fields.ts'
import { effortOf, isEffort, nearestEffort } from '../openai-chat/request-fields.ts'

/** The format of the answer in `text.format`; undefined also for formats that only some hosts know (grammars). */
export function decodeTextFormat(body: JsonObject): ResponseFormat | undefined {
  const format = optionalObject(optionalObject(body, 'text') ?? {}, 'format', 'text')
  const at = 'text.format'
  switch (format && requiredString(format, 'type', at)) {
    case 'text':
      return { type: 'text' }
    case 'json_object':
      return { type: 'json' }
    case 'json_schema':
      return format && decodeJsonSchema(format, at)
    default:
      return undefined
  }
}

function decodeJsonSchema(format: JsonObject, at: string): ResponseFormat {
  const strict = optionalBoolean(format, 'strict', at)
  const description = optionalString(format, 'description', at)
  return {
    type: 'json-schema',
    name: optionalString(format, 'name', at) ?? 'answer',
    schema: optionalObject(format, 'schema', at) ?? {},
    ...(strict === undefined ? {} : { strict }),
    ...(description === undefined ? {} : { description }),
  }
}

/** The format in this dialect's words. */
export function encodeTextFormat(format: ResponseFormat): JsonObject {
  switch (format.type) {
    case 'text':
      return { type: 'text' }
    case 'json':
      return { type: 'json_object' }
    case 'json-schema': {
      const { type: _, ...definition } = format
      return { type: 'json_schema', ...definition }
    }
  }
}

/** How much to think. An effort that is no word of ours stays an extension. */
export function decodeReasoningRequest(body: JsonObject): ReasoningRequest | undefined {
  const effort = optionalString(optionalObject(body, 'reasoning') ?? {}, 'effort', 'reasoning')
  return isEffort(effort) ? { effort } : undefined
}

/** The effort to ask for; a budget of tokens, or a word that the host does not know, becomes the nearest one. */
export function encodeEffort(reasoning: ReasoningRequest | undefined, { efforts }: Quirks): string | undefined {
  const { effort, budgetTokens } = reasoning ?? {}
  const word = effort ?? (budgetTokens === undefined ? undefined : effortOf(budgetTokens))
  return word && nearestEffort(word, efforts)
}
