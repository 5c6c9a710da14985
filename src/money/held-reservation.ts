import { type Amounts, type Billionths, plusAmounts } from '../canonical/amounts.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { BudgetWindow, Posting, UsageRow } from '../storage/contracts/ledger-store.ts'
import { spentBy } from '../storage/protocol/spent.ts'
import type { BudgetQuestion, CallBudget } from './budget.ts'
import type { DispatchLog, DispatchNote } from './dispatch-file.ts'
import type { Hold } from './hold.ts'
import type { LedgerWriter, Written } from './ledger-writer.ts'
import type { CallTarget, ClosedExchange, Reservation } from './reservation.ts'
import type { SliceBook } from './slice-book.ts'

/*
 * reserved → settled. The states of one exchange's money:
 *
 * - held: what it may use is taken from the slices, more as it goes on;
 * - dispatched: for each attempt a line is in the dispatch file, so from here on death means presumed_spent; a stream that may use more is noted
 *   again, before it does;
 * - settled: the rows and the money are in the ledger; the rest of the hold is free, the lines in the dispatch file are done.
 *
 * Between the last two the ledger may be away for as long as it likes; the hold waits, or what was spent of it where settlements are kept in a file
 * meanwhile.
 *
 * Attempts of one exchange may be in different budgets, those of their models. Each row is booked in the budgets of its own attempt.
 */

/** What all reservations share. */
export interface ReservationDesk {
  readonly dispatchLog: DispatchLog
  readonly writer: LedgerWriter
  readonly slices: Pick<SliceBook, 'extend' | 'join'>
  readonly budgetsOf: (question: BudgetQuestion) => readonly CallBudget[]
  /** Whether slices may be used now. */
  readonly ready: () => boolean
  /** Names the lease under which slices are ours; null when it may be over. */
  readonly lease: () => string | null
}

/** What one reservation is made of. */
export interface ReservationParts {
  readonly desk: ReservationDesk
  readonly hold: Hold
  readonly held: Amounts
  /** The budgets of its slices, as they were when the hold was taken. */
  readonly budgets: readonly CallBudget[]
  readonly question: BudgetQuestion
  /** Its place among all: older ones are lower. */
  readonly rank: number
  /** The lease under which the hold was taken; null when it was over. */
  readonly lease: string | null
}

/** The budgets of an attempt, as places in the list of all; null is all there were at first. */
type Places = readonly number[] | null

interface Noted {
  readonly attemptId: string
  readonly note: DispatchNote
  readonly places: Places
}

/** A reservation over a hold. */
export class HeldReservation implements Reservation, Written {
  readonly #desk: ReservationDesk
  readonly #hold: Hold
  readonly #question: BudgetQuestion
  readonly #rank: number
  readonly #lease: string | null
  #notes: readonly Noted[] = []
  #held: Amounts
  #budgets: readonly CallBudget[]
  #windows: readonly BudgetWindow[]
  /** How many budgets there were at first. */
  readonly #atFirst: number
  #places: Places = null
  #settled: Promise<void> | null = null
  /** What it left for the books, and what that is of each slice. */
  #usage: readonly UsageRow[] = []
  #spent: readonly Billionths[] = []

  constructor({ desk, hold, held, budgets, question, rank, lease }: ReservationParts) {
    this.#desk = desk
    this.#hold = hold
    this.#held = held
    this.#budgets = budgets
    this.#windows = budgets.map((budget) => budget.window)
    this.#atFirst = budgets.length
    this.#question = question
    this.#rank = rank
    this.#lease = lease
  }

  get held(): Amounts {
    return this.#held
  }

  topUp(more: Amounts, attemptId?: string): boolean | Promise<boolean> {
    const noted = this.#notes.find((note) => note.attemptId === attemptId)
    const places = noted ? noted.places : this.#places
    const needs = this.#windows.map((window, place) => (this.#isIn(places, place) ? more[window.unit] : 0n))
    return this.#take(needs, () => {
      this.#held = plusAmounts(this.#held, more)
    })
  }

  cover(target: CallTarget, total: Amounts): boolean | Promise<boolean> {
    if (this.#settled) return false
    const places = this.#placesOf(target)
    if (places?.some((place) => this.#windows[place]?.limit === 0n)) return false
    const { held } = this.#hold
    const needs = this.#windows.map((window, place) => {
      const missing = this.#isIn(places, place) ? total[window.unit] - (held[place] ?? 0n) : 0n
      return missing > 0n ? missing : 0n
    })
    return this.#take(needs, () => {
      this.#places = places
      this.#held = largest(this.#held, total)
    })
  }

  dispatch(presumed: UsageRow): void {
    if (this.#settled) throw new Error('an attempt was dispatched after its exchange was settled')
    const noted = this.#notes.find(({ attemptId }) => attemptId === presumed.id)
    if (!noted && (this.#lease === null || this.#lease !== this.#desk.lease())) throw leaseLost()
    const first = (this.#notes[0]?.attemptId ?? presumed.id) === presumed.id
    // Another attempt may have been covered since this one began.
    const places = noted ? noted.places : this.#places
    const all = places === null && this.#windows.length === this.#atFirst
    const windows = all ? this.#windows : this.#windows.filter((_, place) => this.#isIn(places, place))
    const note = this.#desk.dispatchLog.note(presumed, windows, first)
    const added = { attemptId: presumed.id, note, places }
    this.#notes = this.#notes.length === 0 ? [added] : [...this.#notes, added]
  }

  settle(closed: ClosedExchange): Promise<void> {
    this.#settled ??= this.#settle(closed)
    return this.#settled
  }

  #settle({ usage, request, spans }: ClosedExchange): Promise<void> {
    const postings = this.#postings(usage)
    this.#usage = usage
    this.#spent = postings.map(({ spent }) => spent)
    return this.#desk.writer.write({ usage, request, spans, postings }, this)
  }

  get attempts(): readonly string[] {
    return this.#notes.map(({ attemptId }) => attemptId)
  }

  kept(): void {
    this.#hold.kept(this.#spent)
  }

  durable(): void {
    this.#hold.posted(this.#spent)
    for (const { attemptId, note } of this.#notes) note.done(!this.#usage.some(({ id }) => id === attemptId))
  }

  /** What each window is owed, in the order of the slices. */
  #postings(usage: readonly UsageRow[]): readonly Posting[] {
    if (this.#windows.length === this.#atFirst && this.#places === null) {
      const spent = spentBy(usage)
      return this.#windows.map((window) => ({ window, spent: spent[window.unit] }))
    }
    const placesOf = new Map(this.#notes.map(({ attemptId, places }) => [attemptId, places]))
    return this.#windows.map((window, place) => {
      const rows = usage.filter(({ id }) => this.#isIn(placesOf.get(id) ?? null, place))
      return { window, spent: spentBy(rows)[window.unit], usageIds: rows.map(({ id }) => id) }
    })
  }

  #isIn(places: Places, place: number): boolean {
    return places === null ? place < this.#atFirst : places.includes(place)
  }

  #take(needs: readonly Billionths[], taken: () => void): boolean | Promise<boolean> {
    if (this.#settled || !this.#desk.ready()) return false
    const larger = { hold: this.#hold, rank: this.#rank }
    const got = this.#desk.slices.extend(this.#budgets, larger, needs)
    if (got === true) taken()
    if (typeof got === 'boolean') return got
    return got.then((granted) => {
      if (granted) taken()
      return granted
    })
  }

  /** Where the budgets of an attempt on this target are; those that were not there yet are added. */
  #placesOf(target: CallTarget): Places {
    const found = this.#desk.budgetsOf({ ...this.#question, target }).filter(({ ofModel }) => ofModel)
    if (found.length === 0 && !this.#budgets.some(({ ofModel }) => ofModel)) return this.#places
    const known = new Set(this.#budgets.map(({ window }) => window.key))
    const added = found.filter(({ window }) => !known.has(window.key))
    this.#desk.slices.join(this.#hold, added)
    this.#budgets = [...this.#budgets, ...added]
    this.#windows = this.#budgets.map(({ window }) => window)
    const keys = new Set(found.map(({ window }) => window.key))
    return this.#budgets.flatMap(({ ofModel, window }, place) => (!ofModel || keys.has(window.key) ? [place] : []))
  }
}

/** Who was silent for so long may have been taken for dead: then others spend what was held, and its files are not read any more. */
function leaseLost(): GatewayError {
  return new GatewayError(
    'ledger_unavailable',
    'The gateway was out of touch with its ledger between the reservation and the call, which was not sent; try again.',
    { retryAfterSeconds: 1 },
  )
}

function largest(left: Amounts, right: Amounts): Amounts {
  return {
    usd: larger(left.usd, right.usd),
    tokens: larger(left.tokens, right.tokens),
    requests: larger(left.requests, right.requests),
  }
}

function larger(left: Billionths, right: Billionths): Billionths {
  return left < right ? right : left
}
