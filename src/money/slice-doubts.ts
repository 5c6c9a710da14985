import type { LedgerStore, SliceHolding, WindowName } from '../storage/contracts/ledger-store.ts'
import type { BooksClock } from './books-clock.ts'
import type { MoneyLog } from './money-log.ts'
import type { Slice } from './slice.ts'

/*
 * Answers that were lost. Whether the store has lent, or taken back, cannot be known then; the smaller figure is believed. Should it be the wrong one, the
 * difference would stay lent to this instance, and of no use to anybody, for as long as it lives. So the store is told what is believed here, and takes
 * back what is beyond that.
 *
 * Not while the store is asked for more: what it has lent and not yet said would be taken back with the rest. And nobody asks for more
 * before this has arrived. It is said again until long after the answer was lost, because the store may have been at work on the question still.
 */

/** The store is surely done with a question by then: no statement of a call may take so long. */
const SURE_MS = 10_000

type Store = Pick<LedgerStore, 'growSlices' | 'returnSlices' | 'answerRecall' | 'keepSlices'>

/** What doubts are kept with. */
export interface DoubtTies {
  readonly store: Store
  readonly instanceId: () => string
  readonly clock: Pick<BooksClock, 'monotonic'>
  readonly sliceOf: (window: WindowName) => Slice | null
  /** Others may be asked for more again. */
  readonly settled: () => void
  readonly log: MoneyLog
}

/** Slices of which it is not known what the store has lent. */
export class SliceDoubts {
  /** The store, with an ear for answers that do not come. */
  readonly store: Omit<Store, 'keepSlices'>
  readonly #ties: DoubtTies
  /** When the last answer was lost. */
  readonly #since = new Map<Slice, number>()

  constructor(ties: DoubtTies) {
    this.#ties = ties
    const { store } = ties
    this.store = {
      growSlices: (id, requests) => this.#heard(requests, store.growSlices(id, requests)),
      returnSlices: (id, returns) => this.#heard(returns, store.returnSlices(id, returns)),
      answerRecall: (id, returns) => this.#heard(returns, store.answerRecall(id, returns)),
    }
  }

  /** Whether the slice has to stay until it is known what was lent. */
  has(slice: Slice): boolean {
    return this.#since.has(slice)
  }

  /** Tells the store what is believed of slices in doubt. Never rejects. */
  async settle(): Promise<void> {
    const { store, instanceId, clock, settled, log } = this.#ties
    const doubtful = [...this.#since].filter(([slice]) => !slice.returning && slice.loans === 0)
    if (doubtful.length === 0) return
    const saidAtMs = clock.monotonic()
    const { promise, resolve } = Promise.withResolvers<void>()
    const holdings = doubtful.map(([slice]): SliceHolding => {
      slice.returning = promise
      return { window: slice.window, amount: slice.lent }
    })
    try {
      await store.keepSlices(instanceId(), holdings)
      for (const [slice, sinceMs] of doubtful) {
        if (saidAtMs - sinceMs >= SURE_MS && this.#since.get(slice) === sinceMs) this.#since.delete(slice)
      }
    } catch (error) {
      log.warn({ err: error }, 'it is not known yet what the ledger has lent')
    } finally {
      for (const [slice] of doubtful) if (slice.returning === promise) slice.returning = null
      resolve()
      settled()
    }
  }

  async #heard<Answer>(asked: readonly { readonly window: WindowName }[], answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer
    } catch (error) {
      const atMs = this.#ties.clock.monotonic()
      for (const { window } of asked) {
        const slice = this.#ties.sliceOf(window)
        if (slice) this.#since.set(slice, atMs)
      }
      throw error
    }
  }
}
