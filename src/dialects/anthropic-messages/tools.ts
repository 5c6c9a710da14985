import type { CanonicalRequest } from '../../canonical/request.ts'
import type { FunctionTool, Tool, ToolChoice } from '../../canonical/tool.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import type { Drop } from '../own-extensions.ts'
import { decodeMark, encodeMark, MARK_FIELDS } from './cache-marks.ts'
import { asExtensions, ownExtensions, reportForeign } from './extensions.ts'
import { invalid, object, optionalBoolean, optionalObject, optionalString, othersOf, requiredString } from './fields.ts'
import type { Generation } from './generation.ts'
import { narrowSchema } from './json-schema.ts'
import { unsayableIn } from './unsayable-schema.ts'

const SAID = new Set(['type', 'name', 'description', 'input_schema', 'strict', ...MARK_FIELDS])

/** One entry of `tools`: a function of the caller, or a tool that only Anthropic knows. */
export function decodeTool(value: JsonValue, path: string): Tool {
  const tool = object(value, path)
  const type = optionalString(tool, 'type', path) ?? 'custom'
  if (type !== 'custom') return { type: 'hosted', dialect: 'anthropic-messages', definition: tool }
  const description = optionalString(tool, 'description', path)
  const parameters = optionalObject(tool, 'input_schema', path)
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

/** The tools of a request; undefined when there are none left. */
export function encodeTools(
  tools: readonly Tool[] | undefined,
  generation: Generation,
  drop: Drop,
): JsonObject[] | undefined {
  const encoded: JsonObject[] = []
  tools?.forEach((tool, at) => {
    const path = `tools[${at}]`
    if (tool.type === 'function') encoded.push(encodeFunction(tool, path, generation, drop))
    else if (tool.dialect === 'anthropic-messages') encoded.push({ ...tool.definition })
    else drop(path)
  })
  return encoded.length === 0 ? undefined : encoded
}

function encodeFunction(tool: FunctionTool, path: string, generation: Generation, drop: Drop): JsonObject {
  reportForeign(tool.extensions, `${path}.`, drop)
  // Anthropic demands a schema even of tools without parameters.
  const schema: JsonObject = { type: 'object', ...(tool.parameters ?? { properties: {} }) }
  const strict = tool.strict && generation.structured && !unsayableIn(schema, '')
  if (tool.strict && !strict) drop(`${path}.function.strict`)
  return {
    ...ownExtensions(tool.extensions),
    name: tool.name,
    ...(tool.description === undefined ? {} : { description: tool.description }),
    input_schema: strict ? narrowSchema(schema, `${path}.function.parameters`, drop) : schema,
    ...(strict === undefined || strict !== tool.strict ? {} : { strict }),
    ...encodeMark(tool),
  }
}

/** What a request demands of the model about tools. */
export type ToolRules = Pick<CanonicalRequest, 'toolChoice' | 'parallelToolCalls'>

/** Reads `tool_choice`. */
export function decodeToolChoice(body: JsonObject): ToolRules {
  const choice = optionalObject(body, 'tool_choice')
  if (!choice) return {}
  const serial = optionalBoolean(choice, 'disable_parallel_tool_use', 'tool_choice')
  return { toolChoice: choiceOf(choice), ...(serial === undefined ? {} : { parallelToolCalls: !serial }) }
}

function choiceOf(choice: JsonObject): ToolChoice {
  switch (choice.type) {
    case 'auto':
    case 'none':
      return { type: choice.type }
    case 'any':
      return { type: 'required' }
    case 'tool':
      return { type: 'named', name: requiredString(choice, 'name', 'tool_choice') }
    default:
      throw invalid('tool_choice.type', 'must be "auto", "any", "tool" or "none".')
  }
}

/** The `tool_choice` to write; undefined when silence says the same. It may only stand beside tools. */
export function encodeToolChoice(rules: ToolRules, hasTools: boolean, drop: Drop): JsonObject | undefined {
  const { toolChoice, parallelToolCalls } = rules
  if (!hasTools) {
    if (toolChoice?.type === 'required' || toolChoice?.type === 'named') drop('tool_choice')
    return undefined
  }
  if (toolChoice?.type === 'none') return { type: 'none' }
  if (!toolChoice && parallelToolCalls !== false) return undefined
  return {
    ...wireChoice(toolChoice ?? { type: 'auto' }),
    ...(parallelToolCalls === undefined ? {} : { disable_parallel_tool_use: !parallelToolCalls }),
  }
}

function wireChoice(choice: ToolChoice): JsonObject {
  switch (choice.type) {
    case 'required':
      return { type: 'any' }
    case 'named':
      return { type: 'tool', name: choice.name }
    default:
      return { type: choice.type }
  }
}
