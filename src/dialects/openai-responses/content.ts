import type { AudioPart, FilePart, ImagePart, OpaquePart, Part } from '../../canonical/content.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { asObject, invalid, optionalString, othersOf, pathOf, requiredString } from '../openai-chat/fields.ts'
import { audioSource, fileSource, sourceOfUrl } from '../openai-chat/media.ts'
import type { Drop } from '../own-extensions.ts'
import { decodeMark, MARK_FIELD } from './cache-mark.ts'
import { asExtensions, ownBlock, ownExtensions, ownPart, reportForeign } from './extensions.ts'
import { encodeAudio, encodeFile, encodeImage } from './media.ts'

/** The content of a message or of a tool's output: a text or a list of parts. `path` names it in errors. */
export function decodeContent(content: JsonValue | undefined, path: string): Part[] {
  if (content === undefined || content === null) return []
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  if (!Array.isArray(content)) throw invalid(path, 'must be a text or a list of content parts.')
  return content.map((part, at) => decodePart(part, `${path}[${at}]`))
}

/** One content part. A kind that the canonical model has no words for travels as it is. */
export function decodePart(value: JsonValue, path: string): Part {
  const part = asObject(value, path)
  switch (requiredString(part, 'type', path)) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { type: 'text', text: requiredString(part, 'text', path), ...carried(part, path, TEXT) }
    case 'refusal':
      return { type: 'refusal', text: requiredString(part, 'refusal', path) }
    case 'input_image':
      return decodeImage(part, path)
    case 'input_file':
      return decodeFile(part, path)
    case 'input_audio':
      return decodeAudio(part, path)
    default:
      return ownPart(part)
  }
}

function decodeImage(part: JsonObject, path: string): ImagePart | OpaquePart {
  const url = optionalString(part, 'image_url', path)
  const id = optionalString(part, 'file_id', path)
  const detail = optionalString(part, 'detail', path)
  const known = detail === 'low' || detail === 'high' || detail === 'auto'
  if (url === undefined && id === undefined) throw invalid(path, 'must have image_url or file_id.')
  return {
    type: 'image',
    source: url === undefined ? { kind: 'provider-file', id: id ?? '' } : sourceOfUrl(url),
    ...(known ? { detail } : {}),
    ...carried(part, path, known ? IMAGE_WITH_DETAIL : IMAGE),
  }
}

function decodeFile(part: JsonObject, path: string): FilePart {
  const data = optionalString(part, 'file_data', path)
  const url = optionalString(part, 'file_url', path)
  const id = optionalString(part, 'file_id', path)
  const name = optionalString(part, 'filename', path)
  if (data === undefined && url === undefined && id === undefined) {
    throw invalid(path, 'must have file_data, file_url or file_id.')
  }
  const named = data === undefined ? { kind: 'provider-file' as const, id: id ?? '' } : fileSource(data, name)
  return {
    type: 'file',
    source: url === undefined ? named : sourceOfUrl(url),
    ...(name === undefined ? {} : { name }),
    ...carried(part, path, FILE),
  }
}

function decodeAudio(part: JsonObject, path: string): AudioPart {
  const at = pathOf(path, 'input_audio')
  const audio = asObject(part.input_audio, at)
  const source = audioSource(requiredString(audio, 'data', at), requiredString(audio, 'format', at))
  return { type: 'audio', source }
}

const TEXT: ReadonlySet<string> = new Set(['type', 'text', MARK_FIELD])
const IMAGE: ReadonlySet<string> = new Set(['type', 'image_url', 'file_id', MARK_FIELD])
const IMAGE_WITH_DETAIL: ReadonlySet<string> = new Set([...IMAGE, 'detail'])
const FILE: ReadonlySet<string> = new Set(['type', 'file_data', 'file_url', 'file_id', 'filename', MARK_FIELD])

/** The cache mark of a part and its fields that only this format knows; empty lists (of citations, of probabilities) say nothing. */
function carried(part: JsonObject, path: string, known: ReadonlySet<string>) {
  return { ...decodeMark(part, path), ...asExtensions(sayingSomething(othersOf(part, known))) }
}

/** The fields that hold more than an empty list. */
export function sayingSomething(fields: JsonObject | undefined): JsonObject | undefined {
  if (!fields) return undefined
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !(Array.isArray(value) && value.length === 0)))
}

/** What a person, a system prompt or a tool may say, as a content part; null when this format has no words for it. */
export function encodePart(part: Part, path: string, drop: Drop): JsonObject | null {
  const block = blockOf(part)
  if (!block) {
    drop(path)
    return null
  }
  if (!('extensions' in part)) return block
  reportForeign(part.extensions, `${path}.`, drop)
  return { ...ownExtensions(part.extensions), ...block }
}

function blockOf(part: Part): JsonObject | null {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return { type: 'input_text', text: part.text }
    case 'image':
      return encodeImage(part)
    case 'audio':
      return encodeAudio(part)
    case 'file':
      return encodeFile(part)
    case 'opaque': {
      const block = ownBlock(part)
      return block && isContentPart(block) ? block : null
    }
    default:
      return null
  }
}

const CONTENT_PART = /^(?:(?:input|output)_(?:text|image|file|audio|video)|text|refusal|computer_screenshot)$/

/** Whether a block of this format stands inside a message and is no item of its own. */
export function isContentPart(block: JsonObject): boolean {
  return typeof block.type === 'string' && CONTENT_PART.test(block.type)
}

/** Parts as a bare text when they are nothing more than one, else as the list. */
export function asContent(parts: readonly JsonObject[]): string | JsonObject[] {
  const [only] = parts
  if (!only) return ''
  const bare = parts.length === 1 && typeof only.text === 'string' && Object.keys(only).length === 2
  return bare && typeof only.text === 'string' ? only.text : [...parts]
}

/** Whether a value is an object with this type. */
export function isOfType(value: JsonValue | undefined, type: string): value is JsonObject {
  return isObject(value) && value.type === type
}
