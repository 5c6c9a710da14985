import type { CanonicalRequest } from '../../canonical/request.ts'
import type { FunctionTool, Tool, ToolChoice } from '../../canonical/tool.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { Drop } from '../own-extensions.ts'
import { decodeMark, MARK_FIELDS } from './cache-mark.ts'
import { asExtensions, ownExtensions, reportForeign } from './extensions.ts'
import {
  asObject,
  invalid,
  listAt,
  optionalBoolean,
  optionalObject,
  optionalString,
  othersOf,
  pathOf,
  requiredString,
} from './fields.ts'

const TOOL_FIELDS: ReadonlySet<string> = new Set(['type', 'function', ...MARK_FIELDS])

/** Reads `tools`, and `functions`, their form before. */
export function decodeTools({ tools, functions }: JsonObject): Tool[] {
  const decoded: Tool[] = []
  if (isThere(tools)) {
    listAt(tools, 'tools').forEach((tool, at) => {
      decoded.push(decodeTool(tool, `tools[${at}]`))
    })
  }
  if (isThere(functions)) {
    listAt(functions, 'functions').forEach((tool, at) => {
      const path = `functions[${at}]`
      decoded.push(decodeFunction(asObject(tool, path), path))
    })
  }
  return decoded
}

function isThere(value: JsonValue | undefined): value is JsonValue {
  return value !== undefined && value !== null
}

/** One entry of `tools`: a function of the caller, or a tool that only some hosts of this format know. */
function decodeTool(value: JsonValue, path: string): Tool {
  const tool = asObject(value, path)
  // Mistral's SDK leaves the type of a function out.
  const type = tool.type === undefined && isObject(tool.function) ? 'function' : requiredString(tool, 'type', path)
  if (type !== 'function') {
    const { cache_key: _, ...definition } = tool
    return { type: 'hosted', dialect: 'openai-chat', definition }
  }
  const at = pathOf(path, 'function')
  return {
    ...decodeFunction(asObject(tool.function, at), at),
    ...decodeMark(tool, path),
    ...asExtensions(othersOf(tool, TOOL_FIELDS)),
  }
}

function decodeFunction(definition: JsonObject, at: string): FunctionTool {
  const description = optionalString(definition, 'description', at)
  const parameters = optionalObject(definition, 'parameters', at)
  const strict = optionalBoolean(definition, 'strict', at)
  return {
    type: 'function',
    name: requiredString(definition, 'name', at),
    ...(description === undefined ? {} : { description }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(strict === undefined ? {} : { strict }),
  }
}

/** Reads `tool_choice`, or `function_call`, its form before; undefined for a choice in a form that only this format has. */
export function decodeToolChoice({ tool_choice: tool, function_call: legacy }: JsonObject): ToolChoice | undefined {
  const path = isThere(tool) ? 'tool_choice' : 'function_call'
  const choice = isThere(tool) ? tool : legacy
  if (isObject(choice)) {
    // `function_call` names the function directly.
    if (path === 'function_call') return { type: 'named', name: requiredString(choice, 'name', path) }
    if (choice.type !== 'function') return undefined
    const at = pathOf(path, 'function')
    return { type: 'named', name: requiredString(asObject(choice.function, at), 'name', at) }
  }
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { type: choice }
  // Mistral's word.
  if (choice === 'any') return { type: 'required' }
  throw invalid(path, 'must be "auto", "none", "required" or an object that names a function.')
}

/** The fields about tools to write; what this format cannot say is dropped by its path. */
export function encodeTools(request: CanonicalRequest, drop: Drop): JsonObject {
  const tools: JsonObject[] = []
  request.tools?.forEach((tool, at) => {
    const path = `tools[${at}]`
    if (tool.type === 'function') tools.push(encodeFunctionTool(tool, path, drop))
    else if (tool.dialect === 'openai-chat') tools.push(tool.definition)
    else drop(path)
  })
  const { toolChoice, parallelToolCalls } = request
  if (tools.length === 0) {
    if (toolChoice?.type === 'required' || toolChoice?.type === 'named') drop('tool_choice')
    return {}
  }
  return {
    tools,
    ...(toolChoice === undefined ? {} : { tool_choice: encodeChoice(toolChoice) }),
    ...(parallelToolCalls === undefined ? {} : { parallel_tool_calls: parallelToolCalls }),
  }
}

function encodeFunctionTool(tool: FunctionTool, path: string, drop: Drop): JsonObject {
  reportForeign(tool.extensions, `${path}.`, drop)
  return {
    ...ownExtensions(tool.extensions),
    type: 'function',
    function: {
      name: tool.name,
      ...(tool.description === undefined ? {} : { description: tool.description }),
      ...(tool.parameters === undefined ? {} : { parameters: tool.parameters }),
      ...(tool.strict === undefined ? {} : { strict: tool.strict }),
    },
  }
}

function encodeChoice(choice: ToolChoice): JsonValue {
  return choice.type === 'named' ? { type: 'function', function: { name: choice.name } } : choice.type
}
