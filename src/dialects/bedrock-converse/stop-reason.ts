import type { CanonicalResponse, FinishReason } from '../../canonical/response.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'

const REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop-sequence',
  max_tokens: 'length',
  tool_use: 'tool-calls',
  content_filtered: 'content-filter',
  guardrail_intervened: 'content-filter',
  model_context_window_exceeded: 'context-length',
  error: 'incomplete',
}

const WORDS: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  'stop-sequence': 'stop_sequence',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'content-filter': 'content_filtered',
  pause: 'end_turn',
  'context-length': 'model_context_window_exceeded',
  incomplete: 'error',
  other: 'end_turn',
}

/** Why an answer ended. */
export type Finish = Pick<CanonicalResponse, 'finishReason' | 'rawFinishReason' | 'stopSequence'>

/** The `stopReason`, and the stop text among the model's own fields; a word we do not know (`malformed_tool_use`) is `other` and kept. */
export function decodeFinish({ stopReason, additionalModelResponseFields: fields }: JsonObject): Finish {
  const stop = stopSequence(fields)
  if (typeof stopReason !== 'string') return { finishReason: 'other', ...stop }
  const finishReason = Object.hasOwn(REASONS, stopReason) ? REASONS[stopReason] : undefined
  return finishReason ? { finishReason, ...stop } : { finishReason: 'other', rawFinishReason: stopReason, ...stop }
}

function stopSequence(fields: JsonValue | undefined): { readonly stopSequence?: string } {
  if (!isObject(fields)) return {}
  const said = fields.stop_sequence ?? (isObject(fields.delta) ? fields.delta.stop_sequence : undefined)
  return typeof said === 'string' ? { stopSequence: said } : {}
}

/** The end of an answer in Bedrock's words. */
export function encodeFinish({ finishReason, rawFinishReason, stopSequence: stop }: Finish): JsonObject {
  const stopReason = finishReason === 'other' ? (rawFinishReason ?? WORDS.other) : WORDS[finishReason]
  return { stopReason, ...(stop === undefined ? {} : { additionalModelResponseFields: { stop_sequence: stop } }) }
}
