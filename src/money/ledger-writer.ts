import { GatewayError } from '../errors/gateway-error.ts'
import { Alarm } from '../lib/alarm.ts'
import type { LedgerStore, Settlement } from '../storage/contracts/ledger-store.ts'
import type { DispatchLog, KeptNote } from './dispatch-file.ts'
import { isUnavailable } from './ledger-watch.ts'
import type { MoneyLog } from './money-log.ts'

/*
 * Writes closed exchanges to the ledger, many in one transaction: whatever arrives in the same turn of the event loop, or while one is on its way. On a
 * busy gateway exchanges close together (`Gathering`), so it costs a few large transactions instead of many small ones, and a quiet one waits for nobody.
 *
 * Nothing is ever given up. A caller waits for a bounded time and then hears `ledger_unavailable`; its settlement stays in the queue and is tried until
 * the store takes it. A batch that fails is tried again in halves, and one that fails alone goes to the end of the queue: a single settlement that
 * the store will never take cannot keep the others out.
 *
 * With a journal, a settlement that the store cannot take for now is written to a file and flushed to the disk, and then its caller need not wait: it is
 * in the ledger as soon as that is back, written by us or by whoever finds the file.
 */

/** What the writer needs. Times in ms. */
export interface LedgerWriterOptions {
  readonly store: Pick<LedgerStore, 'settle'>
  /** The id whose slices pay. */
  readonly instanceId: () => string
  /** Keeps settlements while the ledger is away. Default: they wait. */
  readonly journal?: Pick<DispatchLog, 'keep'> | null
  /** Whether the ledger is known to be away. Default: never. */
  readonly away?: () => boolean
  /** How long a caller waits. */
  readonly waitMs: number
  /** The first pause after a failure; it doubles up to `mostPauseMs`. */
  readonly pauseMs: number
  readonly mostPauseMs: number
  readonly log: MoneyLog
}

/** What somebody wants to know of a settlement. */
export interface Written {
  /** The attempts that were noted for it. */
  readonly attempts: readonly string[]
  /** It is in the journal. Called at most once, and never after `durable`. */
  kept(): void
  /** It is in the ledger. Called once, however late. */
  durable(): void
}

const MOST_IN_A_BATCH = 256

/** A settlement, and the caller who waits for it; one who has heard is forgotten at once, and by the queue when those before have heard too. */
interface Entry {
  readonly settlement: Settlement
  readonly written: Written | null
  readonly until: number
  heard: { readonly done: () => void; readonly late: (error: GatewayError) => void } | null
  /** Where it is in the journal; null when it is not, or not yet. */
  note: KeptNote | null
  state: 'waits' | 'is being kept' | 'is kept' | 'is written'
}

/** The one writer of settlements of this instance. */
export class LedgerWriter {
  readonly #options: LedgerWriterOptions
  #queue: Entry[] = []
  /** Who came first is late first. */
  readonly #waiting: Entry[] = []
  readonly #alarm = new Alarm({ ring: () => this.#tellTheLate() })
  /** Settlements in the transaction that runs now. */
  #inFlight: readonly Entry[] = []
  #running: Promise<void> | null = null
  #stopped = false
  #wake: (() => void) | null = null

  constructor(options: LedgerWriterOptions) {
    this.#options = options
  }

  /** How many settlements are not known to be in the ledger. */
  get backlog(): number {
    return this.#queue.length + this.#inFlight.length
  }

  /**
   * Resolves when the settlement cannot be lost any more: it is in the ledger, or in the journal. Rejects with GatewayError `ledger_unavailable` after
   * `waitMs`, and goes on trying. Nobody waits for one without money (`written` null) while the ledger is away.
   */
  write(settlement: Settlement, written: Written | null = null): Promise<void> {
    return new Promise((resolve, reject) => {
      const now = this.#alarm.now
      const until = now + this.#options.waitMs
      const heard = { done: resolve, late: reject }
      const entry: Entry = { settlement, written, until, heard, note: null, state: 'waits' }
      this.#waiting.push(entry)
      this.#alarm.by(until, now)
      this.#queue.push(entry)
      if (this.#options.away?.()) void this.#keep(entry)
      this.#running ??= this.#run()
    })
  }

  /** The ledger is away: money that waits for it is kept in the journal, where there is one. */
  keepAll(): void {
    for (const entry of [...this.#inFlight, ...this.#queue]) void this.#keep(entry)
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
    return this.backlog
  }

  async #keep(entry: Entry): Promise<void> {
    const { journal, away, log } = this.#options
    const { settlement, written } = entry
    if (!written) {
      if (away?.()) this.#tell(entry)
      return
    }
    if (!journal || entry.state !== 'waits') return
    entry.state = 'is being kept'
    try {
      const note = journal.keep({ settlement, attempts: written.attempts })
      entry.note = note
      await note.safe
      if (entry.state !== 'is being kept') return
      entry.state = 'is kept'
      written.kept()
      this.#tell(entry)
    } catch (error) {
      if (entry.state === 'is being kept') entry.state = 'waits'
      log.error({ err: error }, 'a settlement could not be kept on the disk; it waits for the ledger')
    }
  }

  async #run(): Promise<void> {
    const { store, instanceId, pauseMs, mostPauseMs, log } = this.#options
    let size = MOST_IN_A_BATCH
    let pause = pauseMs
    // All that this turn of the event loop brings.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#queue.length > 0 && !this.#stopped) {
      const batch = this.#queue.splice(0, size)
      this.#inFlight = batch
      try {
        await store.settle(
          instanceId(),
          batch.map((entry) => entry.settlement),
        )
        this.#inFlight = []
        size = Math.min(size * 2, MOST_IN_A_BATCH)
        pause = pauseMs
        for (const entry of batch) this.#isWritten(entry)
        this.#forget()
        if (this.#waiting.length === 0) this.#alarm.off()
      } catch (error) {
        log.warn({ err: error, settlements: batch.length }, 'the ledger did not take settlements; trying again')
        this.#inFlight = []
        if (isUnavailable(error)) for (const entry of batch) void this.#keep(entry)
        this.#queue = batch.length === 1 ? [...this.#queue, ...batch] : [...batch, ...this.#queue]
        size = Math.max(1, Math.floor(batch.length / 2))
        await this.#sleep(pause)
        pause = Math.min(pause * 2, mostPauseMs)
      }
    }
    this.#running = null
  }

  #isWritten(entry: Entry): void {
    entry.state = 'is written'
    entry.note?.done()
    entry.written?.durable()
    this.#tell(entry)
  }

  #tell(entry: Entry): void {
    entry.heard?.done()
    entry.heard = null
  }

  #tellTheLate(): void {
    const now = this.#alarm.now
    for (const entry of this.#waiting) {
      if (entry.until > now) break
      entry.heard?.late(this.#lateness())
      entry.heard = null
    }
    this.#forget()
    const [next] = this.#waiting
    if (next) this.#alarm.by(next.until)
  }

  /** Takes those off the front who have heard. */
  #forget(): void {
    const still = this.#waiting.findIndex(({ heard }) => heard !== null)
    this.#waiting.splice(0, still === -1 ? this.#waiting.length : still)
  }

  #lateness(): GatewayError {
    const message = `The ledger did not take the settlement within ${this.#options.waitMs} ms; it will be written when the ledger is back.`
    return new GatewayError('ledger_unavailable', message)
  }

  /** A pause; `idle` and `stop` end it. */
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
