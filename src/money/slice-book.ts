import type { Amounts, Billionths } from '../canonical/amounts.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { BudgetWindow, LedgerStore } from '../storage/contracts/ledger-store.ts'
import type { BooksClock } from './books-clock.ts'
import type { CallBudget } from './budget.ts'
import { allFit, Hold } from './hold.ts'
import type { MoneyLog } from './money-log.ts'
import { Slice } from './slice.ts'
import { type LargerHold, type Lending, SliceQueue } from './slice-queue.ts'

/*
 * All slices of this instance.
 *
 * A hold takes its amount from the slice of every budget the call is in, or from none: that needs no lock and no undo, because it happens
 * within one turn of the event loop. Only when some slice is too small is the store asked. Everybody who waits for the same set of budgets waits for one
 * question, and they are served in the order they came. A call is refused when a budget itself has no more to lend; it does not wait for other calls to
 * give their money back.
 *
 * The limit is hard because `lent` never exceeds what the store has lent: after a doubtful answer the smaller figure is believed.
 */

/** What the slice book needs. */
export interface SliceBookOptions extends Lending {
  readonly store: Pick<LedgerStore, 'growSlices' | 'returnSlice'>
  readonly clock: BooksClock
  readonly log: MoneyLog
}

/** This instance's slices. */
export class SliceBook {
  readonly #options: SliceBookOptions
  readonly #slices = new Map<string, Slice>()
  readonly #queues = new Map<string, SliceQueue>()
  #epoch = 0
  #closed = false

  constructor(options: SliceBookOptions) {
    this.#options = options
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
    if (this.#closed)
      throw new GatewayError('ledger_unavailable', 'The gateway is shutting down and takes no new calls.')
    const slices = budgets.map((budget) => this.#sliceOf(budget.window))
    if (this.#queues.size === 0 && allFit(slices, amounts)) return this.#take(slices, amounts)
    const set = setOf(budgets)
    if (!this.#queues.has(set) && allFit(slices, amounts)) return this.#take(slices, amounts)
    return this.#queueOf(set, slices).wait(budgets, amounts)
  }

  /**
   * Makes a hold on these budgets larger, all or nothing. A promise only when it has to wait: it goes before all new holds, and the one of lower rank
   * before others. False when there is not enough, or the store cannot be asked.
   */
  extend(budgets: readonly CallBudget[], larger: LargerHold, more: Amounts): boolean | Promise<boolean> {
    if (larger.hold.grow(more)) return true
    if (this.#closed) return false
    return this.#queueOf(setOf(budgets), larger.hold.slices)
      .wait(budgets, more, larger)
      .then(
        () => true,
        () => false,
      )
  }

  #queueOf(set: string, slices: readonly Slice[]): SliceQueue {
    const known = this.#queues.get(set)
    if (known) return known
    const ended = (): boolean => this.#queues.delete(set)
    const queue = new SliceQueue(slices, this.#options, { epoch: () => this.#epoch, ended })
    this.#queues.set(set, queue)
    return queue
  }

  /** Gives back what idle slices and past windows hold free. Never rejects. */
  async sweep(): Promise<void> {
    const atMs = this.#options.clock.monotonic()
    const now = this.#options.clock.now()
    const returns: Promise<void>[] = []
    for (const [name, slice] of this.#slices) {
      if (slice.returning) continue
      const amount = slice.window.endsAt <= now ? slice.free : slice.surplus(atMs)
      if (amount > 0n) returns.push(this.#giveBack(slice, amount))
      else if (slice.lent === 0n && slice.holders === 0 && !this.#isWaitedFor(slice)) this.#slices.delete(name)
    }
    await Promise.all(returns)
  }

  /** The store has taken all slices away (this instance was taken for dead). What running calls hold stays noted, backed by nothing. */
  forget(): void {
    this.#epoch += 1
    for (const slice of this.#slices.values()) slice.lent = 0n
  }

  /** Admits no more holds and gives back everything free. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(
      [...this.#slices.values()].map(async (slice) => {
        await slice.returning
        if (slice.free > 0n) await this.#giveBack(slice, slice.free)
      }),
    )
  }

  #take(slices: readonly Slice[], amounts: Amounts): Hold {
    return new Hold(slices, amounts, () => this.#options.clock.monotonic())
  }

  #sliceOf(window: BudgetWindow): Slice {
    const name = nameOf(window)
    const known = this.#slices.get(name)
    if (!known) {
      const slice = new Slice(window)
      this.#slices.set(name, slice)
      return slice
    }
    if (window.limit !== known.window.limit) {
      const lowered = window.limit < known.window.limit
      known.window = window
      // What was lent under the higher limit may be more than the lower one allows: hand it in and ask again.
      if (lowered && known.free > 0n) void this.#giveBack(known, known.free)
    }
    return known
  }

  /** From here on the amount is the budget's, even if the store's answer is lost: then it stays lent until this instance is buried. */
  #giveBack(slice: Slice, amount: Billionths): Promise<void> {
    const { store, instanceId, log } = this.#options
    slice.lent -= amount
    const earlier = slice.returning
    const done = (async () => {
      await earlier
      try {
        await store.returnSlice(instanceId(), slice.window, amount)
      } catch (error) {
        log.warn({ err: error, budget: slice.window.key }, 'unused budget could not be handed back')
      }
    })().finally(() => {
      if (slice.returning === done) slice.returning = null
    })
    slice.returning = done
    return done
  }

  #isWaitedFor(slice: Slice): boolean {
    return [...this.#queues.values()].some((queue) => queue.slices.includes(slice))
  }
}

/** The name of a set of budgets. */
function setOf(budgets: readonly CallBudget[]): string {
  return budgets.map((budget) => nameOf(budget.window)).join('\n')
}

function nameOf(window: BudgetWindow): string {
  return `${window.key}\n${window.windowId}`
}
