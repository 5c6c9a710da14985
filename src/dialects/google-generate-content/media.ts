/*
 * Pictures, sounds and files: bytes in `inlineData`, addresses in `fileData`.
 *
 * Google tells kinds apart by the MIME type alone and wants one with every address. What other formats call a picture or a document has none
 * there, so it is guessed from the end of the address. Addresses of Google's own stores (`gs://`, the Files API) mean something in the
 * provider's account only and travel as ids.
 */
import type { MediaSource } from '../../canonical/content.ts'
import type { JsonObject } from '../../lib/json.ts'
import { refusalOfUrl } from '../../lib/private-address.ts'
import { asObject, invalid, optionalString, pathOf, read, requiredString } from './fields.ts'

const TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  heic: 'image/heic',
  heif: 'image/heif',
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/markdown',
  html: 'text/html',
  csv: 'text/csv',
  json: 'application/json',
  mp3: 'audio/mp3',
  wav: 'audio/wav',
  mp4: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
}

/** What a part holds. */
export interface Media {
  readonly kind: 'image' | 'audio' | 'file'
  readonly source: MediaSource
  readonly name?: string
  /** The MIME type of an address, where it is another one than would be guessed. */
  readonly mimeType?: string
}

/**
 * Reads `inlineData` or `fileData`; null for what the canonical model has no words for (videos, addresses without a type). Throws GatewayError
 * for an address that nobody may be sent to.
 */
export function decodeMedia(part: JsonObject, path: string): Media | null {
  const inline = read(part, 'inlineData', path)
  if (inline !== undefined)
    return decodeInline(asObject(inline, pathOf(path, 'inlineData')), pathOf(path, 'inlineData'))
  const file = read(part, 'fileData', path)
  return file === undefined ? null : decodeFile(asObject(file, pathOf(path, 'fileData')), pathOf(path, 'fileData'))
}

function decodeInline(blob: JsonObject, at: string): Media | null {
  const mediaType = requiredString(blob, 'mimeType', at)
  const data = optionalString(blob, 'data', at) ?? ''
  return media({ kind: 'base64', mediaType, data }, mediaType, blob, at)
}

function decodeFile(file: JsonObject, at: string): Media | null {
  const uri = requiredString(file, 'fileUri', at)
  const mimeType = optionalString(file, 'mimeType', at)
  const known = media(
    isWebAddress(uri) ? { kind: 'url', url: uri } : { kind: 'provider-file', id: uri },
    mimeType ?? typeOf(uri),
    file,
    at,
  )
  if (!known) {
    const refusal = isWebAddress(uri) ? refusalOfUrl(uri) : null
    if (refusal !== null) throw invalid(pathOf(at, 'fileUri'), `may not be used: ${refusal}.`)
    return null
  }
  return mimeType === undefined || mimeType === guess(uri, known.kind) ? known : { ...known, mimeType }
}

function media(source: MediaSource, mimeType: string | undefined, holder: JsonObject, at: string): Media | null {
  const [family] = (mimeType ?? 'video/').split('/')
  if (family === 'video') return null
  const name = optionalString(holder, 'displayName', at)
  const kind = family === 'image' || family === 'audio' ? family : 'file'
  return { kind, source, ...(name === undefined ? {} : { name }) }
}

/** A source as `inlineData` or `fileData`; `mimeType` is what its own dialect said of an address. */
export function encodeMedia(source: MediaSource, kind: Media['kind'], mimeType?: string): JsonObject {
  if (source.kind === 'base64') return { inlineData: { mimeType: source.mediaType, data: source.data } }
  const fileUri = source.kind === 'url' ? source.url : source.id
  return { fileData: { mimeType: mimeType ?? guess(fileUri, kind), fileUri } }
}

function guess(uri: string, kind: Media['kind']): string {
  const type = typeOf(uri)
  if (type?.startsWith(`${kind}/`) || (kind === 'file' && type !== undefined)) return type
  return { image: 'image/jpeg', audio: 'audio/mp3', file: 'application/pdf' }[kind]
}

/** The MIME type that the end of an address tells. */
function typeOf(uri: string): string | undefined {
  const ending = /\.([a-z0-9]+)(?:[?#]|$)/i.exec(uri)?.[1]?.toLowerCase() ?? ''
  return Object.hasOwn(TYPES, ending) ? TYPES[ending] : undefined
}

/** Whether anybody could fetch it, as opposed to files in Google's own stores. */
function isWebAddress(uri: string): boolean {
  return /^https?:\/\//i.test(uri) && !/^https:\/\/generativelanguage\.googleapis\.com\//i.test(uri)
}
