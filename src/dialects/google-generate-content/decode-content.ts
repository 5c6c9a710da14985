import type { OpaquePart, Part, ToolResultPart } from '../../canonical/content.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import type { CallIds } from './call-ids.ts'
import { asExtensions, DIALECT, FOREIGN_CALL_SIGNATURE } from './extensions.ts'
import {
  asObject,
  optionalBoolean,
  optionalObject,
  optionalString,
  othersOf,
  pathOf,
  read,
  requiredString,
} from './fields.ts'
import { decodeMedia } from './media.ts'
import { fromWireName } from './tool-names.ts'
import { decodeResult } from './tool-results.ts'

const TEXT = new Set(['text', 'thought'])
const MEDIA = new Set(['inlineData', 'fileData'])
const CALL = new Set(['functionCall'])
const RESULT = new Set(['functionResponse'])

/**
 * One part, of a request or of an answer. A kind that only Google knows (code and its result, calls of its own tools, videos) becomes an
 * opaque part. A thought signature stays with its part; one on a text of length zero is a seal without text.
 */
export function decodePart(value: JsonValue, path: string, ids: Pick<CallIds, 'called' | 'answered'>): Part {
  const part = asObject(value, path)
  const text = optionalString(part, 'text', path)
  if (text !== undefined) return decodeText(part, text, path)
  if (read(part, 'functionCall', path) !== undefined) return decodeCall(part, path, ids)
  if (read(part, 'functionResponse', path) !== undefined) return decodeResponsePart(part, path, ids)
  return decodeMediaPart(part, path) ?? opaque(part)
}

function decodeText(part: JsonObject, text: string, path: string): Part {
  const signature = optionalString(part, 'thoughtSignature', path)
  const thought = optionalBoolean(part, 'thought', path) ?? false
  if (thought || (text === '' && signature)) {
    return { type: 'reasoning', text, ...(signature ? { signature, origin: DIALECT } : {}) }
  }
  return { type: 'text', text, ...asExtensions(othersOf(part, TEXT)) }
}

function decodeCall(part: JsonObject, path: string, ids: Pick<CallIds, 'called'>): Part {
  const at = pathOf(path, 'functionCall')
  const call = asObject(read(part, 'functionCall', path), at)
  const wireName = requiredString(call, 'name', at)
  const args = optionalObject(call, 'args', at) ?? {}
  return {
    type: 'tool-call',
    id: ids.called(wireName, optionalString(call, 'id', at)),
    name: fromWireName(wireName),
    arguments: JSON.stringify(args),
    ...asExtensions(
      othersOf(read(part, 'thoughtSignature', path) === FOREIGN_CALL_SIGNATURE ? unsealed(part) : part, CALL),
    ),
  }
}

function unsealed({ thoughtSignature: _, thought_signature: __, ...part }: JsonObject): JsonObject {
  return part
}

function decodeResponsePart(part: JsonObject, path: string, ids: Pick<CallIds, 'answered'>): ToolResultPart {
  const at = pathOf(path, 'functionResponse')
  const response = asObject(read(part, 'functionResponse', path), at)
  const said = optionalObject(response, 'response', at) ?? {}
  const { isWhole, ...result } = decodeResult(response, said, at)
  const others = { ...othersOf(part, RESULT), ...(isWhole ? { response: 'object' } : {}) }
  return {
    type: 'tool-result',
    toolCallId: ids.answered(requiredString(response, 'name', at), optionalString(response, 'id', at)),
    ...result,
    ...asExtensions(Object.keys(others).length > 0 ? others : undefined),
  }
}

function decodeMediaPart(part: JsonObject, path: string): Part | null {
  const media = decodeMedia(part, path)
  if (!media) return null
  const { kind, source, name, mimeType } = media
  const others = { ...othersOf(part, MEDIA), ...(mimeType === undefined ? {} : { mimeType }) }
  const extensions = asExtensions(Object.keys(others).length > 0 ? others : undefined)
  // A sound has no room for fields of its own.
  if (kind === 'audio') return extensions.extensions ? null : { type: 'audio', source }
  return { type: kind, source, ...(kind === 'file' && name !== undefined ? { name } : {}), ...extensions }
}

function opaque(block: JsonObject): OpaquePart {
  return { type: 'opaque', dialect: DIALECT, block }
}
