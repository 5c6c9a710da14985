/*
 * What functions gave back.
 *
 * Google takes an object: `output` holds a result and `error` a failure, and an object with neither is the result itself. In the canonical model a
 * result is text. Text that is exactly the JSON of an object travels as that object, all other text under `output` or `error`; reading it turns
 * that round. An object whose `output` or `error` is more than a text keeps its shape by a note beside it, never a copy: guards change the text.
 */
import type { ToolResultPart } from '../../canonical/content.ts'
import { parseExactJson } from '../../lib/exact-json.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import type { Drop } from '../own-extensions.ts'
import { ownExtensions, reportForeign } from './extensions.ts'
import { asObject, optionalList } from './fields.ts'
import { decodeMedia, encodeMedia } from './media.ts'

type ResultContent = ToolResultPart['content']

/** What a result says. */
export interface DecodedResult {
  readonly content: ResultContent
  readonly isError?: boolean
  /** Whether the text is the JSON of the whole object, though that has an `output` or `error`. */
  readonly isWhole?: boolean
}

/** Reads a `functionResponse`. */
export function decodeResult(response: JsonObject, said: JsonObject, path: string): DecodedResult {
  const media = (optionalList(response, 'parts', path) ?? []).map((value, at): ResultContent[number] => {
    const part = asObject(value, `${path}.parts[${at}]`)
    const held = decodeMedia(part, `${path}.parts[${at}]`)
    if (!held || held.kind === 'audio') return { type: 'opaque', dialect: 'google-generate-content', block: part }
    return { type: held.kind, source: held.source, ...(held.kind === 'file' && held.name ? { name: held.name } : {}) }
  })
  const { text, ...rest } = decodeSaid(said)
  return { content: [...(text === '' ? [] : [{ type: 'text', text } as const]), ...media], ...rest }
}

function decodeSaid(said: JsonObject): { text: string; isError?: boolean; isWhole?: boolean } {
  const fields = Object.keys(said)
  if (fields.length === 0) return { text: '' }
  if (fields.length === 1 && typeof said.output === 'string') return { text: said.output }
  if (fields.length === 1 && typeof said.error === 'string') return { text: said.error, isError: true }
  const text = JSON.stringify(said)
  if (!('output' in said || 'error' in said)) return { text }
  return { text, isWhole: true, ...('error' in said && !('output' in said) ? { isError: true } : {}) }
}

/** The `response` object that says a result's text. */
export function encodeSaid(part: ToolResultPart): JsonObject {
  const text = part.content.map((piece) => (piece.type === 'text' ? piece.text : '')).join('')
  const value = text.startsWith('{') ? parseExactJson(text) : undefined
  if (isObject(value)) {
    if (ownExtensions(part.extensions).response === 'object') return value
    const plain = !('output' in value || 'error' in value) && Object.keys(value).length > 0
    // Only where nothing is lost: numbers may be spelled in ways that JSON.parse forgets.
    if (plain && !part.isError && JSON.stringify(value) === text) return value
  }
  return part.isError ? { error: text } : { output: text }
}

/** The pictures and documents of a result, as parts; what Google does not take is dropped by its path. */
export function encodeResultMedia(part: ToolResultPart, path: string, drop: Drop): JsonObject[] {
  const media: JsonObject[] = []
  part.content.forEach((piece, at) => {
    if ('extensions' in piece) reportForeign(piece.extensions, `${path}.content[${at}].`, drop)
    if (piece.type === 'text') return
    if (piece.type === 'opaque') {
      if (piece.dialect === 'google-generate-content' && isObject(piece.block)) media.push(piece.block)
      else drop(`${path}.content[${at}]`)
      return
    }
    if (piece.type === 'file' && piece.name !== undefined) drop(`${path}.content[${at}].name`)
    media.push(encodeMedia(piece.source, piece.type))
  })
  return media
}
