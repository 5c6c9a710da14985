import type { OpaquePart, Part } from '../../canonical/content.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { Quirks } from '../dialect.ts'
import type { Drop } from '../own-extensions.ts'
import { decodeMark, MARK_FIELDS } from './cache-mark.ts'
import { asExtensions, ownExtensions, reportForeign } from './extensions.ts'
import { asObject, invalid, optionalString, othersOf, pathOf, requiredString } from './fields.ts'
import {
  audioSource,
  bareAudioSource,
  encodeAudio,
  encodeDocument,
  encodeFile,
  encodeImage,
  fileSource,
  sourceOfUrl,
} from './media.ts'
import { thinkingText } from './reasoning.ts'

/** The content of a message: a text or a list of parts; null is nothing. `at` is the path of the message. */
export function decodeContent({ content }: JsonObject, at: string): Part[] {
  if (content === undefined || content === null) return []
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  const path = pathOf(at, 'content')
  if (!Array.isArray(content)) throw invalid(path, 'must be a text or a list of content parts.')
  return content.map((part, index) => decodePart(part, `${path}[${index}]`))
}

/** One content part. A kind that only some hosts know (video, a file by address) travels as it is. */
function decodePart(value: JsonValue, path: string): Part {
  if (typeof value === 'string') return { type: 'text', text: value }
  const part = asObject(value, path)
  switch (requiredString(part, 'type', path)) {
    case 'text':
      return { type: 'text', text: requiredString(part, 'text', path), ...carried(part, path, 'text') }
    case 'image_url':
      return decodeImage(part, path)
    case 'input_audio':
      return decodeAudio(part, path)
    case 'document_url':
      return decodeDocument(part, path)
    case 'file':
      return decodeFile(part, path)
    case 'refusal':
      return { type: 'refusal', text: requiredString(part, 'refusal', path) }
    case 'thinking':
      return { type: 'reasoning', text: thinkingText(part) }
    default:
      return ownPart(part)
  }
}

function decodeImage(part: JsonObject, path: string): Part {
  const at = pathOf(path, 'image_url')
  const image = typeof part.image_url === 'string' ? { url: part.image_url } : asObject(part.image_url, at)
  const detail = optionalString(image, 'detail', at)
  return {
    type: 'image',
    source: sourceOfUrl(requiredString(image, 'url', at)),
    ...(detail === 'low' || detail === 'high' || detail === 'auto' ? { detail } : {}),
    ...carried(part, path, 'image_url'),
  }
}

/** A sound with its coding, or (Mistral) as a plain text: an address or the bytes. */
function decodeAudio(part: JsonObject, path: string): Part {
  const at = pathOf(path, 'input_audio')
  if (typeof part.input_audio === 'string') return { type: 'audio', source: bareAudioSource(part.input_audio) }
  const audio = asObject(part.input_audio, at)
  return { type: 'audio', source: audioSource(requiredString(audio, 'data', at), requiredString(audio, 'format', at)) }
}

/** Mistral's way to write a file. */
function decodeDocument(part: JsonObject, path: string): Part {
  const name = optionalString(part, 'document_name', path)
  return {
    type: 'file',
    source: sourceOfUrl(requiredString(part, 'document_url', path)),
    ...(name === undefined ? {} : { name }),
    ...decodeMark(part, path),
  }
}

function decodeFile(part: JsonObject, path: string): Part {
  const upload = optionalString(part, 'file_id', path)
  if (upload !== undefined && part.file === undefined) {
    return { type: 'file', source: { kind: 'provider-file', id: upload }, ...decodeMark(part, path) }
  }
  const at = pathOf(path, 'file')
  const file = asObject(part.file, at)
  const name = optionalString(file, 'filename', at)
  const id = optionalString(file, 'file_id', at)
  const data = optionalString(file, 'file_data', at)
  if (id === undefined && data === undefined) throw invalid(at, 'must have file_data or file_id.')
  return {
    type: 'file',
    source: id === undefined ? fileSource(data ?? '', name) : { kind: 'provider-file', id },
    ...(name === undefined ? {} : { name }),
    ...carried(part, path, 'file'),
  }
}

/** A part of this format that the canonical model has no words for; without Headgate's own mark, which no host knows. */
export function ownPart({ cache_key: _, ...block }: JsonObject): OpaquePart {
  return { type: 'opaque', dialect: 'openai-chat', block }
}

/** Fields of a part that its canonical form says. */
const SAID = {
  text: new Set(['type', 'text', ...MARK_FIELDS]),
  image_url: new Set(['type', 'image_url', ...MARK_FIELDS]),
  file: new Set(['type', 'file', ...MARK_FIELDS]),
} as const

/** The cache mark of a part and its fields that only this format knows. */
function carried(part: JsonObject, path: string, field: keyof typeof SAID) {
  const mark = decodeMark(part, path)
  const others = othersOf(part, SAID[field])
  return others ? { ...mark, ...asExtensions(others) } : mark
}

/** What a user, a system prompt or a tool may say, as a content part; null when this format has no words for it. */
export function encodePart(part: Part, path: string, quirks: Quirks, drop: Drop): JsonObject | null {
  const block = blockOf(part, quirks.documentUrls ?? false)
  if (!block) {
    drop(path)
    return null
  }
  if (!('extensions' in part)) return block
  reportForeign(part.extensions, `${path}.`, drop)
  return { ...ownExtensions(part.extensions), ...block }
}

function blockOf(part: Part, documentUrls: boolean): JsonObject | null {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return { type: 'text', text: part.text }
    case 'image':
      return encodeImage(part)
    case 'audio':
      return encodeAudio(part, documentUrls)
    case 'file':
      return documentUrls ? encodeDocument(part) : encodeFile(part)
    case 'opaque':
      return part.dialect === 'openai-chat' && isObject(part.block) ? part.block : null
    case 'reasoning':
    case 'tool-call':
    case 'tool-result':
      return null
  }
}

/** Parts as a bare text when they are nothing more than one, else as the list. */
export function asContent(parts: JsonObject[]): string | JsonObject[] {
  const [only] = parts
  if (!only) return ''
  const bare = parts.length === 1 && typeof only.text === 'string' && Object.keys(only).length === 2
  return bare && typeof only.text === 'string' ? only.text : parts
}
