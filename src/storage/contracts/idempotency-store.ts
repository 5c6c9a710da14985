import type { JsonObject } from '../../lib/json.ts'

/** An idempotency key of one caller, at rest: never the key itself, only its hash. */
export interface HashedKey {
  readonly tenantId: string
  /** Hex SHA-256 over the virtual key's id and the idempotency key. */
  readonly keyHash: string
}

/** One run of a call under a key. */
export interface KeyedRun extends HashedKey {
  readonly run: string
}

/** A reply as it is kept: what a face needs beside the bytes, and the bytes. */
export interface KeptReply {
  readonly head: JsonObject
  readonly body: Buffer
}

/**
 * `running`: somebody runs the call, for as long as the lease is renewed. `kept`: it ended, and its reply is given again. `lost`: it ended and
 * may not run again, but there is no reply to give; `head` says why. `free`: it ended without a result, so the next call runs; the reply
 * is for those who waited for this run.
 */
export type KeyState = 'running' | 'kept' | 'lost' | 'free'

/** What a store knows of a key. */
export interface KeyEntry {
  readonly run: string
  readonly fingerprint: string
  readonly state: KeyState
  /** Whether the run answers as a stream. */
  readonly stream: boolean
  /** Null while it runs, where there is none, and for calls with another fingerprint. */
  readonly reply: KeptReply | null
}

/** Somebody wants to run a call under a key. */
export interface KeyClaim extends KeyedRun {
  readonly fingerprint: string
  readonly stream: boolean
  readonly leaseMs: number
  readonly keepMs: number
  /** The run that this caller has waited for: if that is the one that ended free, its reply is for this caller too. */
  readonly waitedFor: string | null
}

/** How a run ended. */
export interface KeyEnding {
  readonly state: Exclude<KeyState, 'running'>
  readonly reply: KeptReply | null
  readonly keepMs: number
}

/** Where replies to calls with an idempotency key are kept. Time is the store's own. All reject with GatewayError `ledger_unavailable`. */
export interface IdempotencyStore {
  /**
   * Takes the key for this run, and gives null; or gives the entry that is in the way. A key is free when nobody used it, when it was kept long
   * enough, when its last run ended `free`, and when the same call ran and its lease lapsed. Of many that claim at once one gets it.
   */
  claim(claim: KeyClaim): Promise<KeyEntry | null>
  /** Ends a run. False when the run is not the key's own any more: its lease lapsed and another took over. */
  end(run: KeyedRun, ending: KeyEnding): Promise<boolean>
  /** Forgets the key if this run has it: the next who claims it runs, those who waited included. */
  forget(run: KeyedRun): Promise<void>
  /** Renews the leases of runs that still have their keys. */
  extend(runs: readonly KeyedRun[], leaseMs: number): Promise<void>
  /** Deletes entries that were kept long enough, at most `limit`; gives how many. */
  sweep(limit: number): Promise<number>
}
