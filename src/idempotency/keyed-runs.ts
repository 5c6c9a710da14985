/*
 * Calls with an idempotency key: which of them runs, and what the others get.
 *
 * Of the calls with one key that meet in this process the first asks the store, and the others wait for what it finds. If the key is free the first
 * runs, under a lease that is renewed for as long as this process lives; if another process runs the call, the first looks again and again until
 * that run has ended, or its lease lapsed and the key is taken over. Streams are not waited for: their duplicates are refused.
 */

import { callerLeft } from '../errors/caller-left.ts'
import { asGatewayError, type GatewayError } from '../errors/gateway-error.ts'
import { newId } from '../lib/ids.ts'
import type { LeaveSignal } from '../lib/leave-signal.ts'
import type { IdempotencyStore, KeyClaim, KeyEntry } from '../storage/contracts/idempotency-store.ts'
import { anotherCall, type LostBecause, nothingKept, stillRunning } from './conflict.ts'
import type { EarlierReply, Entered, KeyedCall, RunEnding } from './keyed-run.ts'
import { Lanes } from './lanes.ts'
import { LeasedRuns, type LeaseOptions } from './leased-runs.ts'
import { sweepEvery } from './sweep.ts'

/** What runs under keys need. */
export interface KeyedRunsOptions extends Omit<LeaseOptions, 'store'> {
  readonly store: IdempotencyStore
}

/** Claims at once, so that many of them leave connections to the calls that are about money. */
const LANES = 4
const PATIENCE_MS = 2_000
const FIRST_LOOK_MS = 40
const LAST_LOOK_MS = 500

/** What a call that waits in this process is told. */
type Heard = { readonly earlier: EarlierReply } | { readonly error: GatewayError } | 'gone'

interface Here {
  readonly call: KeyedCall
  readonly heard: PromiseWithResolvers<Heard>
}

/** The calls with an idempotency key in this process. */
export class KeyedRuns {
  readonly #here = new Map<string, Here>()
  readonly #lanes = new Lanes(LANES, PATIENCE_MS)
  readonly #leases: LeasedRuns
  readonly #store: IdempotencyStore
  readonly #stopSweeping: () => void

  constructor(options: KeyedRunsOptions) {
    this.#store = options.store
    this.#leases = new LeasedRuns(options)
    this.#stopSweeping = sweepEvery(options.store, options.log)
  }

  /**
   * Gives the right to run, or the reply of an earlier run, for which it may wait. `keepMs`: how long the key is kept. Rejects with GatewayError
   * `idempotency_conflict`, `ledger_unavailable`, or with why the caller is gone.
   */
  async enter(call: KeyedCall, keepMs: number): Promise<Entered> {
    const id = JSON.stringify([call.tenantId, call.keyHash])
    for (;;) {
      if (call.signal.aborted) throw callerLeft(call.signal)
      const here = this.#here.get(id)
      if (!here) return await this.#claim(id, call, keepMs)
      if (here.call.fingerprint !== call.fingerprint) throw anotherCall(here.call.fingerprint, call.fingerprint)
      if (here.call.stream) throw stillRunning()
      const heard = await unlessLeft(here.heard.promise, call.signal)
      if (heard === 'gone') continue
      if ('error' in heard) throw heard.error
      return { run: null, earlier: heard.earlier }
    }
  }

  /** Ends the runs that still go on, so that others may take their keys. */
  async close(): Promise<void> {
    this.#stopSweeping()
    await this.#leases.close()
  }

  async #claim(id: string, call: KeyedCall, keepMs: number): Promise<Entered> {
    const here: Here = { call, heard: Promise.withResolvers() }
    this.#here.set(id, here)
    const tell = (heard: Heard): void => {
      if (this.#here.get(id) === here) this.#here.delete(id)
      here.heard.resolve(heard)
    }
    try {
      const run = newId('run')
      const found = await this.#untilOver({ ...call, run, keepMs })
      if (found === null) {
        const kept = (ending: RunEnding) => here.heard.resolve(heardOf(ending))
        return {
          run: this.#leases.begin({ call, run, keepMs, ended: kept, stored: () => tell('gone') }),
          earlier: null,
        }
      }
      const earlier = earlierOf(found)
      tell({ earlier })
      return { run: null, earlier }
    } catch (thrown) {
      // The next in line asks for itself when this caller left; what the store said it said to all.
      tell(call.signal.aborted ? 'gone' : { error: asGatewayError(thrown) })
      throw thrown
    }
  }

  /** Null once the key is this run's; otherwise how the run ended that had it. */
  async #untilOver(call: KeyedCall & { readonly run: string; readonly keepMs: number }): Promise<KeyEntry | null> {
    const { tenantId, keyHash, run, fingerprint, stream, keepMs, signal } = call
    const { leaseMs } = this.#leases
    let waitedFor: string | null = null
    for (let lookMs = FIRST_LOOK_MS; ; lookMs = Math.min(lookMs * 2, LAST_LOOK_MS)) {
      const claim: KeyClaim = { tenantId, keyHash, run, fingerprint, stream, keepMs, leaseMs, waitedFor }
      const found: KeyEntry | null = await this.#lanes.run(() => this.#store.claim(claim))
      if (found === null) return null
      if (found.fingerprint !== fingerprint) throw anotherCall(found.fingerprint, fingerprint)
      if (found.state !== 'running') return found
      if (found.stream) throw stillRunning()
      waitedFor = found.run
      await unlessLeft(new Promise((resolve) => setTimeout(resolve, lookMs)), signal)
    }
  }
}

function heardOf(ending: RunEnding): Heard {
  if (ending.state === 'lost') return { error: nothingKept(ending.because) }
  return ending.reply ? { earlier: { reply: ending.reply, state: ending.state } } : 'gone'
}

/** Throws GatewayError `idempotency_conflict` when there is nothing to give. */
function earlierOf({ state, reply }: KeyEntry): EarlierReply {
  if (reply && (state === 'kept' || state === 'free')) return { reply, state }
  throw nothingKept((reply?.head.because ?? 'may_have_acted') as LostBecause)
}

/** The outcome, unless the caller leaves first. */
async function unlessLeft<Result>(outcome: Promise<Result>, signal: LeaveSignal): Promise<Result> {
  const left = Promise.withResolvers<never>()
  const leave = (): void => left.reject(callerLeft(signal))
  signal.addEventListener('abort', leave, { once: true })
  try {
    if (signal.aborted) leave()
    return await Promise.race([outcome, left.promise])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}
