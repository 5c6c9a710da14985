import type { AudioPart, FilePart, ImagePart, MediaSource } from '../../canonical/content.ts'
import type { JsonObject } from '../../lib/json.ts'
import { encodeAudio as encodeChatAudio } from '../openai-chat/media.ts'

/** A picture as a content part. */
export function encodeImage({ source, detail }: ImagePart): JsonObject {
  const where = source.kind === 'provider-file' ? { file_id: source.id } : { image_url: urlOf(source) }
  return { type: 'input_image', ...where, ...(detail === undefined ? {} : { detail }) }
}

/** A file as a content part; its bytes need a name. */
export function encodeFile({ source, name }: FilePart): JsonObject {
  const named = name === undefined ? {} : { filename: name }
  switch (source.kind) {
    case 'provider-file':
      return { type: 'input_file', file_id: source.id, ...named }
    case 'url':
      return { type: 'input_file', file_url: source.url, ...named }
    case 'base64':
      return { type: 'input_file', filename: name ?? defaultName(source.mediaType), file_data: urlOf(source) }
  }
}

/** A sound as a content part; null where only its address is known. Chat Completions write it the same way. */
export function encodeAudio(part: AudioPart): JsonObject | null {
  return encodeChatAudio(part, false)
}

function urlOf(source: Exclude<MediaSource, { kind: 'provider-file' }>): string {
  return source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}`
}

function defaultName(mediaType: string): string {
  if (mediaType === 'application/pdf') return 'document.pdf'
  return mediaType.startsWith('text/') ? 'document.txt' : 'document'
}
