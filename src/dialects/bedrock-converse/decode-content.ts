import type {
  AudioPart,
  FilePart,
  ImagePart,
  OpaquePart,
  Part,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../../canonical/content.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { invalid, object, optionalString, othersOf, requiredString } from '../anthropic-messages/fields.ts'
import { markBefore } from './cache-points.ts'
import { asExtensions } from './extensions.ts'
import { decodeSource } from './media.ts'
import { decodeReasoning } from './reasoning.ts'
import { fromToolName, fromToolUseId } from './tool-names.ts'

/** The content of a message, a system prompt or a tool result. A cache point marks the part before it. `path` names the list in errors. */
export function decodeContent(content: JsonValue | undefined, path: string): Part[] {
  if (!Array.isArray(content)) throw invalid(path, 'must be a list of content blocks.')
  const parts: Part[] = []
  content.forEach((value, at) => {
    const block = object(value, `${path}[${at}]`)
    if (block.cachePoint !== undefined) markBefore(parts, block.cachePoint)
    else parts.push(decodeBlock(block, `${path}[${at}]`))
  })
  return parts
}

/** One content block, of a request or of an answer. A block that only Bedrock knows becomes an opaque part. */
export function decodeBlock(block: JsonObject, path: string): Part {
  if (block.text !== undefined) return { type: 'text', text: requiredString(block, 'text', path) }
  if (block.json !== undefined) return { type: 'text', text: JSON.stringify(block.json) }
  if (isObject(block.reasoningContent)) return decodeReasoning(block.reasoningContent, `${path}.reasoningContent`)
  if (isObject(block.image)) return decodeMedia(block, block.image, 'image', `${path}.image`)
  if (isObject(block.audio)) return decodeMedia(block, block.audio, 'audio', `${path}.audio`)
  if (isObject(block.document)) return decodeDocument(block, block.document, `${path}.document`)
  if (isObject(block.toolUse)) return decodeToolUse(block, block.toolUse, `${path}.toolUse`)
  if (isObject(block.toolResult)) return decodeToolResult(block, block.toolResult, `${path}.toolResult`)
  if (isObject(block.citationsContent)) return decodeCited(block.citationsContent)
  if (isObject(block.guardContent)) return decodeGuarded(block, block.guardContent)
  return opaque(block)
}

function decodeMedia(block: JsonObject, media: JsonObject, kind: 'image' | 'audio', path: string): Part {
  const source = decodeSource(media, kind, path)
  return source ? ({ type: kind, source } satisfies ImagePart | AudioPart as Part) : opaque(block)
}

const DOCUMENT = new Set(['format', 'name', 'source'])

function decodeDocument(block: JsonObject, document: JsonObject, path: string): FilePart | OpaquePart {
  const source = decodeSource(document, 'document', path)
  if (!source) return opaque(block)
  const name = optionalString(document, 'name', path)
  return {
    type: 'file',
    source,
    ...(name === undefined ? {} : { name }),
    ...asExtensions(othersOf(document, DOCUMENT)),
  }
}

/** A call of a tool that Bedrock runs itself stays as it is; its result stands in the same turn. */
function decodeToolUse(block: JsonObject, call: JsonObject, path: string): ToolCallPart | OpaquePart {
  if (isServers(call.type, 'tool_use')) return opaque(block)
  return {
    type: 'tool-call',
    id: fromToolUseId(requiredString(call, 'toolUseId', path)),
    name: fromToolName(requiredString(call, 'name', path)),
    arguments: JSON.stringify(call.input ?? {}),
  }
}

function decodeToolResult(block: JsonObject, result: JsonObject, path: string): ToolResultPart | OpaquePart {
  if (isServers(result.type, 'tool_result')) return opaque(block)
  return {
    type: 'tool-result',
    toolCallId: fromToolUseId(requiredString(result, 'toolUseId', path)),
    content: decodeContent(result.content ?? [], `${path}.content`).map((part, at) =>
      asResultPart(part, `${path}.content[${at}]`),
    ),
    ...(result.status === 'error' ? { isError: true } : {}),
  }
}

/** Whether a block's type says that the tool is the server's; the caller's own have none, or the plain word. */
export function isServers(type: JsonValue | undefined, plain: string): boolean {
  return typeof type === 'string' && type !== plain
}

function asResultPart(part: Part, path: string): ToolResultPart['content'][number] {
  if (part.type === 'text' || part.type === 'image' || part.type === 'file' || part.type === 'opaque') return part
  throw invalid(path, `a tool result cannot hold a ${part.type}.`)
}

/** Text with the sources that it rests on. */
function decodeCited({ content, citations }: JsonObject): TextPart {
  const text = (Array.isArray(content) ? content : [])
    .map((piece) => (isObject(piece) && typeof piece.text === 'string' ? piece.text : ''))
    .join('')
  return { type: 'text', text, ...asExtensions(Array.isArray(citations) ? { citations } : undefined) }
}

/** What a guardrail is to look at: text, or a picture, which stays as it is. */
function decodeGuarded(block: JsonObject, { text }: JsonObject): TextPart | OpaquePart {
  if (!isObject(text) || typeof text.text !== 'string') return opaque(block)
  const { text: said, ...rest } = text
  return { type: 'text', text: said, ...asExtensions({ guardContent: rest }) }
}

function opaque(block: JsonObject): OpaquePart {
  return { type: 'opaque', dialect: 'bedrock-converse', block }
}
