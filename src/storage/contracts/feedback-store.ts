/** What somebody said about an answer. */
export interface NewFeedback {
  readonly traceId: string
  /** Whose trace it must be; null for any tenant's, which only the process itself may say. */
  readonly tenantId: string | null
  /** Who says it; null when nobody is named. One person has one word on a trace: the latest. */
  readonly userId: string | null
  /** -1 (bad) to 1 (good). */
  readonly score: number
  readonly label: string | null
  readonly comment: string | null
}

/** Feedback as stored: with what it is about. */
export interface FeedbackRow extends NewFeedback {
  readonly id: string
  readonly tenantId: string
  readonly feature: string
  readonly task: string | null
  /** What answered: of several calls in one trace the latest that was answered. */
  readonly deployment: string | null
  /** The store's own time, ms since 1970: when it was given first, and when last. */
  readonly createdAt: number
  readonly updatedAt: number
}

/** Where feedback lives. Rejects with GatewayError `ledger_unavailable`. */
export interface FeedbackStore {
  /** Keeps it, instead of what the same person said of the same trace before. Null when there is no such trace of that tenant. */
  give(feedback: NewFeedback): Promise<FeedbackRow | null>
  /** All feedback on a trace, newest first; with a tenant, only that one's. */
  of(traceId: string, tenantId: string | null): Promise<readonly FeedbackRow[]>
}
