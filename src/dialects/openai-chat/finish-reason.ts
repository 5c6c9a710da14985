import type { CanonicalResponse, FinishReason } from '../../canonical/response.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'

/** Why an answer ended, as the canonical model says it. */
export type Finish = Pick<CanonicalResponse, 'finishReason' | 'rawFinishReason' | 'stopSequence'>

/** OpenAI's words, and those that hosts like it pass through from the models behind them; OpenAI has none for an answer that broke, others say `error`. */
const MEANINGS: ReadonlyMap<string, FinishReason> = new Map([
  ['stop', 'stop'],
  ['end_turn', 'stop'],
  ['eos', 'stop'],
  ['length', 'length'],
  ['max_tokens', 'length'],
  ['tool_calls', 'tool-calls'],
  ['function_call', 'tool-calls'],
  ['tool_use', 'tool-calls'],
  ['content_filter', 'content-filter'],
  ['safety', 'content-filter'],
  ['sensitive', 'content-filter'],
  ['refusal', 'content-filter'],
  ['stop_sequence', 'stop-sequence'],
  ['error', 'incomplete'],
  ['model_length', 'context-length'],
  ['model_context_window_exceeded', 'context-length'],
])

/**
 * The meaning of a choice's finish reason. Hosts that say `stop`, or nothing, after tool calls mean that they wait for
 * the tools. A word we do not know is `other` and kept.
 */
export function decodeFinish(choice: JsonObject, calledTools: boolean): Finish {
  const raw = finishReasonOf(choice)
  const meaning = raw === undefined ? 'stop' : (MEANINGS.get(raw.toLowerCase()) ?? 'other')
  const finish: { -readonly [Name in keyof Finish]: Finish[Name] } = { finishReason: meaning }
  if (raw !== undefined) finish.rawFinishReason = raw
  if (meaning !== 'stop') return finish
  const hit = choice.stop_reason
  if (calledTools) {
    finish.finishReason = 'tool-calls'
  } else if (typeof hit === 'string' && hit !== '' && !MEANINGS.has(hit)) {
    // vLLM names the stop text that was hit; a number is a token of its own.
    finish.finishReason = 'stop-sequence'
    finish.stopSequence = hit
  }
  return finish
}

/** The finish reason of a choice as written; undefined while the answer runs on. */
export function finishReasonOf(choice: JsonObject): string | undefined {
  const raw: JsonValue | undefined = choice.finish_reason
  return typeof raw === 'string' && raw !== '' ? raw : undefined
}

/** The finish reason in this format's words; one that nobody knows passes through as it came. */
export function encodeFinishReason(finishReason: FinishReason, raw: string | undefined): string {
  switch (finishReason) {
    case 'stop':
    case 'stop-sequence':
    case 'pause':
      return 'stop'
    case 'length':
    case 'context-length':
      return 'length'
    case 'tool-calls':
      return 'tool_calls'
    case 'content-filter':
      return 'content_filter'
    case 'incomplete':
      return 'error'
    case 'other':
      return raw ?? 'stop'
  }
}
