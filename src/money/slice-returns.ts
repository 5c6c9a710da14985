import type { Billionths } from '../canonical/amounts.ts'
import type { LedgerStore, WindowName } from '../storage/contracts/ledger-store.ts'
import type { MoneyLog } from './money-log.ts'
import type { Slice } from './slice.ts'

/*
 * Money on its way back to its budgets. From the moment it is given back it is the budgets', even if the store's answer is lost: then it stays lent for a
 * while (`slice-doubts.ts`). Nobody asks for more of a slice before what it gave back has arrived.
 */

/** What is given back, and from where. */
export interface Surplus {
  readonly slice: Slice
  readonly amount: Billionths
}

/** What is needed to give back. */
export interface ReturnTies {
  readonly store: Pick<LedgerStore, 'returnSlices' | 'answerRecall'>
  readonly instanceId: () => string
  /** Something has arrived. */
  readonly arrived: () => void
  readonly log: MoneyLog
}

/** A thousand idle budgets are a few questions to the store, and none of them is a long one. */
const MOST_AT_ONCE = 200

/** Gives slices back. No method rejects. */
export class SliceReturns {
  readonly #ties: ReturnTies

  constructor(ties: ReturnTies) {
    this.#ties = ties
  }

  /** Gives back surplus. */
  async giveBack(surplus: readonly Surplus[]): Promise<void> {
    const { store, instanceId } = this.#ties
    for (let from = 0; from < surplus.length; from += MOST_AT_ONCE) {
      const part = surplus.slice(from, from + MOST_AT_ONCE)
      await this.#send(part, () =>
        store.returnSlices(
          instanceId(),
          part.map(({ slice, amount }) => ({ window: slice.window, amount })),
        ),
      )
    }
  }

  /** Answers a recall: gives back all that is free of these windows; `slices` has theirs, where there is one. */
  answer(windows: readonly WindowName[], sliceOf: (window: WindowName) => Slice | null): Promise<void> {
    const { store, instanceId } = this.#ties
    const free = windows.map((window) => {
      const slice = sliceOf(window)
      return { window, slice, amount: slice && slice.free > 0n ? slice.free : 0n }
    })
    const surplus = free.flatMap(({ slice, amount }) => (slice && amount > 0n ? [{ slice, amount }] : []))
    return this.#send(surplus, () =>
      store.answerRecall(
        instanceId(),
        free.map(({ window, amount }) => ({ window, amount })),
      ),
    )
  }

  #send(surplus: readonly Surplus[], send: () => Promise<void>): Promise<void> {
    for (const { slice, amount } of surplus) slice.lent -= amount
    const earlier = surplus.map(({ slice }) => slice.returning)
    const done = this.#sent(earlier, send).finally(() => {
      for (const { slice } of surplus) if (slice.returning === done) slice.returning = null
      if (surplus.length > 0) this.#ties.arrived()
    })
    for (const { slice } of surplus) slice.returning = done
    return done
  }

  async #sent(earlier: readonly (Promise<void> | null)[], send: () => Promise<void>): Promise<void> {
    await Promise.all(earlier)
    try {
      await send()
    } catch (error) {
      this.#ties.log.warn({ err: error }, 'borrowed money could not be handed back')
    }
  }
}
