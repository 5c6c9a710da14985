import type {
  OpaquePart,
  Part,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../../canonical/content.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { decodeMark, MARK_FIELDS } from './cache-marks.ts'
import { asExtensions } from './extensions.ts'
import { invalid, object, optionalBoolean, optionalString, othersOf, requiredString } from './fields.ts'
import { decodeSource } from './media.ts'
import { fromWireToolId } from './tool-ids.ts'

/** The content of a message, a system prompt or a tool result: a text or a list of blocks. `path` names it in errors. */
export function decodeContent(content: JsonValue | undefined, path: string): Part[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  if (!Array.isArray(content)) throw invalid(path, 'must be a text or a list of content blocks.')
  return content.map((block, at) => decodeBlock(block, `${path}[${at}]`))
}

/** One content block, of a request or of an answer. A block that only Anthropic knows becomes an opaque part. */
export function decodeBlock(value: JsonValue, path: string): Part {
  const block = object(value, path)
  switch (requiredString(block, 'type', path)) {
    case 'text':
      return decodeText(block, path)
    case 'image': {
      const source = decodeSource(block, path)
      return source ? { type: 'image', source, ...carried(block, path, IMAGE) } : opaque(block)
    }
    case 'document': {
      const source = decodeSource(block, path)
      const name = optionalString(block, 'title', path)
      if (!source) return opaque(block)
      return { type: 'file', source, ...(name === undefined ? {} : { name }), ...carried(block, path, DOCUMENT) }
    }
    case 'tool_use':
      return decodeToolUse(block, path)
    case 'tool_result':
      return decodeToolResult(block, path)
    case 'thinking':
      return decodeThinking(block, path)
    case 'redacted_thinking':
      return {
        type: 'reasoning',
        text: '',
        redacted: requiredString(block, 'data', path),
        origin: 'anthropic-messages',
      }
    default:
      return opaque(block)
  }
}

const TEXT = new Set(['type', 'text', ...MARK_FIELDS])
const TEXT_WITHOUT_SOURCE = new Set([...TEXT, 'citations'])
const IMAGE = new Set(['type', 'source', ...MARK_FIELDS])
const DOCUMENT = new Set(['type', 'source', 'title', ...MARK_FIELDS])
const TOOL_USE = new Set(['type', 'id', 'name', 'input', ...MARK_FIELDS])
const DIRECT_USE = new Set([...TOOL_USE, 'caller'])
const TOOL_RESULT = new Set(['type', 'tool_use_id', 'content', 'is_error', ...MARK_FIELDS])

/** The cache mark of a block and its fields that only Anthropic knows. */
function carried(block: JsonObject, path: string, known: ReadonlySet<string>) {
  const mark = decodeMark(block, path)
  const others = othersOf(block, known)
  return others ? { ...mark, ...asExtensions(others) } : mark
}

function decodeText(block: JsonObject, path: string): TextPart {
  const { citations } = block
  const cites = Array.isArray(citations) && citations.length > 0
  return {
    type: 'text',
    text: requiredString(block, 'text', path),
    ...carried(block, path, cites ? TEXT : TEXT_WITHOUT_SOURCE),
  }
}

function decodeToolUse(block: JsonObject, path: string): ToolCallPart {
  return {
    type: 'tool-call',
    id: fromWireToolId(requiredString(block, 'id', path)),
    name: requiredString(block, 'name', path),
    arguments: JSON.stringify(object(block.input ?? {}, `${path}.input`)),
    ...carried(block, path, isDirect(block.caller) ? DIRECT_USE : TOOL_USE),
  }
}

/** Whether a tool was called by the model itself, as all are unless the block says otherwise. */
export function isDirect(caller: JsonValue | undefined): boolean {
  return !isObject(caller) || caller.type === 'direct'
}

function decodeToolResult(block: JsonObject, path: string): ToolResultPart {
  const isError = optionalBoolean(block, 'is_error', path)
  const content = block.content ?? undefined
  return {
    type: 'tool-result',
    toolCallId: fromWireToolId(requiredString(block, 'tool_use_id', path)),
    content:
      content === undefined
        ? []
        : decodeContent(content, `${path}.content`).map((part, at) => asResultPart(part, `${path}.content[${at}]`)),
    ...(isError === undefined ? {} : { isError }),
    ...carried(block, path, TOOL_RESULT),
  }
}

function asResultPart(part: Part, path: string): ToolResultPart['content'][number] {
  if (part.type === 'text' || part.type === 'image' || part.type === 'file' || part.type === 'opaque') return part
  throw invalid(path, `a tool result cannot hold a ${part.type}.`)
}

/**
 * A thinking block. One without a signature did not come from Anthropic: it is how we hand other vendors' reasoning to a caller,
 * and it has no origin when it comes back.
 */
function decodeThinking(block: JsonObject, path: string): ReasoningPart {
  const text = requiredString(block, 'thinking', path)
  const signature = optionalString(block, 'signature', path)
  return signature ? { type: 'reasoning', text, signature, origin: 'anthropic-messages' } : { type: 'reasoning', text }
}

function opaque(block: JsonObject): OpaquePart {
  return { type: 'opaque', dialect: 'anthropic-messages', block }
}
