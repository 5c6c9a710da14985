import type { OpaquePart, ToolCallPart } from '../../canonical/content.ts'
import { newId } from '../../lib/ids.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { decodeMark } from './cache-mark.ts'
import { ownPart } from './content.ts'
import { asExtensions, ownExtensions } from './extensions.ts'
import { asObject, invalid, optionalList, optionalObject, pathOf, requiredString } from './fields.ts'

/** The tool calls in a message that a caller sent. A call without a name or an id is refused by its path. */
export function decodeCallerToolCalls(message: JsonObject, at: string): (ToolCallPart | OpaquePart)[] {
  return (optionalList(message, 'tool_calls', at) ?? []).map((value, index) => {
    const path = `${pathOf(at, 'tool_calls')}[${index}]`
    const call = asObject(value, path)
    requiredString(call, 'id', path)
    if (!isCustom(call))
      requiredString(asObject(call.function, pathOf(path, 'function')), 'name', pathOf(path, 'function'))
    const part = toolCallPart(call)
    if (!part) throw invalid(pathOf(path, 'function.name'), 'must not be empty.')
    return part.type === 'tool-call' ? { ...part, ...decodeMark(call, path) } : part
  })
}

/** A caller's `function_call`, the form before `tool_calls`; it had no id, so the caller of this function gives one. */
export function decodeLegacyCall(message: JsonObject, at: string, id: string): ToolCallPart | null {
  const call = optionalObject(message, 'function_call', at)
  if (!call) return null
  const name = requiredString(call, 'name', pathOf(at, 'function_call'))
  return { type: 'tool-call', id, name, arguments: argumentsText(call.arguments) }
}

/** The tool calls of an answer. Empty shells, which some hosts fill in for calls that never were, are passed over. */
export function decodeToolCalls(message: JsonObject): (ToolCallPart | OpaquePart)[] {
  const calls = Array.isArray(message.tool_calls) ? message.tool_calls.filter(isObject) : []
  const parts = calls.map(toolCallPart).filter((part) => part !== null)
  if (parts.length > 0 || !isObject(message.function_call)) return parts
  const legacy = toolCallPart({ function: message.function_call })
  return legacy ? [legacy] : []
}

function toolCallPart(call: JsonObject): ToolCallPart | OpaquePart | null {
  if (isCustom(call)) return ownPart(call)
  const { name, arguments: text } = isObject(call.function) ? call.function : {}
  if (typeof name !== 'string' || name === '') return null
  return {
    type: 'tool-call',
    id: typeof call.id === 'string' && call.id !== '' ? call.id : newId('call'),
    name,
    arguments: argumentsText(text),
    ...callExtensions(call),
  }
}

/** What a host wants back with a call: Google's thought signature travels in `extra_content`. */
export function callExtensions(call: JsonObject): Pick<ToolCallPart, 'extensions'> {
  return isObject(call.extra_content) ? asExtensions({ extra_content: call.extra_content }) : {}
}

/** Whether a call is for a tool that takes free text instead of JSON. */
export function isCustom(call: JsonObject): boolean {
  return call.type === 'custom' && isObject(call.custom)
}

/** Argument text as the model wrote it, whole or broken; nothing at all is an empty object. */
function argumentsText(value: JsonValue | undefined): string {
  if (typeof value === 'string') return value.trim() === '' ? '{}' : value
  return isObject(value) ? JSON.stringify(value) : '{}'
}

/** A call as an entry of `tool_calls`. */
export function encodeToolCall(part: ToolCallPart): JsonObject {
  return {
    ...ownExtensions(part.extensions),
    id: part.id,
    type: 'function',
    function: { name: part.name, arguments: argumentsText(part.arguments) },
  }
}

/** Whether an opaque part of this format is an entry of `tool_calls`. */
export function isOwnToolCall(part: OpaquePart): boolean {
  return part.dialect === 'openai-chat' && isObject(part.block) && isCustom(part.block)
}
