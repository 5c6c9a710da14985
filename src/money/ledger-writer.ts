import { GatewayError } from '../errors/gateway-error.ts'
import { Alarm } from '../lib/alarm.ts'
import type { LedgerStore, Settlement } from '../storage/contracts/ledger-store.ts'
import type { MoneyLog } from './money-log.ts'

/*
 * Writes closed exchanges to the ledger, many in one transaction: whatever arrives while one is on its way goes into the next. A busy moment so
 * costs a few large transactions instead of many small ones, and a quiet one waits for nobody.
 *
 * Nothing is ever given up. A caller waits for a bounded time and then hears `ledger_unavailable`; its settlement stays in the queue and is tried until
 * the store takes it. A batch that fails is tried again in halves, and one that fails alone goes to the end of the queue: a single settlement that
 * the store will never take cannot keep the others out.
 */

/** What the writer needs. Times in ms. */
export interface LedgerWriterOptions {
  readonly store: Pick<LedgerStore, 'settle'>
  /** The id whose slices pay. */
  readonly instanceId: () => string
  /** How long a caller waits. */
  readonly waitMs: number
  /** The first pause after a failure; it doubles up to `mostPauseMs`. */
  readonly pauseMs: number
  readonly mostPauseMs: number
  readonly log: MoneyLog
}

const MOST_IN_A_BATCH = 256

interface Entry {
  readonly settlement: Settlement
  readonly written: () => void
}

/** A caller who waits for an entry; who has heard is forgotten by it at once, and by the queue when those before have heard too. */
interface Waiter {
  readonly until: number
  late: (() => void) | null
}

/** The one writer of settlements of this instance. */
export class LedgerWriter {
  readonly #options: LedgerWriterOptions
  #queue: Entry[] = []
  /** Who came first is late first. */
  readonly #waiters: Waiter[] = []
  readonly #alarm = new Alarm(() => this.#tellTheLate())
  /** Settlements in the transaction that runs now. */
  #inFlight = 0
  #running: Promise<void> | null = null
  #stopped = false
  #wake: (() => void) | null = null

  constructor(options: LedgerWriterOptions) {
    this.#options = options
  }

  /**
   * Resolves when the settlement is durable. Rejects with GatewayError `ledger_unavailable` after `waitMs`, and goes on trying. `durable` is called
   * once, when it is durable, however late.
   */
  write(settlement: Settlement, durable: () => void = () => undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { until: this.#alarm.now + this.#options.waitMs, late: () => reject(this.#lateness()) }
      this.#waiters.push(waiter)
      this.#alarm.by(waiter.until)
      const written = (): void => {
        waiter.late = null
        durable()
        resolve()
      }
      this.#queue.push({ settlement, written })
      this.#running ??= this.#run()
    })
  }

  /** Resolves when nothing is left to write, or after `mostMs`. */
  async idle(mostMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, mostMs)
    })
    this.#wake?.()
    await Promise.race([this.#running, enough])
    clearTimeout(timer)
  }

  /** Stops trying. Gives how many settlements are not known to be written. */
  stop(): number {
    this.#stopped = true
    this.#wake?.()
    return this.#queue.length + this.#inFlight
  }

  async #run(): Promise<void> {
    const { store, instanceId, pauseMs, mostPauseMs, log } = this.#options
    let size = MOST_IN_A_BATCH
    let pause = pauseMs
    await Promise.resolve()
    while (this.#queue.length > 0 && !this.#stopped) {
      const batch = this.#queue.splice(0, size)
      this.#inFlight = batch.length
      try {
        await store.settle(
          instanceId(),
          batch.map((entry) => entry.settlement),
        )
        this.#inFlight = 0
        size = Math.min(size * 2, MOST_IN_A_BATCH)
        pause = pauseMs
        for (const entry of batch) entry.written()
        this.#forget()
        if (this.#waiters.length === 0) this.#alarm.off()
      } catch (error) {
        log.warn({ err: error, settlements: batch.length }, 'the ledger did not take settlements; trying again')
        this.#inFlight = 0
        this.#queue = batch.length === 1 ? [...this.#queue, ...batch] : [...batch, ...this.#queue]
        size = Math.max(1, Math.floor(batch.length / 2))
        await this.#sleep(pause)
        pause = Math.min(pause * 2, mostPauseMs)
      }
    }
    this.#running = null
  }

  #tellTheLate(): void {
    const now = this.#alarm.now
    for (const waiter of this.#waiters) {
      if (waiter.until > now) break
      waiter.late?.()
      waiter.late = null
    }
    this.#forget()
    const [next] = this.#waiters
    if (next) this.#alarm.by(next.until)
  }

  /** Takes those off the front who have heard. */
  #forget(): void {
    const still = this.#waiters.findIndex(({ late }) => late !== null)
    this.#waiters.splice(0, still === -1 ? this.#waiters.length : still)
  }

  #lateness(): GatewayError {
    const message = `The ledger did not take the settlement within ${this.#options.waitMs} ms; it will be written when the ledger is back.`
    return new GatewayError('ledger_unavailable', message)
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake?.(), ms)
      timer.unref()
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = null
        resolve()
      }
    })
  }
}
