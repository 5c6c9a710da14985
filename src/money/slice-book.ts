import type { Amounts, Billionths } from '../canonical/amounts.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { Clock } from '../lib/clock.ts'
import { LruMap } from '../lib/lru-map.ts'
import type { BudgetWindow, LedgerStore, SliceRequest, WindowName } from '../storage/contracts/ledger-store.ts'
import { type CallBudget, windowNameOf } from './budget.ts'
import { allFit, Hold, type HoldTies, needsOf } from './hold.ts'
import type { KnownSlice, LadderBudget, LadderWatch } from './ladder.ts'
import type { MoneyLog } from './money-log.ts'
import { Slice, type SliceHabits } from './slice.ts'
import { SliceDoubts } from './slice-doubts.ts'
import { type Lending, SliceQueue } from './slice-queue.ts'
import { SliceReturns, type Surplus } from './slice-returns.ts'
import type { LargerHold } from './waiter.ts'

/*
 * All slices of this instance.
 *
 * A hold takes its amount from the slice of every budget the call is in, or from none: that needs no lock and no undo, because it happens
 * within one turn of the event loop. Only when some slice is too small is the store asked. Everybody who waits for the same set of budgets waits for one
 * question, and they are served in the order they came, those who run already before those who want to begin.
 *
 * When another instance is short of a budget, the store says so with the next pulse. Then everything free of it goes back, and so does, for a moment,
 * what comes free.
 *
 * The limit is hard because `lent` never exceeds what the store has lent: after a doubtful answer the smaller figure is believed.
 */

/** What the slice book needs. */
export interface SliceBookOptions extends Lending {
  readonly store: Pick<LedgerStore, 'growSlices' | 'returnSlices' | 'answerRecall' | 'keepSlices'>
  readonly clock: Clock
  readonly log: MoneyLog
  /** Whether the store is known to be away: then nothing is asked of it or given back. Default: never. */
  readonly away?: () => boolean
  /** Default: frugal. */
  readonly habits?: SliceHabits
  /** Looks at budgets that have a ladder. Default: nobody does. */
  readonly ladder?: LadderWatch
}

const REMEMBERED = 20_000

const NOTHING_LENT = { lent: 0n, held: 0n }

/** This instance's slices. */
export class SliceBook {
  readonly #options: Omit<SliceBookOptions, 'store'>
  readonly #store: SliceDoubts['store']
  readonly #doubts: SliceDoubts
  readonly #ties: HoldTies
  readonly #returns: SliceReturns
  readonly #slices = new Map<string, Slice>()
  /** What was spent of windows whose slices were given back. */
  readonly #remembered = new LruMap<string, Billionths>(REMEMBERED)
  readonly #queues = new Map<string, SliceQueue>()
  /** Slices of budgets that somebody is short of. */
  readonly #pressed = new Set<Slice>()
  #epoch = 0
  #closed = false

  constructor(options: SliceBookOptions) {
    this.#options = options
    this.#ties = { monotonic: () => options.clock.monotonic(), freed: () => this.#changed() }
    const sliceOf = (window: WindowName): Slice | null => this.#slices.get(windowNameOf(window)) ?? null
    this.#doubts = new SliceDoubts({ ...options, sliceOf, settled: () => this.#changed() })
    this.#store = this.#doubts.store
    this.#returns = new SliceReturns({ ...options, store: this.#store, arrived: () => this.#changed() })
  }

  /** What all slices hold for calls that have not been posted yet, budgets that nest counted each. */
  get held(): Billionths {
    return [...this.#slices.values()].reduce((sum, slice) => sum + slice.held, 0n)
  }

  /**
   * Holds amounts on every budget, all or nothing. A promise only when the store has to be asked; it rejects with what `refuse` made, or with
   * GatewayError `ledger_unavailable`. Budgets are unique and ordered by key.
   */
  hold(budgets: readonly CallBudget[], amounts: Amounts): Hold | Promise<Hold> {
    if (this.#closed) throw shuttingDown()
    const slices = this.#slicesOf(budgets)
    const needs = needsOf(slices, amounts)
    if (this.#fitNow(slices, needs)) return new Hold(slices, needs, this.#ties)
    if (this.#isAway) {
      throw new GatewayError(
        'ledger_unavailable',
        'The ledger cannot be reached, and what this gateway had borrowed of the budget is in use; try again shortly.',
        { retryAfterSeconds: 1 },
      )
    }
    return this.#queueOf(slices).wait(budgets, needs)
  }

  /** The same, of what is here already; null when it has to wait or be refused. `atMs` is the time of the monotonic clock. */
  holdNow(budgets: readonly CallBudget[], amounts: Amounts, atMs: number): Hold | null {
    if (this.#closed) return null
    const slices = this.#slicesOf(budgets)
    const needs = needsOf(slices, amounts)
    return this.#fitNow(slices, needs) ? new Hold(slices, needs, this.#ties, atMs) : null
  }

  /** Whether slices have what is needed and nobody waits for just these. */
  #fitNow(slices: readonly Slice[], needs: readonly Billionths[]): boolean {
    if (this.#queues.size > 0 && this.#queues.has(setOf(slices))) return false
    return allFit(slices, needs)
  }

  /**
   * Takes more for a hold, of each of its slices what is needed, all or nothing; `budgets` are those of its slices. A promise only when it has to wait:
   * it goes before all new holds, and the one of lower rank before others. False when there is not enough, or the store cannot be asked.
   */
  extend(budgets: readonly CallBudget[], larger: LargerHold, needs: readonly Billionths[]): boolean | Promise<boolean> {
    if (larger.hold.grow(needs, larger.rank)) return true
    if (this.#closed || this.#isAway) return false
    return this.#queueOf(larger.hold.slices)
      .wait(budgets, needs, larger)
      .then(
        () => true,
        () => false,
      )
  }

  /** Makes a hold one on these budgets too; nothing of them is held yet. */
  join(hold: Hold, budgets: readonly CallBudget[]): void {
    hold.join(this.#slicesOf(budgets))
  }

  /** What is known of a window here; null when nothing is. */
  known(window: WindowName): KnownSlice | null {
    return this.#slices.get(windowNameOf(window)) ?? null
  }

  /** What this instance was lent of a window, and what of that its calls hold. Changes nothing, not even what is remembered. */
  lent(window: WindowName): { readonly lent: Billionths; readonly held: Billionths } {
    return this.#slices.get(windowNameOf(window)) ?? NOTHING_LENT
  }

  /** What is used of a window, spent or held, as far as is known here; null when nothing is. */
  used(window: WindowName): Billionths | null {
    const name = windowNameOf(window)
    const slice = this.#slices.get(name)
    const spent = slice?.spent ?? this.#remembered.get(name)
    return spent === undefined || spent === null ? (slice?.held ?? null) : spent + (slice?.held ?? 0n)
  }

  /** Others are short of these windows: gives back all that is free of them. Never rejects. */
  async recalled(windows: readonly WindowName[]): Promise<void> {
    const atMs = this.#options.clock.monotonic()
    const slices = windows.map((window) => this.#slices.get(windowNameOf(window)))
    for (const slice of slices) {
      if (!slice) continue
      slice.press(atMs)
      this.#pressed.add(slice)
    }
    await this.#returns.answer(windows, (window) => this.#slices.get(windowNameOf(window)) ?? null)
  }

  /** Borrows ahead what slices of busy budgets should have. Never rejects. */
  async provide(): Promise<void> {
    const { instanceId, clock, log } = this.#options
    if (this.#isAway || this.#closed) return
    const [atMs, now] = [clock.monotonic(), clock.now()]
    const busy: Slice[] = []
    const requests: SliceRequest[] = []
    for (const slice of this.#slices.values()) {
      const wanted = slice.window.endsAt > now ? slice.wish(atMs) : 0n
      if (wanted <= 0n) continue
      busy.push(slice)
      requests.push({ window: slice.window, atLeast: 0n, wanted })
    }
    if (requests.length === 0) return
    const epoch = this.#epoch
    for (const slice of busy) slice.loans += 1
    try {
      const grants = await this.#store.growSlices(instanceId(), requests)
      if (epoch !== this.#epoch) return
      for (const [index, slice] of busy.entries()) {
        const grant = grants[index]
        if (grant) slice.told(grant.granted, grant.left)
      }
    } catch (error) {
      log.warn({ err: error, windows: requests.length }, 'nothing could be borrowed ahead')
    } finally {
      for (const slice of busy) slice.loans -= 1
      this.#changed()
    }
  }

  /** Gives back what idle slices and past windows hold free, and what may be lent without our knowing. Never rejects. */
  async sweep(): Promise<void> {
    if (this.#isAway) return
    const told = this.#doubts.settle()
    const atMs = this.#options.clock.monotonic()
    const now = this.#options.clock.now()
    const surplus: Surplus[] = []
    for (const [name, slice] of this.#slices) {
      if (slice.returning) continue
      const amount = slice.window.endsAt <= now ? slice.free : slice.surplus(atMs)
      if (amount > 0n) surplus.push({ slice, amount })
      else if (slice.isUnused && !this.#doubts.has(slice)) {
        if (slice.spent !== null && slice.window.endsAt > now) this.#remembered.set(name, slice.spent)
        this.#slices.delete(name)
      }
    }
    await Promise.all([told, this.#returns.giveBack(surplus)])
  }

  /** The store has taken all slices away (this instance was taken for dead). What running calls hold stays noted, backed by nothing. */
  forget(): void {
    this.#epoch += 1
    for (const slice of this.#slices.values()) slice.lent = 0n
  }

  /** Admits no more holds, also of those who wait for one, and gives back everything free. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true
    for (const queue of [...this.#queues.values()]) queue.close(shuttingDown())
    await Promise.all([...this.#slices.values()].map((slice) => slice.returning))
    const surplus = [...this.#slices.values()].map((slice) => ({ slice, amount: slice.free }))
    await this.#returns.giveBack(surplus.filter(({ amount }) => amount > 0n))
  }

  get #isAway(): boolean {
    return this.#options.away?.() ?? false
  }

  #queueOf(slices: readonly Slice[]): SliceQueue {
    const set = setOf(slices)
    const known = this.#queues.get(set)
    if (known) return known
    const queue = new SliceQueue(
      slices,
      { ...this.#options, store: this.#store },
      {
        ...this.#ties,
        epoch: () => this.#epoch,
        changed: () => this.#changed(),
        ended: () => {
          this.#queues.delete(set)
          this.#changed()
        },
      },
    )
    this.#queues.set(set, queue)
    return queue
  }

  #slicesOf(budgets: readonly CallBudget[]): Slice[] {
    return budgets.map((budget) => this.#sliceOf(budget))
  }

  #sliceOf(budget: CallBudget): Slice {
    const { window, name } = budget
    let slice = this.#slices.get(name)
    if (!slice) {
      slice = new Slice(window, this.#options.ladder, this.#options.habits)
      this.#slices.set(name, slice)
    } else if (window.limit !== slice.window.limit) this.#limitChanged(slice, window)
    slice.climbs = hasLadder(budget) ? budget : null
    return slice
  }

  #limitChanged(slice: Slice, window: BudgetWindow): void {
    const lowered = window.limit < slice.window.limit
    slice.window = window
    // What was lent under the higher limit may be more than the lower one allows: hand it in and ask again.
    if (lowered && slice.free > 0n && !this.#isAway) void this.#returns.giveBack([{ slice, amount: slice.free }])
  }

  /** Something came free, or somebody stopped waiting: others may be served, here or elsewhere. */
  #changed(): void {
    for (const queue of this.#queues.values()) queue.wake()
    if (this.#pressed.size === 0) return
    const atMs = this.#options.clock.monotonic()
    const free: Slice[] = []
    for (const slice of this.#pressed) {
      if (!slice.isPressed(atMs)) this.#pressed.delete(slice)
      else if (slice.free > 0n && !slice.returning && slice.queues === 0) free.push(slice)
    }
    // Not as an answer to the recall: that would say for another moment that all the rest is in use, and nothing more might come at once by then.
    void this.#returns.giveBack(free.map((slice) => ({ slice, amount: slice.free })))
  }
}

function shuttingDown(): GatewayError {
  return new GatewayError('ledger_unavailable', 'The gateway is shutting down and takes no new calls.')
}

function hasLadder(budget: CallBudget): budget is CallBudget & LadderBudget {
  return budget.ladder !== undefined
}

/** The name of a set of budgets. */
function setOf(slices: readonly Slice[]): string {
  return slices.map((slice) => windowNameOf(slice.window)).join('\n')
}
