/*
 * Pictures, sounds and documents. Bedrock takes bytes, or an address in S3; it fetches nothing from elsewhere, and knows no uploaded files.
 */
import type { MediaSource } from '../../canonical/content.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { JsonObject } from '../../lib/json.ts'
import { object, optionalObject, optionalString, requiredString } from '../anthropic-messages/fields.ts'

/** What can be sent beside text. */
export type MediaKind = 'image' | 'audio' | 'document'

const TYPES: Readonly<Record<MediaKind, Readonly<Record<string, string>>>> = {
  image: { png: 'image/png', jpeg: 'image/jpeg', gif: 'image/gif', webp: 'image/webp' },
  audio: {
    wav: 'audio/wav',
    mp3: 'audio/mpeg',
    flac: 'audio/flac',
    ogg: 'audio/ogg',
    opus: 'audio/opus',
    aac: 'audio/aac',
    m4a: 'audio/mp4',
    webm: 'audio/webm',
    pcm: 'audio/pcm',
  },
  document: {
    pdf: 'application/pdf',
    txt: 'text/plain',
    csv: 'text/csv',
    html: 'text/html',
    md: 'text/markdown',
    doc: 'application/msword',
    docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    xls: 'application/vnd.ms-excel',
    xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  },
}
/** Other names of the same. */
const ALIASES: Readonly<Record<string, string>> = {
  'image/jpg': 'image/jpeg',
  'audio/x-wav': 'audio/wav',
  'audio/wave': 'audio/wav',
  'audio/mp3': 'audio/mpeg',
  'audio/x-m4a': 'audio/mp4',
  'text/x-markdown': 'text/markdown',
}
const S3 = 's3://'

/** The source of a wire block; null for a kind that the canonical model has no words for. `path` names the block. */
export function decodeSource(block: JsonObject, kind: MediaKind, path: string): MediaSource | null {
  const source = object(block.source, `${path}.source`)
  const format = optionalString(block, 'format', path) ?? 'txt'
  const mediaType = TYPES[kind][format] ?? `${kind === 'document' ? 'application' : kind}/${format}`
  if (source.bytes !== undefined) {
    return { kind: 'base64', mediaType, data: requiredString(source, 'bytes', `${path}.source`) }
  }
  if (source.text !== undefined) {
    const text = requiredString(source, 'text', `${path}.source`)
    return { kind: 'base64', mediaType, data: Buffer.from(text, 'utf8').toString('base64') }
  }
  const location = optionalObject(source, 's3Location', `${path}.source`)
  if (!location || location.bucketOwner !== undefined) return null
  return { kind: 'url', url: requiredString(location, 'uri', `${path}.source.s3Location`) }
}

/**
 * The `format` and `source` of a wire block; null when Bedrock reads nothing of that type. Throws `unsupported_parameter` for what
 * would have to be fetched first.
 */
export function encodeSource(source: MediaSource, kind: MediaKind, path: string): JsonObject | null {
  if (source.kind === 'base64') {
    const format = formatOf(source.mediaType, kind)
    return format ? { format, source: { bytes: source.data } } : null
  }
  if (source.kind === 'url' && source.url.startsWith(S3)) {
    const format = formatOfName(source.url, kind)
    return format ? { format, source: { s3Location: { uri: source.url } } } : null
  }
  const what = source.kind === 'url' ? `an address that Bedrock does not fetch` : 'a file that was uploaded elsewhere'
  const message = `${path}: this is ${what}; send the bytes in base64 (a data URL), or an s3:// address.`
  throw new GatewayError('unsupported_parameter', message, { param: path })
}

function formatOf(mediaType: string, kind: MediaKind): string | null {
  const [bare = ''] = mediaType.toLowerCase().split(';')
  const type = ALIASES[bare.trim()] ?? bare.trim()
  const format = Object.keys(TYPES[kind]).find((each) => TYPES[kind][each] === type)
  if (format) return format
  return kind === 'document' && type.startsWith('text/') ? 'txt' : null
}

function formatOfName(name: string, kind: MediaKind): string | null {
  const ending = /\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? ''
  const format = ending === 'jpg' ? 'jpeg' : ending
  return Object.hasOwn(TYPES[kind], format) ? format : null
}
