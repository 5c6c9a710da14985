/*
 * The parts of an answer, whole or streamed.
 *
 * What Google says of a candidate as a whole (grounding, citations, safety ratings) is kept with the last text, because texts are what it is about and an
 * answer has no place of its own for it.
 */
import type { Part } from '../../canonical/content.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { newCallId } from './call-ids.ts'
import { carrySeal } from './carried-seals.ts'
import { decodePart } from './decode-content.ts'
import { encodeCall, encodeThought } from './encode-content.ts'
import { DIALECT, ownExtensions } from './extensions.ts'
import { othersOf } from './fields.ts'
import { spelledName } from './tool-names.ts'

const CANDIDATE = new Set(['content', 'finishReason', 'index'])

/** Every call of an answer has an id of its own, where Gemini gave none. */
const ANSWER_IDS = {
  called: (_name: string, id: string | undefined): string => id || newCallId(),
  answered: (_name: string, id: string | undefined): string => id || newCallId(),
}

/** One part of an answer. Media that the model made have no place in the answers of other formats and travel as they are. */
export function decodeAnswerPart(value: JsonValue, path: string): Part {
  const isMedia = isObject(value) && (value.inlineData !== undefined || value.fileData !== undefined)
  return isMedia ? { type: 'opaque', dialect: DIALECT, block: value } : decodePart(value, path, ANSWER_IDS)
}

/** What is said of a candidate besides its content and its end; undefined when nothing is. */
export function aboutCandidate(candidate: JsonObject): JsonObject | undefined {
  return othersOf(candidate, CANDIDATE)
}

/** One part of an answer as Google writes it; null when it says nothing or nothing that this format knows. */
export function encodeAnswerPart(part: Part): JsonObject | null {
  switch (part.type) {
    case 'text': {
      const { candidate: _, ...fields } = ownExtensions(part.extensions)
      return part.text === '' ? null : { text: part.text, ...fields }
    }
    case 'refusal':
      return part.text === '' ? null : { text: part.text }
    case 'tool-call':
      return { functionCall: encodeCall({ ...part, name: spelledName(part.name) }), ...ownExtensions(part.extensions) }
    case 'reasoning':
      return encodeThought(part.text, part.origin === DIALECT ? part.signature : carrySeal(part))
    case 'opaque':
      return part.dialect === DIALECT && isObject(part.block) ? part.block : null
    default:
      return null
  }
}

/** What was said of the candidate that these parts came from. */
export function saidOfCandidate(parts: readonly Part[]): JsonObject {
  const told = parts.findLast((part) => part.type === 'text' && isObject(ownExtensions(part.extensions).candidate))
  const { candidate } = told?.type === 'text' ? ownExtensions(told.extensions) : {}
  return isObject(candidate) ? candidate : {}
}
