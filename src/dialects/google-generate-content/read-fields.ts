import type { JsonObject } from '../../lib/json.ts'
import { type Inside, keeping, only, type ReadFields, unreadFields } from '../unread-fields.ts'
import { camelCase } from './fields.ts'
import { decodeMedia } from './media.ts'

const MEDIA = { inlineData: only('mimeType data displayName'), fileData: only('mimeType fileUri displayName') }

const PART: Inside = (part) => {
  if (part.thought === true) return only('text thought thoughtSignature')
  if (isMedia(part) && decodeMedia(part, '') === null) return null
  return keeping({
    ...MEDIA,
    functionCall: only('id name args'),
    functionResponse: only('id name response', { parts: (inner) => (decodeMedia(inner, '') ? only('', MEDIA) : null) }),
  })
}

function isMedia(part: JsonObject): boolean {
  return Object.keys(part).some((field) => /^(inline|file)_?data$/i.test(field))
}

const REQUEST: ReadFields = keeping({
  metadata: only(),
  systemInstruction: only('role', { parts: PART }),
  contents: only('role', { parts: PART }),
  generationConfig: keeping({ thinkingConfig: only('includeThoughts thinkingBudget thinkingLevel') }),
})

/** The paths of fields inside a generateContent request that are not read: they would be lost in translation, and nobody would know. */
export function unreadIn(body: JsonObject): string[] {
  return unreadFields(body, REQUEST, camelCase)
}
