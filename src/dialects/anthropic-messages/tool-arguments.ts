import { parseExactJson } from '../../lib/exact-json.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'

/**
 * The `input` of a tool_use block from the JSON text the model wrote. Anthropic takes nothing but an object there; text that is no
 * JSON object is handed over as `{"_raw": text}`, so that the call and its result stay a pair and the model can see what went wrong.
 */
export function toToolInput(argumentsText: string): JsonObject {
  if (argumentsText.trim() === '') return {}
  const input = parseExactJson(argumentsText)
  return isObject(input) ? input : { _raw: argumentsText }
}
