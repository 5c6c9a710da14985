import type { Amounts } from '../canonical/amounts.ts'
import type { BudgetWindow, UsageRow } from '../storage/contracts/ledger-store.ts'
import { postingsOf, spentBy } from '../storage/protocol/spent.ts'
import type { DispatchLog, DispatchNote } from './dispatch-file.ts'
import type { Hold } from './hold.ts'
import type { LedgerWriter } from './ledger-writer.ts'
import type { ClosedExchange, Reservation } from './reservation.ts'

/*
 * reserved → settled. The states of one exchange's money:
 *
 * - held: the worst case is taken from the slices;
 * - dispatched: for each attempt a line is in the dispatch file, so from here on death means presumed_spent; a stream that may use more is noted
 *   again, before it does;
 * - settled: the rows and the money are in the ledger; the rest of the hold is free, the lines in the dispatch file are done.
 *
 * Between the last two the ledger may be away for as long as it likes; the hold waits.
 */

/** What a reservation works with. */
export interface ReservationParts {
  readonly hold: Hold
  /** The windows that pay, as they were when the hold was taken. */
  readonly windows: readonly BudgetWindow[]
  readonly dispatchLog: DispatchLog
  readonly writer: LedgerWriter
  /** Takes more for a hold; false when it cannot be had. */
  readonly extend: (hold: Hold, more: Amounts) => boolean | Promise<boolean>
}

/** A reservation over a hold. */
export class HeldReservation implements Reservation {
  readonly #parts: ReservationParts
  readonly #notes: { readonly attemptId: string; readonly note: DispatchNote }[] = []
  #settled: Promise<void> | null = null

  constructor(parts: ReservationParts) {
    this.#parts = parts
  }

  get held(): Amounts {
    return this.#parts.hold.amounts
  }

  topUp(more: Amounts): boolean | Promise<boolean> {
    return this.#settled ? false : this.#parts.extend(this.#parts.hold, more)
  }

  dispatch(presumed: UsageRow): void {
    if (this.#settled) throw new Error('an attempt was dispatched after its exchange was settled')
    const first = (this.#notes[0]?.attemptId ?? presumed.id) === presumed.id
    const note = this.#parts.dispatchLog.note(presumed, this.#parts.windows, first)
    this.#notes.push({ attemptId: presumed.id, note })
  }

  settle(closed: ClosedExchange): Promise<void> {
    this.#settled ??= this.#settle(closed)
    return this.#settled
  }

  #settle(closed: ClosedExchange): Promise<void> {
    const { hold, windows, writer } = this.#parts
    const spent = spentBy(closed.usage)
    return writer.write({ ...closed, postings: postingsOf(windows, spent) }, () => {
      hold.posted(spent)
      for (const { attemptId, note } of this.#notes) note.done(!closed.usage.some(({ id }) => id === attemptId))
    })
  }
}
