import type { MediaSource } from '../../canonical/content.ts'
import type { JsonObject } from '../../lib/json.ts'
import { invalid, object, requiredString } from './fields.ts'

/**
 * The `source` of an image or document block; null for a kind that the canonical model has no words for.
 * Plain text travels as base64, as every other content of a file does.
 */
export function decodeSource(block: JsonObject, path: string): MediaSource | null {
  const at = `${path}.source`
  const source = object(block.source, at)
  switch (source.type) {
    case 'base64':
      return {
        kind: 'base64',
        mediaType: requiredString(source, 'media_type', at),
        data: requiredString(source, 'data', at),
      }
    case 'text':
      return { kind: 'base64', mediaType: 'text/plain', data: toBase64(requiredString(source, 'data', at)) }
    case 'url':
      return { kind: 'url', url: requiredString(source, 'url', at) }
    case 'file':
      return { kind: 'provider-file', id: requiredString(source, 'file_id', at) }
    case undefined:
      throw invalid(`${at}.type`, 'is missing.')
    default:
      return null
  }
}

/** The source of an image block. */
export function encodeImageSource(source: MediaSource): JsonObject {
  switch (source.kind) {
    case 'base64':
      return { type: 'base64', media_type: source.mediaType, data: source.data }
    case 'url':
      return { type: 'url', url: source.url }
    case 'provider-file':
      return { type: 'file', file_id: source.id }
  }
}

/** The source of a document block; null when Anthropic reads no such file (it takes PDF and plain text). */
export function encodeDocumentSource(source: MediaSource): JsonObject | null {
  if (source.kind !== 'base64' || source.mediaType === 'application/pdf') return encodeImageSource(source)
  if (!source.mediaType.startsWith('text/')) return null
  return { type: 'text', media_type: 'text/plain', data: Buffer.from(source.data, 'base64').toString('utf8') }
}

function toBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}
