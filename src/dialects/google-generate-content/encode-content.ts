import type { Part } from '../../canonical/content.ts'
import type { Extensions } from '../../canonical/extensions.ts'
import { parseExactJson } from '../../lib/exact-json.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import type { Drop } from '../own-extensions.ts'
import { wireCallId } from './call-ids.ts'
import { DIALECT, ownExtensions, reportForeign } from './extensions.ts'
import { encodeMedia } from './media.ts'
import { toWireName } from './tool-names.ts'

/** One part of a request; null when Google has no words for it (reported) or it says nothing. Results of functions are written elsewhere. */
export function encodePart(part: Part, path: string, drop: Drop): JsonObject | null {
  const written = partOf(part, path, drop)
  if (!written && !isEmptyText(part)) drop(path)
  if ('extensions' in part) reportForeign(unsaidOf(part), `${path}.`, drop)
  return written
}

/** Extensions without OpenAI's way to carry a signature, where the signature itself is there. */
function unsaidOf(part: Extract<Part, { readonly extensions?: unknown }>): Extensions | undefined {
  if (part.type !== 'tool-call' || ownExtensions(part.extensions).thoughtSignature === undefined) return part.extensions
  const { 'openai-chat': _, ...others } = part.extensions ?? {}
  return others
}

function partOf(part: Part, path: string, drop: Drop): JsonObject | null {
  switch (part.type) {
    case 'text':
    case 'refusal':
      if (part.text === '') return null
      return { text: part.text, ...(part.type === 'text' ? carried(part) : {}) }
    case 'image':
      if (part.detail === 'low' || part.detail === 'high') drop(`${path}.detail`)
      return { ...encodeMedia(part.source, 'image', mimeTypeOf(part)), ...carried(part) }
    case 'audio':
      return encodeMedia(part.source, 'audio')
    case 'file':
      if (part.name !== undefined) drop(`${path}.name`)
      return { ...encodeMedia(part.source, 'file', mimeTypeOf(part)), ...carried(part) }
    case 'tool-call':
      return { functionCall: encodeCall({ ...part, name: toWireName(part.name) }), ...carried(part) }
    case 'reasoning':
      // Seals of others mean nothing here, and their thoughts would be taken for the model's own.
      return part.origin === DIALECT ? encodeThought(part.text, part.signature) : null
    case 'opaque':
      return part.dialect === DIALECT && isObject(part.block) ? part.block : null
    case 'tool-result':
      return null
  }
}

/** A thought as it came: one without text is the seal of what stands before it. */
export function encodeThought(text: string, signature: string | undefined): JsonObject | null {
  if (text !== '') return { text, thought: true, ...(signature ? { thoughtSignature: signature } : {}) }
  return signature ? { text, thoughtSignature: signature } : null
}

/** A `functionCall` under a name in Google's alphabet. Arguments that are no JSON object are handed over as `{"_raw": text}`, so that call and result stay a pair. */
export function encodeCall(call: {
  readonly id: string
  readonly name: string
  readonly arguments: string
}): JsonObject {
  const id = wireCallId(call.id)
  return { ...(id === undefined ? {} : { id }), name: call.name, args: argumentsOf(call.arguments) }
}

function argumentsOf(text: string): JsonObject {
  if (text.trim() === '') return {}
  const args = parseExactJson(text)
  return isObject(args) ? args : { _raw: text }
}

/** What only Google says of a part, but for what is a note to ourselves. */
export function carried(part: Extract<Part, { readonly extensions?: unknown }>): JsonObject {
  const { candidate: _, mimeType: __, response: ___, ...fields } = ownExtensions(part.extensions)
  return fields
}

function mimeTypeOf(part: Extract<Part, { readonly extensions?: unknown }>): string | undefined {
  const { mimeType } = ownExtensions(part.extensions)
  return typeof mimeType === 'string' ? mimeType : undefined
}

function isEmptyText(part: Part): boolean {
  return (part.type === 'text' || part.type === 'refusal') && part.text === ''
}
