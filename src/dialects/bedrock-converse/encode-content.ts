import type { AudioPart, FilePart, ImagePart, Part, TextPart, ToolResultPart } from '../../canonical/content.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { toToolInput } from '../anthropic-messages/tool-arguments.ts'
import type { Drop } from '../own-extensions.ts'
import type { Marker } from './cache-points.ts'
import type { DocumentNames } from './document-names.ts'
import { ownExtensions, reportForeign } from './extensions.ts'
import { encodeSource } from './media.ts'
import type { ModelRules } from './model-rules.ts'
import { encodeSealed } from './reasoning.ts'
import { toToolName, toToolUseId } from './tool-names.ts'

/** What writing a part needs to know of the request that it stands in. */
export interface ContentAsk {
  readonly rules: ModelRules
  readonly names: DocumentNames
  readonly mark: Marker
  readonly drop: Drop
}

/** What stands for the missing output of a tool that failed: Bedrock refuses a failure without words. */
const NO_OUTPUT = '(no output)'

/**
 * One part of a request as a content block, and its cache point; nothing when Bedrock has no words for it (reported) or it says nothing. `role` is whose turn it is:
 * pictures and documents are only the user's. Throws `unsupported_parameter` for what would have to be fetched.
 */
export function encodePart(part: Part, role: 'user' | 'assistant', path: string, ask: ContentAsk): JsonObject[] {
  const block = blockOf(part, role, path, ask)
  if (!block && !isEmptyText(part)) ask.drop(path)
  if ('extensions' in part) reportForeign(part.extensions, `${path}.`, ask.drop)
  return block ? [block, ...('cacheTtl' in part || 'cacheKey' in part ? ask.mark(part) : [])] : []
}

function blockOf(part: Part, role: 'user' | 'assistant', path: string, ask: ContentAsk): JsonObject | null {
  switch (part.type) {
    case 'text':
      // Bedrock refuses blocks without visible text.
      return part.text.trim() === '' ? null : encodeText(part)
    case 'refusal':
      return part.text.trim() === '' ? null : { text: part.text }
    case 'image':
    case 'audio':
    case 'file':
      return role === 'user' ? encodeMedia(part, path, ask) : null
    case 'tool-call':
      return {
        toolUse: {
          toolUseId: toToolUseId(part.id, ask.rules.vendor),
          name: toToolName(part.name, `${path}.name`),
          input: toToolInput(part.arguments),
        },
      }
    case 'tool-result':
      return encodeToolResult(part, path, ask)
    case 'reasoning': {
      const sealed = ask.rules.vendor === 'claude' ? encodeSealed(part) : null
      return sealed && { reasoningContent: sealed }
    }
    case 'opaque':
      return part.dialect === 'bedrock-converse' && isObject(part.block) ? part.block : null
  }
}

function encodeText(part: TextPart): JsonObject {
  const { citations, guardContent } = ownExtensions(part.extensions)
  if (isObject(guardContent)) return { guardContent: { text: { ...guardContent, text: part.text } } }
  return citations === undefined
    ? { text: part.text }
    : { citationsContent: { content: [{ text: part.text }], citations } }
}

function encodeMedia(part: ImagePart | AudioPart | FilePart, path: string, ask: ContentAsk): JsonObject | null {
  if (part.type === 'image' && (part.detail === 'low' || part.detail === 'high')) ask.drop(`${path}.detail`)
  const kind = part.type === 'file' ? 'document' : part.type
  const media = encodeSource(part.source, kind, path)
  if (!media) return null
  if (part.type !== 'file') return { [kind]: media }
  return { document: { ...ownExtensions(part.extensions), ...media, name: ask.names.next(part.name) } }
}

function encodeToolResult(part: ToolResultPart, path: string, ask: ContentAsk): JsonObject {
  const inner = { ...ask, mark: () => [] }
  const content = part.content.flatMap((piece, at) => {
    // Unlike a turn, a result may hold blank text.
    if (piece.type !== 'text') return encodePart(piece, 'user', `${path}.content[${at}]`, inner)
    reportForeign(piece.extensions, `${path}.content[${at}].`, ask.drop)
    return [{ text: piece.text }]
  })
  const failed = part.isError === true
  if (failed && !ask.rules.resultStatus) content.unshift({ text: 'The tool failed: ' })
  if (failed && content.length === 0) content.push({ text: NO_OUTPUT })
  return {
    toolResult: {
      toolUseId: toToolUseId(part.toolCallId, ask.rules.vendor),
      content,
      ...(failed && ask.rules.resultStatus ? { status: 'error' } : {}),
    },
  }
}

/** Nothing is lost with a text of length zero; white space may have meant something and is reported. */
function isEmptyText(part: Part): boolean {
  return (part.type === 'text' || part.type === 'refusal') && part.text === ''
}
