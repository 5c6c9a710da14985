import type { CanonicalResponse, FinishReason } from '../../canonical/response.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'

/** Safety in all its kinds. Words that are not here are passed on as `other`: https://ai.google.dev/api/generate-content#FinishReason (2026-11-21) */
const REASONS: Readonly<Record<string, FinishReason>> = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'content-filter',
  RECITATION: 'content-filter',
  BLOCKLIST: 'content-filter',
  PROHIBITED_CONTENT: 'content-filter',
  SPII: 'content-filter',
  MODEL_ARMOR: 'content-filter',
  IMAGE_SAFETY: 'content-filter',
  IMAGE_PROHIBITED_CONTENT: 'content-filter',
  IMAGE_RECITATION: 'content-filter',
  CONTINUATION: 'pause',
}

/** The first words of the enumeration, for hosts that were asked to write its numbers. */
const NUMBERED = ['FINISH_REASON_UNSPECIFIED', 'STOP', 'MAX_TOKENS', 'SAFETY', 'RECITATION', 'OTHER']

const WORDS: Readonly<Record<FinishReason, string>> = {
  stop: 'STOP',
  'stop-sequence': 'STOP',
  length: 'MAX_TOKENS',
  'tool-calls': 'STOP',
  'content-filter': 'SAFETY',
  pause: 'STOP',
  'context-length': 'MAX_TOKENS',
  incomplete: 'OTHER',
  other: 'OTHER',
}

/** Why an answer ended. */
export type Finish = Pick<CanonicalResponse, 'finishReason' | 'rawFinishReason'>

/** The word of a candidate, or undefined while it goes on. */
export function finishWordOf(candidate: JsonObject): string | undefined {
  const { finishReason: reason } = candidate
  if (typeof reason === 'number') return NUMBERED[reason] ?? String(reason)
  return typeof reason === 'string' && reason !== '' ? reason : undefined
}

/** The finish that a word tells. Gemini says STOP after function calls too. Kinds of filters keep their word. */
export function decodeFinish(word: string | undefined, calledTools: boolean): Finish {
  if (word === undefined) return { finishReason: 'other' }
  const reason = Object.hasOwn(REASONS, word) ? REASONS[word] : undefined
  if (reason === 'stop' && calledTools) return { finishReason: 'tool-calls' }
  if (reason === undefined) return { finishReason: 'other', rawFinishReason: word }
  return WORDS[reason] === word ? { finishReason: reason } : { finishReason: reason, rawFinishReason: word }
}

/** The finish of a prompt that was not answered at all, by `promptFeedback`; null when it was let through. */
export function decodeBlock(feedback: JsonValue | undefined): Finish | null {
  if (!isObject(feedback) || feedback.blockReason === undefined || feedback.blockReason === null) return null
  return { finishReason: 'content-filter', rawFinishReason: String(feedback.blockReason) }
}

/** The finish in Google's word. A refusal counts as one whatever the finish says; other vendors finish it as `stop`. */
export function encodeFinish({ finishReason, rawFinishReason }: Finish, refused: boolean): string {
  if (finishReason === 'other') return rawFinishReason ?? WORDS.other
  if (refused && finishReason === 'stop') return WORDS['content-filter']
  // The word of a filter of Google's own is given back; those of others mean nothing here.
  const own = rawFinishReason !== undefined && Object.hasOwn(REASONS, rawFinishReason)
  return own ? rawFinishReason : WORDS[finishReason]
}
