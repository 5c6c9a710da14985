import type { LedgerStore } from '../storage/contracts/ledger-store.ts'
import type { BooksClock } from './books-clock.ts'
import { isUnavailable } from './ledger-watch.ts'
import type { MoneyLog } from './money-log.ts'

/*
 * This instance's place among those that own slices. It holds a lease that is renewed by a heartbeat. Who lets it lapse may be buried by others: its
 * slices are then gone, and it must start again under a new id. So slices are trusted only while the lease is surely ours: counted from before
 * the heartbeat was sent, and with a margin.
 */

/** Part of the lease for which slices are trusted. */
const TRUSTED_SHARE = 0.8
/** So many heartbeats in a row that are refused by a store that answers otherwise mean that this instance was buried. */
const CERTAIN = 3

/** What membership needs. */
export interface MembershipOptions {
  readonly store: Pick<LedgerStore, 'registerInstance' | 'heartbeat' | 'now'>
  readonly clock: BooksClock
  readonly leaseMs: number
  /** Makes an id that nobody has had. */
  readonly newInstanceId: () => string
  /** All slices are gone; from now on the instance has this id. */
  readonly renamed: (instanceId: string) => void
  readonly log: MoneyLog
}

/** This instance among the others. */
export class Membership {
  readonly #options: MembershipOptions
  #id: string
  #beatAtMs = Number.NEGATIVE_INFINITY
  #doubts = 0
  #beating: Promise<void> | null = null

  constructor(options: MembershipOptions) {
    this.#options = options
    this.#id = options.newInstanceId()
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
      if (await this.#heard()) {
        this.#beatAtMs = sentAtMs
        this.#doubts = 0
        await clock.sync()
        return
      }
      this.#beatAtMs = Number.NEGATIVE_INFINITY
      this.#doubts += 1
      if (this.#doubts >= CERTAIN) await this.#rejoin()
    } catch (error) {
      if (!isUnavailable(error)) log.error({ err: error }, 'the ledger does not hear our heartbeat')
    }
  }

  /** False when the store answers, and not to our heartbeat: it may have buried us. Rejects when it does not answer at all. */
  async #heard(): Promise<boolean> {
    const { store } = this.#options
    try {
      await store.heartbeat(this.#id)
      return true
    } catch {
      await store.now()
      return false
    }
  }

  /** Slices under the lost id are not given back here: if they still exist, they cover the calls that run, until the lease is over. */
  async #rejoin(): Promise<void> {
    const { log, renamed, newInstanceId } = this.#options
    const lost = this.#id
    this.#id = newInstanceId()
    this.#doubts = 0
    log.error(
      { lost, instance: this.#id },
      'this instance lost its lease and was taken for dead; it starts again under a new id',
    )
    renamed(this.#id)
    await this.join()
  }
}
