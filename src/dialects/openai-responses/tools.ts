import type { CanonicalRequest } from '../../canonical/request.ts'
import type { FunctionTool, Tool } from '../../canonical/tool.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import {
  asObject,
  optionalBoolean,
  optionalList,
  optionalObject,
  optionalString,
  othersOf,
  requiredString,
} from '../openai-chat/fields.ts'
import type { Drop } from '../own-extensions.ts'
import { decodeMark, MARK_FIELD } from './cache-mark.ts'
import { asExtensions, ownExtensions, reportForeign } from './extensions.ts'
import { encodeToolChoice } from './tool-choice.ts'

const SAID: ReadonlySet<string> = new Set(['type', 'name', 'description', 'parameters', 'strict', MARK_FIELD])

/** Reads `tools`. */
export function decodeTools(body: JsonObject): readonly Tool[] | undefined {
  return optionalList(body, 'tools')?.map((tool, at) => decodeTool(tool, `tools[${at}]`))
}

/** One entry of `tools`: a function of the caller, or a tool that only this format knows, whoever runs it. */
function decodeTool(value: JsonValue, path: string): Tool {
  const tool = asObject(value, path)
  if (requiredString(tool, 'type', path) !== 'function') {
    const { [MARK_FIELD]: _, ...definition } = tool
    return { type: 'hosted', dialect: 'openai-responses', definition }
  }
  const description = optionalString(tool, 'description', path)
  const parameters = optionalObject(tool, 'parameters', path)
  const strict = optionalBoolean(tool, 'strict', path)
  return {
    type: 'function',
    name: requiredString(tool, 'name', path),
    ...(description === undefined ? {} : { description }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(strict === undefined ? {} : { strict }),
    ...decodeMark(tool, path),
    ...asExtensions(othersOf(tool, SAID)),
  }
}

/** The fields about tools to write; what this format cannot say is dropped by its path. `own` is a choice in this format's own form. */
export function encodeTools(request: CanonicalRequest, own: JsonValue | undefined, drop: Drop): JsonObject {
  const tools: JsonObject[] = []
  request.tools?.forEach((tool, at) => {
    const path = `tools[${at}]`
    if (tool.type === 'function') tools.push(encodeFunction(tool, path, drop))
    else if (tool.dialect === 'openai-responses') tools.push(tool.definition)
    else drop(path)
  })
  const { toolChoice, parallelToolCalls } = request
  if (tools.length === 0) {
    if (toolChoice?.type === 'required' || toolChoice?.type === 'named') drop('tool_choice')
    return {}
  }
  const choice = own ?? (toolChoice && encodeToolChoice(toolChoice))
  return {
    tools,
    ...(choice === undefined ? {} : { tool_choice: choice }),
    ...(parallelToolCalls === undefined ? {} : { parallel_tool_calls: parallelToolCalls }),
  }
}

/** Where nothing is said, this API makes every schema strict, which makes optional parameters required; no other format does. */
function encodeFunction(tool: FunctionTool, path: string, drop: Drop): JsonObject {
  reportForeign(tool.extensions, `${path}.`, drop)
  return {
    ...ownExtensions(tool.extensions),
    type: 'function',
    name: tool.name,
    ...(tool.description === undefined ? {} : { description: tool.description }),
    parameters: tool.parameters ?? { type: 'object', properties: {} },
    strict: tool.strict ?? false,
  }
}
