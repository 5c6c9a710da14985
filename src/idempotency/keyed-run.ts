import type { GatewayError } from '../errors/gateway-error.ts'
import type { LeaveSignal } from '../lib/leave-signal.ts'
import type { KeptReply, KeyClaim, KeyedRun, KeyState } from '../storage/contracts/idempotency-store.ts'
import type { LostBecause } from './conflict.ts'

/** A call with an idempotency key, before it is known whether it runs. */
export interface KeyedCall extends Pick<KeyClaim, 'tenantId' | 'keyHash' | 'fingerprint' | 'stream'> {
  /** Aborted when the caller leaves or is sent away. */
  readonly signal: LeaveSignal
  /** Ends the run: the gateway closes. */
  readonly stop: (why: GatewayError) => void
  /** Told at each heartbeat while the run goes on, to look whether somebody still reads it. */
  readonly beat: () => void
}

/** How a run ended: with a reply to give again, without one, or so that the next call may run. */
export type RunEnding =
  | { readonly state: 'kept'; readonly reply: KeptReply }
  | { readonly state: 'lost'; readonly because: LostBecause }
  /** `reply` is for those who waited; null lets one of them run. */
  | { readonly state: 'free'; readonly reply: KeptReply | null }

/** The right to run a call, and the duty to say how it ended. */
export interface OwnRun extends KeyedRun {
  /** To be called once, before the caller sees the end. Never rejects. */
  end(ending: RunEnding): Promise<void>
}

/** A reply that another run left. */
export interface EarlierReply {
  readonly reply: KeptReply
  /** `kept`: the same key gives it again. `free`: it was shared with those who waited, and the next call runs. */
  readonly state: Extract<KeyState, 'kept' | 'free'>
}

/** What a call with an idempotency key comes to: it runs, or there is a reply already. */
export type Entered =
  | { readonly run: OwnRun; readonly earlier: null }
  | { readonly run: null; readonly earlier: EarlierReply }
