import type { ToolChoice } from '../../canonical/tool.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { invalid, requiredString } from '../openai-chat/fields.ts'

/** A choice in canonical words as far as they go, and as it was written where they do not say all of it. */
export interface Choice {
  readonly toolChoice?: ToolChoice
  /** A form that only this format has: a hosted tool, a set of allowed tools. */
  readonly own?: JsonObject
}

/** Reads `tool_choice`. */
export function decodeToolChoice(body: JsonObject): Choice {
  const choice = body.tool_choice ?? undefined
  if (choice === undefined) return {}
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { toolChoice: { type: choice } }
  if (!isObject(choice)) {
    throw invalid('tool_choice', 'must be "auto", "none", "required" or an object that names a tool.')
  }
  if (choice.type === 'function') {
    return { toolChoice: { type: 'named', name: requiredString(choice, 'name', 'tool_choice') } }
  }
  if (choice.type === 'allowed_tools') return { ...modeOf(choice), own: choice }
  return { own: choice }
}

/** Among allowed tools the model is free or must take one; if there is but one function, it is that. */
function modeOf({ mode, tools }: JsonObject): { readonly toolChoice: ToolChoice } {
  if (mode !== 'required') return { toolChoice: { type: 'auto' } }
  const only = Array.isArray(tools) && tools.length === 1 ? tools[0] : undefined
  const name = isObject(only) && only.type === 'function' ? only.name : undefined
  return { toolChoice: typeof name === 'string' ? { type: 'named', name } : { type: 'required' } }
}

/** A choice in this format's words. */
export function encodeToolChoice(choice: ToolChoice): JsonValue {
  return choice.type === 'named' ? { type: 'function', name: choice.name } : choice.type
}
