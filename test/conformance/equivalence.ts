/*
 * What one format cannot say as the other does, and what stands for it.
 *
 * Every leniency of the comparison of translated answers is in this file (errors have theirs in `expected-error.ts`). The reader of the
 * table in docs/reference/dialects.md finds the same lines there.
 */
import type { DialectName } from '../../src/canonical/dialect-name.ts'
import { isObject, type JsonValue } from '../../src/lib/json.ts'
import type { ChoiceMeaning, UsageMeaning } from './meaning.ts'

/** Anthropic's stop reasons in OpenAI's words. OpenAI has none for a pause, and calls a stop text and a natural end the same. */
const IN_OPENAI: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
}

/** OpenAI's finish reasons, and those that its hosts pass through, in Anthropic's words. */
const IN_ANTHROPIC: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  end_turn: 'end_turn',
  eos: 'end_turn',
  length: 'max_tokens',
  max_tokens: 'max_tokens',
  tool_calls: 'tool_use',
  tool_use: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
  safety: 'refusal',
  sensitive: 'refusal',
  refusal: 'refusal',
  stop_sequence: 'stop_sequence',
}

/** The finish reason that a client of the other format must see. A word that nobody knows passes through. */
export function expectedFinish(choice: ChoiceMeaning, to: DialectName): string {
  const { finish } = choice
  if (to === 'openai-chat') return finish === null ? 'stop' : (IN_OPENAI[finish] ?? finish)
  const word = finish === null ? 'end_turn' : (IN_ANTHROPIC[finish.toLowerCase()] ?? finish)
  if (word !== 'end_turn') return word
  // Hosts say `stop` after tool calls; a refusal is a field there and a stop reason here; vLLM names the stop text.
  if (choice.calls.length > 0) return 'tool_use'
  if (choice.refusal !== '') return 'refusal'
  return choice.stopText === null ? 'end_turn' : 'stop_sequence'
}

/** The texts that a client of the other format must see: Anthropic has no field for a refusal, so it is text there. */
export function expectedText(choice: ChoiceMeaning, to: DialectName): Pick<ChoiceMeaning, 'text' | 'refusal'> {
  return to === 'anthropic-messages' ? { text: choice.text + choice.refusal, refusal: '' } : choice
}

/** The arguments that a client of the other format must see: Anthropic takes objects alone, so a whole answer holds other text as `_raw`. */
export function expectedArguments(given: JsonValue, to: DialectName, streamed: boolean): JsonValue {
  if (to !== 'anthropic-messages' || streamed || isObject(given)) return given
  return { _raw: typeof given === 'string' ? given : JSON.stringify(given) }
}

/** Whether usage says the same. What the recording does not say must be absent or zero, since Anthropic's clients demand the figures. */
export function sameUsage(recorded: UsageMeaning | null, got: UsageMeaning | null, field: keyof UsageMeaning): boolean {
  const want = recorded?.[field] ?? null
  const have = got?.[field] ?? null
  return want === null ? have === null || have === 0 : have === want
}
