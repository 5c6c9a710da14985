import { newId } from '../lib/ids.ts'
import type { LedgerStore } from '../storage/contracts/ledger-store.ts'
import type { BooksClock } from './books-clock.ts'
import type { MoneyLog } from './money-log.ts'

/*
 * This instance's place among those that own slices. It holds a lease that is renewed by a heartbeat. Who lets it lapse may be buried by others: its
 * slices are then gone, and it must start again under a new id. So slices are trusted only while the lease is surely ours: counted from before
 * the heartbeat was sent, and with a margin.
 */

/** Part of the lease for which slices are trusted. */
const TRUSTED_SHARE = 0.8

/** What membership needs. */
export interface MembershipOptions {
  readonly store: Pick<LedgerStore, 'registerInstance' | 'heartbeat' | 'buryInstance' | 'now'>
  readonly clock: BooksClock
  readonly leaseMs: number
  /** The first id; default a new one. */
  readonly instanceId?: string | undefined
  /** All slices are gone; from now on the instance has this id. */
  readonly renamed: (instanceId: string) => void
  readonly log: MoneyLog
}

/** This instance among the others. */
export class Membership {
  readonly #options: MembershipOptions
  #id: string
  #beatAtMs = Number.NEGATIVE_INFINITY
  #beating: Promise<void> | null = null

  constructor(options: MembershipOptions) {
    this.#options = options
    this.#id = options.instanceId ?? newId('gw')
  }

  /** The id under which this instance owns slices now. */
  get instanceId(): string {
    return this.#id
  }

  /** Milliseconds since the last heartbeat that was heard. */
  get silentMs(): number {
    return this.#options.clock.monotonic() - this.#beatAtMs
  }

  /** Whether the slices are surely still ours. */
  get trusted(): boolean {
    return this.silentMs < this.#options.leaseMs * TRUSTED_SHARE
  }

  /** Announces this instance. Rejects with GatewayError `ledger_unavailable` when the ledger cannot be reached. */
  async join(): Promise<void> {
    const sentAtMs = this.#options.clock.monotonic()
    await this.#options.store.registerInstance(this.#id)
    await this.#options.clock.sync()
    this.#beatAtMs = sentAtMs
  }

  /** Renews the lease, or joins again under a new id when it is lost. Never rejects; calls at the same time share one heartbeat. */
  beat(): Promise<void> {
    this.#beating ??= this.#beat().finally(() => {
      this.#beating = null
    })
    return this.#beating
  }

  async #beat(): Promise<void> {
    const { clock, log } = this.#options
    try {
      const sentAtMs = clock.monotonic()
      if (!(await this.#renewed())) return await this.#rejoin()
      this.#beatAtMs = sentAtMs
      await clock.sync()
    } catch (error) {
      log.warn({ err: error, silent_ms: Math.round(this.silentMs) }, 'the ledger does not hear our heartbeat')
    }
  }

  /** False when the store answers, and answers that we are buried. Rejects when it does not answer. */
  async #renewed(): Promise<boolean> {
    const { store } = this.#options
    try {
      await store.heartbeat(this.#id)
      return true
    } catch {
      // Either the store cannot be reached or we are buried. Asked something else, it answers only in the second case.
      await store.now()
    }
    try {
      await store.heartbeat(this.#id)
      return true
    } catch {
      await store.now()
      return false
    }
  }

  async #rejoin(): Promise<void> {
    const { store, log, renamed } = this.#options
    const lost = this.#id
    this.#id = newId('gw')
    this.#beatAtMs = Number.NEGATIVE_INFINITY
    log.error(
      { lost, instance: this.#id },
      'this instance lost its lease and was taken for dead; it starts again under a new id',
    )
    renamed(this.#id)
    await this.join()
    // Should it not have been buried after all, its slices go back now.
    await store.buryInstance(lost, [])
  }
}
