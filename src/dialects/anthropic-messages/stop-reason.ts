import type { CanonicalResponse, FinishReason } from '../../canonical/response.ts'
import type { JsonValue } from '../../lib/json.ts'

const REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop-sequence',
  max_tokens: 'length',
  tool_use: 'tool-calls',
  refusal: 'content-filter',
  pause_turn: 'pause',
  model_context_window_exceeded: 'context-length',
  error: 'incomplete',
}

const WORDS: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  'stop-sequence': 'stop_sequence',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'content-filter': 'refusal',
  pause: 'pause_turn',
  'context-length': 'model_context_window_exceeded',
  // Anthropic has no word for it: a message that breaks is none there.
  incomplete: 'error',
  other: 'end_turn',
}

/** Why an answer ended. */
export type Finish = Pick<CanonicalResponse, 'finishReason' | 'rawFinishReason' | 'stopSequence'>

/** Anthropic's `stop_reason` and `stop_sequence`; a word we do not know is `other` and kept. */
export function decodeFinish(reason: JsonValue | undefined, sequence: JsonValue | undefined): Finish {
  if (typeof reason !== 'string') return { finishReason: 'other' }
  const stopSequence = typeof sequence === 'string' ? { stopSequence: sequence } : {}
  const finishReason = Object.hasOwn(REASONS, reason) ? REASONS[reason] : undefined
  return finishReason
    ? { finishReason, ...stopSequence }
    : { finishReason: 'other', rawFinishReason: reason, ...stopSequence }
}

/** The stop reason in Anthropic's words. A refusal counts as one whatever the finish says; other vendors finish it as `stop`. */
export function encodeFinish(finish: Finish, refused: boolean): { stop_reason: string; stop_sequence: string | null } {
  const word = finish.finishReason === 'other' ? (finish.rawFinishReason ?? WORDS.other) : WORDS[finish.finishReason]
  const reason = refused && finish.finishReason === 'stop' ? WORDS['content-filter'] : word
  return { stop_reason: reason, stop_sequence: finish.stopSequence ?? null }
}
