import type { Clock } from '../lib/clock.ts'
import type { LedgerStore } from '../storage/contracts/ledger-store.ts'
import { isBuried } from '../storage/protocol/not-alive.ts'
import { isUnavailable } from './ledger-watch.ts'
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
  readonly store: Pick<LedgerStore, 'registerInstance' | 'heartbeat'>
  readonly clock: Pick<Clock, 'monotonic'>
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
    return this.trustedAt(this.#options.clock.monotonic())
  }

  /** Whether they were at a time of the monotonic clock: the time that it is, which a caller knows already. */
  trustedAt(atMs: number): boolean {
    return atMs - this.#beatAtMs < this.#options.leaseMs * TRUSTED_SHARE
  }

  /** Announces this instance. Rejects with GatewayError `ledger_unavailable` when the ledger cannot be reached. */
  async join(): Promise<void> {
    const sentAtMs = this.#options.clock.monotonic()
    await this.#options.store.registerInstance(this.#id)
    this.#beatAtMs = sentAtMs
  }

  /** The store has buried an instance of this id: if it is ours, its slices are not. */
  buried(instanceId: string): void {
    if (instanceId !== this.#id) return
    this.#beatAtMs = Number.NEGATIVE_INFINITY
    void this.beat()
  }

  /** Renews the lease, or joins again under a new id when it is lost. Never rejects; calls at the same time share one heartbeat. */
  beat(): Promise<void> {
    this.#beating ??= this.#beat().finally(() => {
      this.#beating = null
    })
    return this.#beating
  }

  async #beat(): Promise<void> {
    const { clock, log, store } = this.#options
    try {
      const sentAtMs = clock.monotonic()
      try {
        await store.heartbeat(this.#id)
        this.#beatAtMs = sentAtMs
      } catch (error) {
        if (!isBuried(error)) throw error
        await this.#rejoin()
      }
    } catch (error) {
      if (!isUnavailable(error)) log.error({ err: error }, 'the ledger does not hear our heartbeat')
    }
  }

  async #rejoin(): Promise<void> {
    const { log, renamed, newInstanceId } = this.#options
    const lost = this.#id
    this.#id = newInstanceId()
    this.#beatAtMs = Number.NEGATIVE_INFINITY
    log.error(
      { lost, instance: this.#id },
      'this instance lost its lease and was taken for dead; it starts again under a new id',
    )
    renamed(this.#id)
    await this.join()
  }
}
