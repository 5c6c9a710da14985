import type { AudioPart, FilePart, ImagePart, MediaSource } from '../../canonical/content.ts'
import type { JsonObject } from '../../lib/json.ts'

/*
 * Pictures, sounds and files. This format writes a picture as an address, which may be a data URL; a sound as base64 with
 * the name of its coding; a file as a data URL or the id of an upload.
 */

/** Codings whose name is not simply the media type without `audio/`. */
const CODINGS: readonly (readonly [format: string, mediaType: string])[] = [
  ['mp3', 'audio/mpeg'],
  ['m4a', 'audio/mp4'],
  ['wav', 'audio/x-wav'],
  ['wav', 'audio/wave'],
]

/** Where an address leads: the bytes themselves when it is a base64 data URL. */
export function sourceOfUrl(url: string): MediaSource {
  const comma = url.startsWith('data:') ? url.indexOf(',') : -1
  const head = comma === -1 ? '' : url.slice('data:'.length, comma)
  if (!head.endsWith(';base64')) return { kind: 'url', url }
  const mediaType = head.split(';', 1)[0] || 'application/octet-stream'
  return { kind: 'base64', mediaType, data: url.slice(comma + 1) }
}

/** A sound from its base64 bytes and the name of its coding (`wav`, `mp3`). */
export function audioSource(data: string, format: string): MediaSource {
  const named = format === 'wav' ? undefined : CODINGS.find(([name]) => name === format)
  return { kind: 'base64', mediaType: named?.[1] ?? `audio/${format}`, data }
}

/** A sound that comes as a plain text: an address, a data URL, or base64 whose coding nobody says (usually mp3). */
export function bareAudioSource(audio: string): MediaSource {
  return /^(data|https?):/.test(audio) ? sourceOfUrl(audio) : { kind: 'base64', mediaType: 'audio/mpeg', data: audio }
}

/**
 * The content of a file as clients write it: a data URL, an address (which some hosts fetch), or bare base64, whose kind
 * only the name tells.
 */
export function fileSource(data: string, name: string | undefined): MediaSource {
  if (/^(data|https?):/.test(data)) return sourceOfUrl(data)
  const mediaType = name?.toLowerCase().endsWith('.pdf') === false ? 'application/octet-stream' : 'application/pdf'
  return { kind: 'base64', mediaType, data }
}

/** A picture in this format; null for one that only its own provider can find. */
export function encodeImage(part: ImagePart): JsonObject | null {
  const url = urlOf(part.source)
  if (url === null) return null
  return { type: 'image_url', image_url: { url, ...(part.detail === undefined ? {} : { detail: part.detail }) } }
}

/** A sound in this format; null where only its address is known and the host takes none. */
export function encodeAudio(part: AudioPart, addresses: boolean): JsonObject | null {
  if (part.source.kind === 'url' && addresses) return { type: 'input_audio', input_audio: part.source.url }
  if (part.source.kind !== 'base64') return null
  const mediaType = part.source.mediaType.toLowerCase()
  const named = CODINGS.find(([, type]) => type === mediaType)
  const format = named?.[0] ?? mediaType.replace(/^audio\//, '')
  return { type: 'input_audio', input_audio: { data: part.source.data, format } }
}

/** A file in this format. Plain text, which this format takes as no file, becomes text under the file's name. */
export function encodeFile(part: FilePart): JsonObject {
  const { source, name } = part
  if (source.kind === 'provider-file') return { type: 'file', file: { file_id: source.id } }
  return (
    plainText(part) ?? { type: 'file', file: { filename: name ?? defaultName(source), file_data: urlOf(source) ?? '' } }
  )
}

/** A file for a host that takes documents by address (Mistral); plain text again becomes text. */
export function encodeDocument(part: FilePart): JsonObject {
  const { source, name } = part
  if (source.kind === 'provider-file') return { type: 'file', file_id: source.id }
  const named = name === undefined ? {} : { document_name: name }
  return plainText(part) ?? { type: 'document_url', document_url: urlOf(source) ?? '', ...named }
}

function plainText({ source, name }: FilePart): JsonObject | null {
  if (source.kind !== 'base64' || !source.mediaType.startsWith('text/')) return null
  const text = Buffer.from(source.data, 'base64').toString('utf8')
  return { type: 'text', text: name === undefined ? text : `${name}:\n\n${text}` }
}

function urlOf(source: MediaSource): string | null {
  switch (source.kind) {
    case 'url':
      return source.url
    case 'base64':
      return `data:${source.mediaType};base64,${source.data}`
    case 'provider-file':
      return null
  }
}

/** OpenAI refuses file bytes without a file name. */
function defaultName(source: MediaSource): string {
  return source.kind === 'base64' && source.mediaType === 'application/pdf' ? 'document.pdf' : 'document'
}
