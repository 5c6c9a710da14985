import type { Message } from '../../canonical/request.ts'
import type { FunctionTool, Tool } from '../../canonical/tool.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import {
  invalid,
  object,
  optionalBoolean,
  optionalObject,
  optionalString,
  requiredString,
} from '../anthropic-messages/fields.ts'
import { narrowSchema } from '../anthropic-messages/json-schema.ts'
import { decodeToolChoice as decodeClaudesChoice, type ToolRules } from '../anthropic-messages/tools.ts'
import { unsayableIn } from '../anthropic-messages/unsayable-schema.ts'
import type { Drop } from '../own-extensions.ts'
import { type Marker, ttlOf } from './cache-points.ts'
import { reportForeign } from './extensions.ts'
import type { ModelRules } from './model-rules.ts'
import { fromToolName, toToolName } from './tool-names.ts'

/** Describes a tool that stands in a request only because the conversation speaks of it. */
const WITHDRAWN = 'No longer offered: do not call it.'

/** The tools of `toolConfig`: functions of the caller, and tools that Bedrock runs itself. A cache point marks the tool before it. */
export function decodeTools(config: JsonObject | undefined): Tool[] | undefined {
  const list = config?.tools ?? undefined
  if (list === undefined) return undefined
  if (!Array.isArray(list)) throw invalid('toolConfig.tools', 'must be a list of tools.')
  const tools: Tool[] = []
  list.forEach((value, at) => {
    const path = `toolConfig.tools[${at}]`
    const tool = object(value, path)
    const last = tools.at(-1)
    if (isObject(tool.toolSpec) && tool.toolSpec.description === WITHDRAWN) return
    if (isObject(tool.toolSpec)) tools.push(decodeSpec(tool.toolSpec, `${path}.toolSpec`))
    else if (tool.cachePoint === undefined)
      tools.push({ type: 'hosted', dialect: 'bedrock-converse', definition: tool })
    else if (last?.type === 'function') tools[tools.length - 1] = { ...last, cacheTtl: ttlOf(tool.cachePoint) }
  })
  return tools.length === 0 && list.length > 0 ? undefined : tools
}

function decodeSpec(spec: JsonObject, path: string): FunctionTool {
  const description = optionalString(spec, 'description', path)
  const schema = optionalObject(spec, 'inputSchema', path)
  const parameters = schema && optionalObject(schema, 'json', `${path}.inputSchema`)
  const strict = optionalBoolean(spec, 'strict', path)
  return {
    type: 'function',
    name: fromToolName(requiredString(spec, 'name', path)),
    ...(description === undefined ? {} : { description }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(strict === undefined ? {} : { strict }),
  }
}

/** The tools as Bedrock's list; empty when there are none. */
export function encodeTools(
  tools: readonly Tool[] | undefined,
  rules: ModelRules,
  mark: Marker,
  drop: Drop,
): JsonObject[] {
  return (tools ?? []).flatMap((tool, at) => {
    const path = `tools[${at}]`
    if (tool.type === 'function') return [encodeSpec(tool, path, rules, drop), ...mark(tool)]
    if (tool.dialect === 'bedrock-converse') return [{ ...tool.definition }]
    drop(path)
    return []
  })
}

function encodeSpec(tool: FunctionTool, path: string, { structured }: ModelRules, drop: Drop): JsonObject {
  reportForeign(tool.extensions, `${path}.`, drop)
  const schema: JsonObject = { type: 'object', ...(tool.parameters ?? { properties: {} }) }
  const strict = tool.strict && structured && !unsayableIn(schema, '')
  if (tool.strict && !strict) drop(`${path}.function.strict`)
  return {
    toolSpec: {
      name: toToolName(tool.name, `${path}.function.name`),
      ...(tool.description ? { description: tool.description } : {}),
      inputSchema: { json: strict ? narrowSchema(schema, `${path}.function.parameters`, drop) : schema },
      ...(structured && strict === tool.strict && strict !== undefined ? { strict } : {}),
    },
  }
}

/** The tools that a conversation speaks of, for a request that offers none: Bedrock demands tools beside calls and results. */
export function toolsSpokenOf(messages: readonly Message[]): JsonObject[] {
  const names = new Set<string>()
  for (const { content } of messages) for (const part of content) if (part.type === 'tool-call') names.add(part.name)
  const results = messages.some(({ content }) => content.some(({ type }) => type === 'tool-result'))
  if (names.size === 0 && results) names.add('unknown')
  return [...names].map((name) => ({
    toolSpec: {
      name: toToolName(name, 'messages'),
      description: WITHDRAWN,
      inputSchema: { json: { type: 'object', properties: {} } },
    },
  }))
}

/** Reads the tool choice: Bedrock's own, or Claude's among the model's fields, which says more. */
export function decodeToolChoice(config: JsonObject | undefined, modelFields: JsonObject): ToolRules {
  if (isObject(modelFields.tool_choice)) return decodeClaudesChoice({ tool_choice: modelFields.tool_choice })
  const choice = config && optionalObject(config, 'toolChoice', 'toolConfig')
  if (!choice) return {}
  if (choice.auto !== undefined) return { toolChoice: { type: 'auto' } }
  if (choice.any !== undefined) return { toolChoice: { type: 'required' } }
  const named = object(choice.tool, 'toolConfig.toolChoice.tool')
  const name = fromToolName(requiredString(named, 'name', 'toolConfig.toolChoice.tool'))
  return { toolChoice: { type: 'named', name } }
}

/** A tool choice: in `toolConfig`, or among Claude's own fields where Bedrock has no words for it. The two exclude each other. */
export interface WireChoice {
  readonly toolChoice?: JsonObject
  readonly claudes?: JsonObject
}

/** The tool choice to write. It may only stand beside tools. */
export function encodeToolChoice(
  { toolChoice, parallelToolCalls }: ToolRules,
  hasTools: boolean,
  { vendor }: ModelRules,
  drop: Drop,
): WireChoice {
  if (!hasTools) {
    if (toolChoice?.type === 'required' || toolChoice?.type === 'named') drop('tool_choice')
    return {}
  }
  const serial = parallelToolCalls === false
  if (vendor === 'claude' && (serial || toolChoice?.type === 'none')) {
    const one = serial && toolChoice?.type !== 'none' ? { disable_parallel_tool_use: true } : {}
    return { claudes: { ...claudesWord(toolChoice), ...one } }
  }
  if (serial) drop('parallel_tool_calls')
  switch (toolChoice?.type) {
    case undefined:
      return {}
    case 'none':
      drop('tool_choice')
      return {}
    case 'auto':
      return { toolChoice: { auto: {} } }
    case 'required':
      return { toolChoice: { any: {} } }
    case 'named':
      return { toolChoice: { tool: { name: toToolName(toolChoice.name, 'tool_choice') } } }
  }
}

function claudesWord(choice: ToolRules['toolChoice']): { readonly [field: string]: JsonValue } {
  if (choice?.type === 'named') return { type: 'tool', name: toToolName(choice.name, 'tool_choice') }
  return { type: choice?.type === 'required' ? 'any' : (choice?.type ?? 'auto') }
}
