import type { CanonicalRequest } from '../../canonical/request.ts'
import type { FunctionTool, Tool, ToolChoice } from '../../canonical/tool.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { Drop } from '../own-extensions.ts'
import { decodeMark, MARK_FIELDS } from './cache-mark.ts'
import { asExtensions, ownExtensions, reportForeign } from './extensions.ts'
import {
  asObject,
  invalid,
  optionalBoolean,
  optionalList,
  optionalObject,
  optionalString,
  othersOf,
  pathOf,
  requiredString,
} from './fields.ts'

const TOOL_FIELDS: ReadonlySet<string> = new Set(['type', 'function', ...MARK_FIELDS])

/** What a request says about tools. A choice in a form that only this format has stays in `ownChoice`. */
export interface ToolFields {
  readonly tools?: readonly Tool[]
  readonly toolChoice?: ToolChoice
  readonly parallelToolCalls?: boolean
  readonly ownChoice?: JsonObject
}

/** Reads `tools`, `tool_choice` and `parallel_tool_calls`, and their forms before those: `functions` and `function_call`. */
export function decodeTools(body: JsonObject): ToolFields {
  const parallelToolCalls = optionalBoolean(body, 'parallel_tool_calls')
  const tools = optionalList(body, 'tools')?.map((tool, at) => decodeTool(tool, `tools[${at}]`))
  const functions = optionalList(body, 'functions')?.map((tool, at) => {
    const path = `functions[${at}]`
    return decodeFunction(asObject(tool, path), path)
  })
  return {
    ...(tools || functions ? { tools: [...(tools ?? []), ...(functions ?? [])] } : {}),
    ...decodeChoice(body),
    ...(parallelToolCalls === undefined ? {} : { parallelToolCalls }),
  }
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

function decodeChoice(body: JsonObject): Pick<ToolFields, 'toolChoice' | 'ownChoice'> {
  const choice = body.tool_choice ?? body.function_call ?? undefined
  const path = body.tool_choice === undefined || body.tool_choice === null ? 'function_call' : 'tool_choice'
  if (choice === undefined) return {}
  if (isObject(choice)) {
    // `function_call` names the function directly.
    if (path === 'function_call') return { toolChoice: { type: 'named', name: requiredString(choice, 'name', path) } }
    if (choice.type !== 'function') return { ownChoice: choice }
    const at = pathOf(path, 'function')
    return { toolChoice: { type: 'named', name: requiredString(asObject(choice.function, at), 'name', at) } }
  }
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { toolChoice: { type: choice } }
  // Mistral's word.
  if (choice === 'any') return { toolChoice: { type: 'required' } }
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
