import type { CanonicalResponse } from '../../canonical/response.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { isCallersCall } from './items.ts'

/** Why an answer ended. */
export type Finish = Pick<CanonicalResponse, 'finishReason' | 'rawFinishReason' | 'stopSequence'>

/** Why an answer is incomplete that broke on its way. OpenAI has no word for it. */
const BROKEN = 'error'

/**
 * The ending that a response's status tells. There is no word for waiting for the caller: a call among the output says it. A reason to be
 * incomplete that we do not know is `other` and kept.
 */
export function decodeFinish(response: JsonObject): Finish {
  if (response.status === 'incomplete') {
    const { reason } = isObject(response.incomplete_details) ? response.incomplete_details : {}
    if (reason === 'max_output_tokens' || reason === 'max_tokens') return { finishReason: 'length' }
    if (reason === BROKEN) return { finishReason: 'incomplete' }
    if (reason === 'content_filter') return { finishReason: 'content-filter' }
    return { finishReason: 'other', rawFinishReason: typeof reason === 'string' ? reason : 'incomplete' }
  }
  const output = Array.isArray(response.output) ? response.output.filter(isObject) : []
  const waits = output.some((item) => isCallersCall(item, output))
  return { finishReason: waits ? 'tool-calls' : 'stop' }
}

/** The status of an answer, and why it is incomplete if it is. */
export function encodeFinish({ finishReason, rawFinishReason }: Finish): {
  readonly status: 'completed' | 'incomplete'
  readonly incomplete_details: { readonly reason: string } | null
} {
  const reason = reasonOf(finishReason, rawFinishReason)
  return reason === null
    ? { status: 'completed', incomplete_details: null }
    : { status: 'incomplete', incomplete_details: { reason } }
}

function reasonOf(finishReason: CanonicalResponse['finishReason'], raw: string | undefined): string | null {
  switch (finishReason) {
    case 'stop':
    case 'stop-sequence':
    case 'tool-calls':
    case 'pause':
      return null
    case 'length':
    case 'context-length':
      return 'max_output_tokens'
    case 'content-filter':
      return 'content_filter'
    case 'incomplete':
      return BROKEN
    case 'other':
      return raw ?? null
  }
}
