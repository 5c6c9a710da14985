import { GatewayError } from '../errors/gateway-error.ts'
import type { FeedbackRow, FeedbackStore, NewFeedback } from '../storage/contracts/feedback-store.ts'
import { isTraceId } from '../tracing/traceparent.ts'

/** Feedback before anybody has looked at it: fields of an HTTP body, or of a library call. */
export interface RawFeedback {
  readonly score: unknown
  readonly label?: unknown
  readonly comment?: unknown
  readonly user_id?: unknown
}

/** The longest texts that are kept, in characters. */
const LONGEST = { label: 200, comment: 10_000, user_id: 500 }

/** Checks feedback on a trace and keeps it. Rejects with GatewayError `invalid_request` with the field, `not_found`, or `ledger_unavailable`. */
export async function giveFeedback(
  store: FeedbackStore,
  traceId: string,
  tenantId: string | null,
  raw: RawFeedback,
): Promise<FeedbackRow> {
  const feedback: NewFeedback = {
    traceId,
    tenantId,
    userId: textOf(raw, 'user_id'),
    score: scoreOf(raw.score),
    label: textOf(raw, 'label'),
    comment: textOf(raw, 'comment'),
  }
  const kept = isTraceId(traceId) ? await store.give(feedback) : null
  if (!kept) throw new GatewayError('not_found', 'There is no such trace for this tenant.', { param: 'trace_id' })
  return kept
}

function scoreOf(score: unknown): number {
  if (typeof score === 'number' && score >= -1 && score <= 1) return score
  throw new GatewayError('invalid_request', 'score must be a number from -1 (bad) to 1 (good).', { param: 'score' })
}

function textOf(raw: RawFeedback, field: keyof typeof LONGEST): string | null {
  const value = raw[field] ?? null
  if (value === null || (typeof value === 'string' && value.length <= LONGEST[field])) return value
  const message = `${field} must be a string of at most ${LONGEST[field]} characters.`
  throw new GatewayError('invalid_request', message, { param: field })
}
