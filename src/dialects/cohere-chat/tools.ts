import type { CanonicalRequest } from '../../canonical/request.ts'
import type { FunctionTool } from '../../canonical/tool.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import {
  asObject,
  invalid,
  optionalBoolean,
  optionalList,
  optionalObject,
  optionalString,
  pathOf,
  requiredString,
} from '../openai-chat/fields.ts'
import type { Drop } from '../own-extensions.ts'
import { reportForeign } from './extensions.ts'

/** Reads `tools`, `strict_tools` and `tool_choice`. */
export function decodeTools(body: JsonObject): Pick<CanonicalRequest, 'tools' | 'toolChoice'> {
  const strict = optionalBoolean(body, 'strict_tools')
  const tools = optionalList(body, 'tools')?.map((tool, at) => decodeTool(tool, `tools[${at}]`, strict))
  const choice = optionalString(body, 'tool_choice')
  if (choice !== undefined && choice !== 'REQUIRED' && choice !== 'NONE')
    throw invalid('tool_choice', 'must be "REQUIRED" or "NONE".')
  return {
    ...(tools ? { tools } : {}),
    ...(choice === undefined ? {} : { toolChoice: { type: choice === 'NONE' ? 'none' : 'required' } }),
  }
}

function decodeTool(value: JsonValue, path: string, strict: boolean | undefined): FunctionTool {
  const at = pathOf(path, 'function')
  const definition = asObject(asObject(value, path).function, at)
  const description = optionalString(definition, 'description', at)
  const parameters = optionalObject(definition, 'parameters', at)
  return {
    type: 'function',
    name: requiredString(definition, 'name', at),
    ...(description === undefined ? {} : { description }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(strict === undefined ? {} : { strict }),
  }
}

/**
 * The fields about tools to write; what Cohere cannot say is dropped by its path. A tool that must be called by name is the only one shown, and
 * must be called; that all are strict or none is Cohere's rule.
 */
export function encodeTools(request: CanonicalRequest, drop: Drop): JsonObject {
  const { tools = [], toolChoice: choice, parallelToolCalls } = request
  const functions = tools.filter((tool) => tool.type === 'function')
  const strict = functions.length > 0 && functions.every((tool) => tool.strict === true)
  tools.forEach((tool, at) => {
    if (tool.type !== 'function') {
      drop(`tools[${at}]`)
      return
    }
    reportForeign(tool.extensions, `tools[${at}].`, drop)
    if (tool.strict && !strict) drop(`tools[${at}].function.strict`)
  })
  const allowed = choice?.type === 'named' ? functions.filter(({ name }) => name === choice.name) : functions
  const mustCall = choice?.type === 'required' || choice?.type === 'named'
  if (mustCall && allowed.length === 0) drop('tool_choice')
  if (functions.length === 0) return {}
  if (parallelToolCalls === false) drop('parallel_tool_calls')
  return {
    tools: (allowed.length === 0 ? functions : allowed).map(encodeTool),
    ...(strict ? { strict_tools: true } : {}),
    ...(mustCall && allowed.length > 0 ? { tool_choice: 'REQUIRED' } : {}),
    ...(choice?.type === 'none' ? { tool_choice: 'NONE' } : {}),
  }
}

function encodeTool({ name, description, parameters }: FunctionTool): JsonObject {
  return {
    type: 'function',
    function: {
      name,
      ...(description === undefined ? {} : { description }),
      // Cohere wants a schema of every tool.
      parameters: parameters ?? { type: 'object', properties: {} },
    },
  }
}
