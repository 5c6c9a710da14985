import type { OpaquePart, Part, ToolCallPart } from '../../canonical/content.ts'
import type { Extensions } from '../../canonical/extensions.ts'
import { newId } from '../../lib/ids.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { Quirks } from '../dialect.ts'
import type { Drop } from '../own-extensions.ts'
import { decodeMark } from './cache-mark.ts'
import { ownPart } from './content.ts'
import { ownExtensions, reportForeign } from './extensions.ts'
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

/** Adds the tool calls of an answer to its parts. Empty shells, which some hosts fill in for calls that never were, are passed over. */
export function addToolCalls({ tool_calls: calls, function_call: legacy }: JsonObject, parts: Part[]): void {
  const before = parts.length
  if (Array.isArray(calls)) for (const call of calls) if (isObject(call)) addCall(call, parts)
  if (parts.length === before && isObject(legacy)) addCall({ function: legacy }, parts)
}

function addCall(call: JsonObject, parts: Part[]): void {
  const part = toolCallPart(call)
  if (part) parts.push(part)
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

const GOOGLE = 'google-generate-content'

/**
 * What a host wants back with a call. Google's thought signature travels in `extra_content`, where Google itself puts it in this format
 * (https://ai.google.dev/gemini-api/docs/thought-signatures#openai); it is understood too, so that it may also return to Gemini's own format.
 */
export function callExtensions(call: JsonObject): Pick<ToolCallPart, 'extensions'> {
  const { extra_content: extra } = call
  if (!isObject(extra)) return {}
  const { google } = extra
  const seal = isObject(google) && typeof google.thought_signature === 'string' ? google.thought_signature : ''
  return {
    extensions: {
      'openai-chat': { extra_content: extra },
      ...(seal === '' ? {} : { [GOOGLE]: { thoughtSignature: seal } }),
    },
  }
}

/** What a caller must get back with a call of an answer: fields of this format, or Gemini's signature where it puts it. */
export function answerExtensions(extensions: Extensions | undefined): JsonObject {
  const own = ownExtensions(extensions)
  const signature = extensions?.[GOOGLE]?.thoughtSignature
  if (own.extra_content !== undefined || typeof signature !== 'string') return own
  return { ...own, extra_content: { google: { thought_signature: signature } } }
}

/** Reports what only other formats say of a call; a signature that the call carries in this format's way too is not lost. */
export function reportForeignCall(extensions: Extensions | undefined, prefix: string, drop: Drop): void {
  const { [GOOGLE]: _, ...others } = extensions ?? {}
  reportForeign(ownExtensions(extensions).extra_content === undefined ? extensions : others, prefix, drop)
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

/** A call without what the host does not take back; the signature in it is then reported under the name of its own format. */
export function callFor({ extraContent }: Quirks, part: ToolCallPart): ToolCallPart {
  const { extra_content: extra, ...own } = ownExtensions(part.extensions)
  return extra === undefined || extraContent
    ? part
    : { ...part, extensions: { ...part.extensions, 'openai-chat': own } }
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

/** A call of an answer, with what the caller must give back. */
export function encodeAnswerCall(part: ToolCallPart): JsonObject {
  return { ...encodeToolCall(part), ...answerExtensions(part.extensions) }
}

/** Whether an opaque part of this format is an entry of `tool_calls`. */
export function isOwnToolCall(part: OpaquePart): boolean {
  return part.dialect === 'openai-chat' && isObject(part.block) && isCustom(part.block)
}
