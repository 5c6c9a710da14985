import type { Part, ToolCallPart } from '../../canonical/content.ts'
import { newId } from '../../lib/ids.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { asObject, invalid, optionalString, pathOf, requiredString } from '../openai-chat/fields.ts'
import { encodeFile, encodeImage, sourceOfUrl } from '../openai-chat/media.ts'

/** The content of a message: a text or a list of parts; null is nothing. `path` names it in errors. */
export function decodeContent(content: JsonValue | undefined, path: string): Part[] {
  if (content === undefined || content === null) return []
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  if (!Array.isArray(content)) throw invalid(path, 'must be a text or a list of content parts.')
  return content.map((part, at) => decodePart(asObject(part, `${path}[${at}]`), `${path}[${at}]`))
}

/** One content part; a document travels as it is. */
function decodePart(part: JsonObject, path: string): Part {
  switch (requiredString(part, 'type', path)) {
    case 'text':
      return { type: 'text', text: requiredString(part, 'text', path) }
    case 'thinking':
      return { type: 'reasoning', text: requiredString(part, 'thinking', path) }
    case 'image_url': {
      const at = pathOf(path, 'image_url')
      const image = asObject(part.image_url, at)
      const detail = optionalString(image, 'detail', at)
      return {
        type: 'image',
        source: sourceOfUrl(requiredString(image, 'url', at)),
        ...(detail === 'low' || detail === 'high' || detail === 'auto' ? { detail } : {}),
      }
    }
    default:
      return { type: 'opaque', dialect: 'cohere-chat', block: part }
  }
}

/** What a user, a system prompt or a tool may say, as a content part; null when Cohere has no words for it. */
export function encodePart(part: Part): JsonObject | null {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return { type: 'text', text: part.text }
    case 'image':
      return encodeImage(part)
    case 'file': {
      const file = encodeFile(part)
      return file.type === 'text' ? file : null
    }
    case 'opaque':
      return part.dialect === 'cohere-chat' && isObject(part.block) ? part.block : null
    default:
      return null
  }
}

/** The parts of an answer's message: its plan and thoughts, texts, calls. Nothing empty comes out. */
export function answerParts(message: JsonObject): Part[] {
  const content = Array.isArray(message.content) ? message.content : [message.content]
  return content.flatMap((piece): Part[] => {
    if (typeof piece === 'string') return [{ type: 'text', text: piece }]
    if (!isObject(piece)) return []
    if (typeof piece.thinking === 'string') return [{ type: 'reasoning', text: piece.thinking }]
    return typeof piece.text === 'string' ? [{ type: 'text', text: piece.text }] : []
  })
}

/** A tool call of an answer; null for a shell without a name. */
export function toolCallPart(call: JsonObject): ToolCallPart | null {
  const { name, arguments: given } = isObject(call.function) ? call.function : {}
  if (typeof name !== 'string' || name === '') return null
  const id = typeof call.id === 'string' && call.id !== '' ? call.id : newId('call')
  return { type: 'tool-call', id, name, arguments: argumentsText(given) }
}

/** Argument text as the model wrote it; nothing at all is an empty object. */
function argumentsText(value: JsonValue | undefined): string {
  if (typeof value === 'string') return value.trim() === '' ? '{}' : value
  return isObject(value) ? JSON.stringify(value) : '{}'
}

/** A tool call in Cohere's words. */
export function encodeToolCall({ id, name, arguments: text }: ToolCallPart): JsonObject {
  return { id, type: 'function', function: { name, arguments: argumentsText(text) } }
}
