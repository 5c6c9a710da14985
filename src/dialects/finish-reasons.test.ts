import { describe, expect, it } from 'vitest'
import type { DialectName } from '../canonical/dialect-name.ts'
import type { JsonObject, JsonValue } from '../lib/json.ts'
import { dialectOf } from './registry.ts'

/*
 * Why an answer ended: every word that a vendor documents, in the words of every caller's format. A word that nobody knows is passed on, never taken
 * for a good end.
 */

const CHAT = 'openai-chat'
const RESPONSES = 'openai-responses'
const MESSAGES = 'anthropic-messages'
const GEMINI = 'google-generate-content'

/** An answer of a vendor that ends with a word. */
const ANSWERS: Readonly<Partial<Record<DialectName, (word: string) => JsonObject>>> = {
  [CHAT]: (word) => ({ choices: [{ message: { content: 'x' }, finish_reason: word }] }),
  [RESPONSES]: (word) => ({
    status: 'incomplete',
    incomplete_details: { reason: word },
    output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'x' }] }],
  }),
  [MESSAGES]: (word) => ({ content: [{ type: 'text', text: 'x' }], stop_reason: word }),
  [GEMINI]: (word) => ({ candidates: [{ content: { parts: [{ text: 'x' }] }, finishReason: word }] }),
  'bedrock-converse': (word) => ({
    output: { message: { role: 'assistant', content: [{ text: 'x' }] } },
    stopReason: word,
  }),
  'cohere-chat': (word) => ({ message: { content: [{ type: 'text', text: 'x' }] }, finish_reason: word }),
}

/** Where a caller reads the word. */
const WORD_IN: readonly (readonly [DialectName, (answer: Answer) => JsonValue | undefined])[] = [
  [CHAT, (answer) => answer.choices?.[0]?.finish_reason],
  [RESPONSES, (answer) => answer.incomplete_details?.reason ?? answer.status],
  [MESSAGES, (answer) => answer.stop_reason],
  [GEMINI, (answer) => answer.candidates?.[0]?.finishReason],
]

interface Answer {
  readonly choices?: readonly { readonly finish_reason?: string }[]
  readonly candidates?: readonly { readonly finishReason?: string }[]
  readonly incomplete_details?: { readonly reason?: string } | null
  readonly status?: string
  readonly stop_reason?: string
}

/** What the callers of the four formats read. */
type Words = readonly [chat: string, responses: string, messages: string, gemini: string]
const DONE: Words = ['stop', 'completed', 'end_turn', 'STOP']
const STOPPED: Words = ['stop', 'completed', 'stop_sequence', 'STOP']
const CAPPED: Words = ['length', 'max_output_tokens', 'max_tokens', 'MAX_TOKENS']
const FULL: Words = ['length', 'max_output_tokens', 'model_context_window_exceeded', 'MAX_TOKENS']
const FILTERED: Words = ['content_filter', 'content_filter', 'refusal', 'SAFETY']
const PAUSED: Words = ['stop', 'completed', 'pause_turn', 'STOP']
const CALLING: Words = ['tool_calls', 'completed', 'tool_use', 'STOP']
const passed = (word: string): Words => [word, word, word, word]
/** A filter of Google's own keeps its name for Google's callers. */
const googles = (word: string): Words => ['content_filter', 'content_filter', 'refusal', word]

const ENDINGS: readonly (readonly [DialectName, string, Words])[] = [
  [CHAT, 'stop', DONE],
  [CHAT, 'length', CAPPED],
  [CHAT, 'tool_calls', CALLING],
  [CHAT, 'function_call', CALLING],
  [CHAT, 'content_filter', FILTERED],
  [CHAT, 'made_up', passed('made_up')],
  [RESPONSES, 'max_output_tokens', CAPPED],
  [RESPONSES, 'content_filter', FILTERED],
  [RESPONSES, 'made_up', passed('made_up')],
  [MESSAGES, 'end_turn', DONE],
  [MESSAGES, 'max_tokens', CAPPED],
  [MESSAGES, 'stop_sequence', STOPPED],
  [MESSAGES, 'tool_use', CALLING],
  [MESSAGES, 'pause_turn', PAUSED],
  [MESSAGES, 'refusal', FILTERED],
  [MESSAGES, 'model_context_window_exceeded', FULL],
  [MESSAGES, 'compaction', passed('compaction')],
  [GEMINI, 'STOP', DONE],
  [GEMINI, 'MAX_TOKENS', CAPPED],
  [GEMINI, 'SAFETY', FILTERED],
  ...['RECITATION', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII', 'IMAGE_SAFETY', 'IMAGE_RECITATION', 'MODEL_ARMOR'].map(
    (word) => [GEMINI, word, googles(word)] as const,
  ),
  ...['LANGUAGE', 'MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS', 'NO_IMAGE', 'OTHER'].map(
    (word) => [GEMINI, word, passed(word)] as const,
  ),
  ['bedrock-converse', 'end_turn', DONE],
  ['bedrock-converse', 'tool_use', CALLING],
  ['bedrock-converse', 'max_tokens', CAPPED],
  ['bedrock-converse', 'stop_sequence', STOPPED],
  ['bedrock-converse', 'guardrail_intervened', FILTERED],
  ['bedrock-converse', 'content_filtered', FILTERED],
  ['bedrock-converse', 'model_context_window_exceeded', FULL],
  ['bedrock-converse', 'malformed_tool_use', passed('malformed_tool_use')],
  ['bedrock-converse', 'malformed_model_output', passed('malformed_model_output')],
  ['cohere-chat', 'COMPLETE', DONE],
  ['cohere-chat', 'STOP_SEQUENCE', STOPPED],
  ['cohere-chat', 'MAX_TOKENS', CAPPED],
  ['cohere-chat', 'TOOL_CALL', CALLING],
  ['cohere-chat', 'MADE_UP', passed('MADE_UP')],
]

describe.each(ENDINGS)('%s: %s', (from, word, words) => {
  it.each(WORD_IN.map(([caller, read], at) => [caller, words[at], read] as const))(
    'to %s is %s',
    (caller, said, read) => {
      const answer = dialectOf(from).decodeResponse(ANSWERS[from]?.(word) ?? null)
      expect(read(dialectOf(caller).encodeResponse(answer))).toBe(said)
    },
  )
})
