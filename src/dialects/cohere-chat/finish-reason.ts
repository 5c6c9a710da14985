import type { CanonicalResponse, FinishReason } from '../../canonical/response.ts'
import type { StreamError } from '../../canonical/stream-event.ts'
import type { JsonObject } from '../../lib/json.ts'

/** Why an answer ended, as the canonical model says it. */
export type Finish = Pick<CanonicalResponse, 'finishReason' | 'rawFinishReason'>

const MEANINGS: ReadonlyMap<string, FinishReason> = new Map([
  ['COMPLETE', 'stop'],
  ['STOP_SEQUENCE', 'stop-sequence'],
  ['MAX_TOKENS', 'length'],
  ['TOOL_CALL', 'tool-calls'],
  ['ERROR_TOXIC', 'content-filter'],
  ['ERROR_LIMIT', 'context-length'],
])

const WORDS: Readonly<Record<Exclude<FinishReason, 'other'>, string>> = {
  stop: 'COMPLETE',
  pause: 'COMPLETE',
  'stop-sequence': 'STOP_SEQUENCE',
  length: 'MAX_TOKENS',
  'context-length': 'ERROR_LIMIT',
  incomplete: 'ERROR',
  'tool-calls': 'TOOL_CALL',
  'content-filter': 'ERROR_TOXIC',
}

/** Words that say that there is no whole answer, with the status it would have been. */
const FAILURES: ReadonlyMap<string, number> = new Map([
  ['ERROR', 500],
  ['TIMEOUT', 504],
])

/** The meaning of a finish reason; one that nobody knows is `other` and kept. */
export function decodeFinish(raw: string | undefined, calledTools: boolean): Finish {
  if (raw === undefined) return { finishReason: calledTools ? 'tool-calls' : 'stop' }
  return { finishReason: MEANINGS.get(raw) ?? 'other', rawFinishReason: raw }
}

/** The failure that an answer or the end of a stream tells in its finish reason; null when it tells of none. */
export function failureIn(said: JsonObject): StreamError | null {
  const { finish_reason: word, error } = said
  const status = typeof word === 'string' ? FAILURES.get(word) : undefined
  if (status === undefined) return null
  const code = word === 'TIMEOUT' ? 'timeout' : 'error'
  const reason = typeof error === 'string' && error !== '' ? error : `The provider ended the answer with ${word}.`
  return { message: reason, code, status }
}

/** The finish reason in Cohere's words. */
export function encodeFinish({ finishReason, rawFinishReason }: Finish): string {
  return finishReason === 'other' ? (rawFinishReason ?? 'COMPLETE') : WORDS[finishReason]
}
