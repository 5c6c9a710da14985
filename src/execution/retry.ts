import type { AttemptFailure, FailureClass } from './attempt-failure.ts'
import type { RetryPolicy } from './failure-handling.ts'

/**
 * Failures after which the same deployment may do better at once. Silence is not among them: who says nothing for so long will do so again, and the caller has
 * waited once. Nor is a reply that makes no sense, or what is wrong with a key.
 */
const PASSING: ReadonlySet<FailureClass> = new Set(['connection', 'server_error', 'rate_limited', 'truncated'])

/** Whether a deployment that failed like this may do better at once. */
export function mayPass(failure: FailureClass): boolean {
  return PASSING.has(failure)
}

/** Longest wait for a provider that says when to come back, when nobody else can be asked. */
const LONGEST_WAIT_MS = 10_000
/** Longest such wait when others could be asked: the model that was chosen is worth a moment, where the deadline has plenty of them. */
const SHORT_WAIT_MS = 2_000
const SHARE_OF_DEADLINE = 0.25

/** What a retry is decided by. */
export interface RetryAsk {
  readonly failure: AttemptFailure
  readonly policy: RetryPolicy
  /** Retries on this deployment so far. */
  readonly retries: number
  readonly leftMs: number
  /** Whether another deployment could be asked instead. */
  readonly othersLeft: boolean
  /** From 0 to 1. */
  readonly random: () => number
}

/**
 * How long to pause before the same deployment is asked again, with full jitter; null when it is not to be. What a provider says about when to come back is
 * kept, or there is no retry: a wait that is longer than the pause would be is for callers who have nowhere else to go.
 */
export function retryPauseMs({ failure, policy, retries, leftMs, othersLeft, random }: RetryAsk): number | null {
  // An answer that is not what was asked for may be so by chance; there is nothing to wait for.
  if (failure.failure === 'invalid_output') return retries < policy.invalidOutput ? 0 : null
  if (retries >= policy.attempts || !mayPass(failure.failure)) return null
  // What the provider counted is paid for, and what points elsewhere will do so again.
  if (failure.summary !== null || (failure.error.upstream?.status ?? 500) < 400) return null
  const longestMs = policy.backoffMs * 2 ** retries
  const askedMs = failure.retryAfterMs ?? 0
  const shortMs = Math.max(longestMs, Math.min(SHORT_WAIT_MS, leftMs * SHARE_OF_DEADLINE))
  if (askedMs > (othersLeft ? shortMs : LONGEST_WAIT_MS)) return null
  const pauseMs = Math.max(askedMs, random() * longestMs)
  return pauseMs < leftMs ? pauseMs : null
}
