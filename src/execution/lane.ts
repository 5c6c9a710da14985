import type { LeaveSignal } from '../lib/leave-signal.ts'
import type { FallbackReason, Target } from './execute-ask.ts'

/** What one of two attempts at once has to do with the other. */
export interface Lane {
  /** Aborted when the call is over, or the other attempt answers first. */
  readonly signal: LeaveSignal
  /** Of the second one: the target of the first. Null for the first. */
  readonly beside: Target | null
  /** Of the second one: why the first did not serve. Null for the first. */
  readonly reason: FallbackReason | null
  /** Whether the other one answered first. */
  readonly isOutrun: boolean
  /** Resolves when the other one answers first. */
  readonly outrun: Promise<false>
  /** Its bytes are about to leave. */
  begun(): void
  /** Its first content is there; false when the other one's came before. */
  claim(): boolean
}
