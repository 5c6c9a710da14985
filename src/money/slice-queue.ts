import { type Amounts, type Billionths, NO_AMOUNTS, plusAmounts } from '../canonical/amounts.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { Clock } from '../lib/clock.ts'
import type { LedgerStore, SliceGrant, SliceRequest } from '../storage/contracts/ledger-store.ts'
import type { CallBudget } from './budget.ts'
import { allFit, Hold } from './hold.ts'
import type { Slice } from './slice.ts'

/** What is needed to borrow from the store. */
export interface Lending {
  readonly store: Pick<LedgerStore, 'growSlices'>
  /** The id under which slices are owned now. */
  readonly instanceId: () => string
  readonly clock: Pick<Clock, 'monotonic'>
  /** How long a call waits for the store before it is refused, in ms. */
  readonly waitMs: number
  /** Makes the refusal for a budget of which `available` is left and `held` is held by calls of this instance. */
  readonly refuse: (budget: CallBudget, available: Billionths, held: Billionths, needed: Billionths) => GatewayError
}

/** What ties a queue to the book it belongs to. */
export interface QueueTies {
  /** Changes when the store has taken all slices away; a loan that was asked for before is then void. */
  readonly epoch: () => number
  /** Nobody waits any more: the queue takes no more waiters. */
  readonly ended: () => void
}

/** A hold that is to be made larger, and its place among those: the oldest has the lowest. */
export interface LargerHold {
  readonly hold: Hold
  readonly rank: number
}

interface Waiter {
  readonly budgets: readonly CallBudget[]
  readonly amounts: Amounts
  /** The hold to be made larger; null for a new one. */
  readonly extends: Hold | null
  /** Lower is served earlier. */
  readonly rank: number
  readonly serve: (hold: Hold) => void
  readonly refuse: (error: unknown) => void
}

/** What a budget had left when it was last asked, for the budgets of the set, in their order; null for those not asked. */
type Left = readonly (Billionths | null)[]

/**
 * Calls that wait until their budgets have lent more. One queue for each set of budgets; it asks the store once for all who wait. It lives until nobody
 * waits any more.
 */
export class SliceQueue {
  readonly slices: readonly Slice[]
  readonly #lending: Lending
  readonly #ties: QueueTies
  #budgets: readonly CallBudget[] = []
  #waiters: Waiter[] = []

  constructor(slices: readonly Slice[], lending: Lending, ties: QueueTies) {
    this.slices = slices
    this.#lending = lending
    this.#ties = ties
    void this.#run()
  }

  /** Waits until the amounts are held on all budgets of the set, by a hold that there is, or by a new one. */
  wait(budgets: readonly CallBudget[], amounts: Amounts, larger: LargerHold | null = null): Promise<Hold> {
    this.#budgets = budgets
    return new Promise((resolve, reject) => {
      const { waitMs } = this.#lending
      const late = setTimeout(() => {
        this.#waiters = this.#waiters.filter((one) => one !== waiter)
        reject(new GatewayError('ledger_unavailable', `The ledger did not answer within ${waitMs} ms; try again.`))
      }, waitMs)
      const waiter: Waiter = {
        budgets,
        amounts,
        extends: larger?.hold ?? null,
        rank: larger?.rank ?? Number.POSITIVE_INFINITY,
        serve: (hold) => {
          clearTimeout(late)
          resolve(hold)
        },
        refuse: (error) => {
          clearTimeout(late)
          reject(error)
        },
      }
      const behind = this.#waiters.findIndex((one) => one.rank > waiter.rank)
      if (behind < 0) this.#waiters.push(waiter)
      else this.#waiters.splice(behind, 0, waiter)
    })
  }

  async #run(): Promise<void> {
    // Everybody who comes in this turn of the event loop is asked for together.
    await Promise.resolve()
    let left: Left = []
    for (;;) {
      this.#serve(left)
      if (this.#waiters.length === 0) return this.#ties.ended()
      try {
        left = await this.#ask()
      } catch (error) {
        for (const waiter of this.#waiters.splice(0)) waiter.refuse(unavailable(error))
        return this.#ties.ended()
      }
    }
  }

  /** Serves in order everybody for whom there is enough, and refuses those who need more than a budget has. */
  #serve(left: Left): void {
    const waiting = this.#waiters
    this.#waiters = []
    for (const waiter of waiting) {
      if (waiter.extends?.over) {
        waiter.refuse(new GatewayError('internal', 'The call ended while it waited for more.'))
        continue
      }
      const hold = this.#taken(waiter)
      if (hold) {
        waiter.serve(hold)
        continue
      }
      const refusal = this.#refusal(waiter, left)
      if (refusal) waiter.refuse(refusal)
      else this.#waiters.push(waiter)
    }
  }

  #taken({ amounts, extends: larger }: Waiter): Hold | null {
    if (larger) return larger.grow(amounts) ? larger : null
    if (!allFit(this.slices, amounts)) return null
    return new Hold(this.slices, amounts, () => this.#lending.clock.monotonic())
  }

  /** Of several budgets that are short, the one that stays so for longest. */
  #refusal({ budgets, amounts }: Waiter, left: Left): GatewayError | null {
    let worst: { readonly budget: CallBudget; readonly available: Billionths; readonly held: Billionths } | null = null
    for (const [index, budget] of budgets.entries()) {
      const slice = this.slices[index]
      const rest = left[index] ?? null
      if (!slice || rest === null || slice.free + rest >= amounts[budget.window.unit]) continue
      if (worst && worst.budget.window.endsAt >= budget.window.endsAt) continue
      worst = { budget, available: slice.free + rest, held: slice.held }
    }
    return worst && this.#lending.refuse(worst.budget, worst.available, worst.held, amounts[worst.budget.window.unit])
  }

  /** Asks the store for what all waiters need, at least for what the first one needs. Gives what each budget has left. */
  async #ask(): Promise<Left> {
    const { store, instanceId, clock } = this.#lending
    await Promise.all(this.slices.map((slice) => slice.returning))
    const epoch = this.#ties.epoch()
    const firstOf = this.#waiters[0]?.amounts ?? NO_AMOUNTS
    const totals = this.#waiters.reduce((sum, waiter) => plusAmounts(sum, waiter.amounts), NO_AMOUNTS)
    const requests = this.slices.map((slice, index): SliceRequest | null => {
      const window = this.#budgets[index]?.window
      if (!window) return null
      const [first, total] = [firstOf[window.unit], totals[window.unit]]
      if (slice.fits(total)) return null
      const missing = total - slice.free
      const atLeast = first > slice.free ? first - slice.free : 0n
      return { window, atLeast, wanted: missing + slice.cushion(total, clock.monotonic()) }
    })
    const asked = requests.filter((request) => request !== null)
    if (asked.length === 0) return []
    const grants = await store.growSlices(instanceId(), asked)
    if (epoch !== this.#ties.epoch()) return []
    return this.#receive(requests, grants)
  }

  #receive(requests: readonly (SliceRequest | null)[], grants: readonly SliceGrant[]): Left {
    const rest = grants.values()
    return this.slices.map((slice, index) => {
      const grant = requests[index] ? rest.next().value : undefined
      if (!grant) return null
      slice.lent += grant.granted
      slice.left = grant.left
      return grant.left
    })
  }
}

function unavailable(error: unknown): GatewayError {
  if (error instanceof GatewayError && error.code === 'ledger_unavailable') return error
  return new GatewayError('ledger_unavailable', 'The ledger could not lend money for this call; try again.', {
    cause: error,
  })
}
