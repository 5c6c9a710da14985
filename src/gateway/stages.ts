import type { CallContext, Principal } from '../access/context.ts'
import type { Complexity } from '../canonical/call-words.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import type { OriginalBody } from '../execution/encode-attempt.ts'
import type { Executed } from '../execution/execute-ask.ts'
import type { Reservation } from '../money/reservation.ts'
import type { Decision } from '../policy/decision.ts'
import type { RouteAsk } from '../policy/route.ts'
import type { Exchange } from './exchange.ts'
import type { HoldPlan } from './hold-plan.ts'

/*
 * What is known after each stage. Each type extends the one before it and adds a field that only its stage can give, so that the
 * compiler knows the order: `reserve` cannot be called with a call that was never routed, nor `reply` with one that was never checked.
 */

/** The caller's bytes mean something. */
export interface Received {
  readonly exchange: Exchange
  readonly request: CanonicalRequest
  /** What the caller wrote; null for calls of the library. */
  readonly original: OriginalBody | null
}

/** It is known who asks, and for whom. */
export interface Authenticated extends Received {
  readonly principal: Principal
  readonly context: CallContext
  /** Entries of the body's `metadata` that were read as context. */
  readonly contextMetadata: readonly string[]
  /** How hard the call is, as a judge said; not there where none was asked, or none answered. */
  readonly judged?: Complexity | undefined
}

/** It is known which deployments may serve the call, in which order and why. */
export interface Routed extends Authenticated {
  readonly decision: Decision
  /** What was decided about, to decide it again at a limit. */
  readonly ask: RouteAsk
}

/** The stages that a call has passed. Only the compiler knows them; nothing of them is there at run time. */
declare const PASSED: unique symbol

/** No switch and no limit is in the way. */
export interface Admitted extends Routed {
  readonly [PASSED]: { readonly admit: true }
}

/** Prompt and tool results were checked; `request` is what may be sent. */
export interface GuardedInput extends Admitted {
  readonly [PASSED]: { readonly admit: true; readonly guardInput: true }
  /** Whether a guard changed the content, so that the caller's own bytes must not be sent. Default false. */
  readonly contentChanged?: boolean | undefined
}

/** No cache holds an answer. */
export interface Missed extends GuardedInput {
  readonly [PASSED]: { readonly admit: true; readonly guardInput: true; readonly lookup: true }
  /** The provider-side cache key, bound to the tenant; absent when the call names no stable segment. */
  readonly promptCacheKey?: string | undefined
}

/** The money is held. */
export interface Reserved extends Missed {
  readonly reservation: Reservation
  /** What was held for. */
  readonly plan: HoldPlan
}

/** A deployment has begun to answer. */
export interface Answered extends Reserved {
  readonly executed: Executed
}

/** The answer may be shown. */
export interface Checked extends Answered {
  readonly [PASSED]: {
    readonly admit: true
    readonly guardInput: true
    readonly lookup: true
    readonly guardOutput: true
  }
}

/** The call for the next stage, where the one before it had nothing to add but its word. */
export function passed<Next extends Admitted>(call: Omit<Next, typeof PASSED>): Next {
  return call as Next
}
