import { isObject, type JsonObject } from '../../lib/json.ts'
import type { Counting } from '../dialect.ts'

/** What says how to answer, not what to read: the counting address refuses it. */
const OF_THE_ANSWER = new Set([
  'max_tokens',
  'stream',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'metadata',
  'service_tier',
  'container',
  'documents',
])

/**
 * Anthropic's count_tokens: the fields of a call that are read
 * (https://platform.claude.com/docs/en/api/messages/count_tokens, 2026-11-21). It is free.
 */
export const counting: Counting = {
  pathOf: () => '/v1/messages/count_tokens',
  callIn: (body) => body,
  question(body, model) {
    const read = Object.entries(body).filter(([field]) => !OF_THE_ANSWER.has(field))
    return { ...(Object.fromEntries(read) satisfies JsonObject), model }
  },
  tokensIn: (reply) => (isObject(reply) && typeof reply.input_tokens === 'number' ? reply.input_tokens : null),
  answer: (tokens) => ({ input_tokens: tokens }),
}
