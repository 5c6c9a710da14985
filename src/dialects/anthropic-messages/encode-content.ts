import type { Part, ToolResultPart } from '../../canonical/content.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import type { Drop } from '../own-extensions.ts'
import { encodeMark } from './cache-marks.ts'
import { ownExtensions, reportForeign } from './extensions.ts'
import { encodeDocumentSource, encodeImageSource } from './media.ts'
import { toToolInput } from './tool-arguments.ts'
import { toWireToolId } from './tool-ids.ts'

/** One part of a request as a content block; null when Anthropic has no words for it (reported) or it says nothing. */
export function encodePart(part: Part, path: string, drop: Drop): JsonObject | null {
  const block = blockOf(part, path, drop)
  if (!block && !isEmptyText(part)) drop(path)
  if ('extensions' in part) reportForeign(part.extensions, `${path}.`, drop)
  return block
}

function blockOf(part: Part, path: string, drop: Drop): JsonObject | null {
  switch (part.type) {
    case 'text':
    case 'refusal':
      // Anthropic refuses blocks without visible text.
      if (part.text.trim() === '') return null
      return part.type === 'text'
        ? { ...carried(part), type: 'text', text: part.text, ...encodeMark(part) }
        : { type: 'text', text: part.text }
    case 'image':
      if (part.detail === 'low' || part.detail === 'high') drop(`${path}.detail`)
      return { ...carried(part), type: 'image', source: encodeImageSource(part.source), ...encodeMark(part) }
    case 'audio':
      return null
    case 'file': {
      const source = encodeDocumentSource(part.source)
      if (!source) return null
      const title = part.name === undefined ? {} : { title: part.name }
      return { ...carried(part), type: 'document', source, ...title, ...encodeMark(part) }
    }
    case 'tool-call':
      return {
        ...carried(part),
        type: 'tool_use',
        id: toWireToolId(part.id),
        name: part.name,
        input: toToolInput(part.arguments),
        ...encodeMark(part),
      }
    case 'tool-result':
      return encodeToolResult(part, path, drop)
    case 'reasoning':
      // Signatures of others mean nothing here, and unsigned reasoning is refused.
      if (part.origin !== 'anthropic-messages') return null
      if (part.redacted !== undefined) return { type: 'redacted_thinking', data: part.redacted }
      return part.signature ? { type: 'thinking', thinking: part.text, signature: part.signature } : null
    case 'opaque':
      return part.dialect === 'anthropic-messages' && isObject(part.block) ? encodeOpaque(part.block) : null
  }
}

/** The block as it came, but for Headgate's own name of a cache segment. */
function encodeOpaque({ cache_key: cacheKey, ...block }: JsonObject): JsonObject {
  return typeof cacheKey === 'string' ? { ...encodeMark({ cacheKey }), ...block } : block
}

function encodeToolResult(part: ToolResultPart, path: string, drop: Drop): JsonObject {
  const blocks: JsonObject[] = []
  part.content.forEach((piece, at) => {
    const block = encodePart(piece, `${path}.content[${at}]`, drop)
    if (block) blocks.push(block)
  })
  return {
    ...carried(part),
    type: 'tool_result',
    tool_use_id: toWireToolId(part.toolCallId),
    ...(blocks.length === 0 ? {} : { content: asContent(blocks) }),
    ...(part.isError === undefined ? {} : { is_error: part.isError }),
    ...encodeMark(part),
  }
}

/** A list of blocks as it is, or as a bare text when it is nothing more than that. */
export function asContent(blocks: JsonObject[]): string | JsonObject[] {
  const [only] = blocks
  if (blocks.length !== 1 || only?.type !== 'text' || typeof only.text !== 'string') return blocks
  return Object.keys(only).length === 2 ? only.text : blocks
}

function carried(part: Exclude<Part, { type: 'audio' | 'reasoning' | 'refusal' | 'opaque' }>): JsonObject {
  return ownExtensions(part.extensions)
}

/** Nothing is lost with a text of length zero; white space may have meant something and is reported. */
function isEmptyText(part: Part): boolean {
  return (part.type === 'text' || part.type === 'refusal') && part.text === ''
}
