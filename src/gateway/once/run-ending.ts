import type { ErrorCode } from '../../errors/codes.ts'
import type { RunEnding } from '../../idempotency/keyed-run.ts'
import type { KeptReply } from '../../storage/contracts/idempotency-store.ts'
import type { Outcome } from '../outcome.ts'

/** What is known of a run when it ends. */
export interface EndedRun {
  /** How it ended; null when nobody said. */
  readonly outcome: Outcome | null
  /** Whether the books are closed. When they cannot be, the caller was given an error instead of the answer. */
  readonly isSettled: boolean
  /** Its reply; null when it was too large to be kept. */
  readonly copy: KeptReply | null
  /** Whether its caller was given all of it. */
  readonly whole: boolean
  /** Whether the provider was given tools that act by themselves. */
  readonly actsElsewhere: boolean
  /** Whether this gateway is closing: another may run the call at once. */
  readonly draining: boolean
}

/** Refusals that tell of the request itself: the same request meets them again. */
const OF_THE_REQUEST: ReadonlySet<number> = new Set([400, 404, 413])

/** Failures after which nothing was done anywhere. One that may have acted ends a call, so the last failure tells of all. */
const NOTHING_DONE: ReadonlySet<ErrorCode> = new Set([
  'upstream_rate_limited',
  'upstream_credential_rejected',
  'no_deployment_available',
  'kill_switch_on',
  'budget_exceeded',
  'quota_exceeded',
])

/**
 * What becomes of the key. An answer is kept, and so is a failure that the same request would meet again. A call that never ran leaves no trace, and
 * one that failed for now may be sent again, as its error says: the caller was told, and what the failed attempts cost stays booked. Only a call
 * that may have done something in the world is never run twice, whatever became of it.
 */
export function endingOf({ outcome, isSettled, copy, whole, actsElsewhere, draining }: EndedRun): RunEnding {
  if (outcome?.status === 'refused') return { state: 'free', reply: draining ? null : copy }
  const error = outcome?.error ?? null
  const wasHeard = whole && outcome !== null && outcome.status !== 'client_gone'
  const isAnswer = wasHeard && isSettled && error === null
  const meetsAgain = wasHeard && error !== null && !error.retryable && OF_THE_REQUEST.has(error.status)
  const mayHaveActed = actsElsewhere && !(error && NOTHING_DONE.has(error.code))
  if (isAnswer || meetsAgain || (mayHaveActed && wasHeard && isSettled)) {
    return copy ? { state: 'kept', reply: copy } : { state: 'lost', because: 'too_large' }
  }
  if (mayHaveActed) return { state: 'lost', because: 'may_have_acted' }
  return { state: 'free', reply: wasHeard && !draining ? copy : null }
}
