import type { Billionths } from '../canonical/amounts.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { Clock } from '../lib/clock.ts'
import type { LedgerStore, SliceRequest } from '../storage/contracts/ledger-store.ts'
import type { CallBudget } from './budget.ts'
import { allFit, Hold, type HoldTies } from './hold.ts'
import { loanFor, shortOf, type Told, toldOf } from './loan.ts'
import type { Slice } from './slice.ts'
import { type LargerHold, type Shortage, Waiter } from './waiter.ts'

/*
 * Calls that wait until their budgets have lent more. One queue for each set of budgets; it asks the store once for all who wait, and lives until
 * nobody does.
 *
 * Who is short is refused, unless there is hope: another instance was asked to give back what it has free, a question or a return of our own is on its way,
 * or, for a call that runs already, other calls of this instance may give some back. Then it waits for so long as `patienceMs`, and the store is asked again from
 * time to time.
 */

/** What is needed to borrow from the store. */
export interface Lending {
  readonly store: Pick<LedgerStore, 'growSlices'>
  /** The id under which slices are owned now. */
  readonly instanceId: () => string
  readonly clock: Pick<Clock, 'monotonic'>
  /** How long a call waits for the store to answer before it is refused, in ms. */
  readonly waitMs: number
  /** How long a call that is short waits for others to give back, in ms. */
  readonly patienceMs: number
  /** How long until the store is asked again for calls that are short, in ms. */
  readonly againMs: number
  /** Makes the refusal for a budget of which `available` is left and `held` is held by calls of this instance. */
  readonly refuse: (budget: CallBudget, available: Billionths, held: Billionths, needed: Billionths) => GatewayError
}

/** What ties a queue to the book it belongs to. */
export interface QueueTies extends HoldTies {
  /** Changes when the store has taken all slices away; a loan that was asked for before is then void. */
  readonly epoch: () => number
  /** Something happened to slices that others may wait for. */
  readonly changed: () => void
  /** Nobody waits any more: the queue takes no more waiters. */
  readonly ended: () => void
}

/** One queue. */
export class SliceQueue {
  readonly slices: readonly Slice[]
  readonly #lending: Lending
  readonly #ties: QueueTies
  #waiters: Waiter[] = []
  #wake: (() => void) | null = null
  #again = false
  #againTimer: NodeJS.Timeout | undefined

  constructor(slices: readonly Slice[], lending: Lending, ties: QueueTies) {
    this.slices = [...slices]
    for (const slice of slices) slice.queues += 1
    this.#lending = lending
    this.#ties = ties
    void this.#run()
  }

  /** Waits until so much of each slice is held, by a hold that there is, or by a new one. */
  wait(budgets: readonly CallBudget[], needs: readonly Billionths[], larger: LargerHold | null = null): Promise<Hold> {
    const { patienceMs, waitMs } = this.#lending
    const waiter = new Waiter({ budgets, needs, larger, slices: this.slices })
    waiter.bePatient(patienceMs, () => this.wake())
    const behind = this.#waiters.findIndex((one) => one.rank > waiter.rank)
    if (behind < 0) this.#waiters.push(waiter)
    else this.#waiters.splice(behind, 0, waiter)
    waiter.expectAnswer(waitMs, () => {
      this.#remove(waiter)
      waiter.refuse(new GatewayError('ledger_unavailable', `The ledger did not answer within ${waitMs} ms; try again.`))
    })
    this.wake()
    return waiter.held
  }

  /** Refuses all who wait: what the store still answers is for nobody. */
  close(error: GatewayError): void {
    for (const waiter of this.#waiters.splice(0)) this.#finish(waiter, () => waiter.refuse(error))
    this.wake()
  }

  /** Money may have come free: looks who can be served. */
  wake(): void {
    this.#wake?.()
  }

  async #run(): Promise<void> {
    // Everybody who comes in this turn of the event loop is asked for together.
    await Promise.resolve()
    let again = true
    for (;;) {
      this.#serve()
      this.#endPatience()
      if (this.#waiters.length === 0) return this.#end()
      const asking = this.#asking(again)
      if (asking.length === 0) {
        // All stand behind others: they have to ask once those are served.
        if (again) this.#askAgainLater()
        again = await this.#pause()
        continue
      }
      try {
        const told = await this.#ask(asking)
        again = false
        this.#askAgainLater()
        this.#serve()
        this.#tell(asking, told)
      } catch (error) {
        for (const waiter of this.#waiters.splice(0)) this.#finish(waiter, () => waiter.refuse(unavailable(error)))
        return this.#end()
      }
    }
  }

  /** Those for whom the store is asked now: the new ones, and at times those who are short, but nobody who must let others go first. */
  #asking(again: boolean): readonly Waiter[] {
    const asking: Waiter[] = []
    for (const waiter of this.#waiters) {
      waiter.lookAgain()
      if (waiter.isBehindOthers) waiter.passOver()
      else if (again || waiter.shortage === null) asking.push(waiter)
    }
    return asking
  }

  /** Serves in order everybody for whom there is enough. */
  #serve(): void {
    const waiting = this.#waiters
    this.#waiters = []
    for (const waiter of waiting) {
      const hold = this.#taken(waiter)
      if (hold) this.#finish(waiter, () => waiter.serve(hold))
      else if (waiter.isInVain) this.#finish(waiter, () => waiter.refuse(new Error('the call is over')))
      else this.#waiters.push(waiter)
    }
  }

  #taken({ needs, larger }: Waiter): Hold | null {
    if (larger) return larger.hold.grow(needs, larger.rank) ? larger.hold : null
    return allFit(this.slices, needs) ? new Hold([...this.slices], [...needs], this.#ties) : null
  }

  /** Refuses those who are short without hope, and notes what the others wait for. */
  #tell(asked: readonly Waiter[], told: readonly (Told | null)[]): void {
    for (const waiter of asked) {
      if (!this.#waiters.includes(waiter)) continue
      const shortage = this.#shortage(waiter, told)
      // Who was not told for sure asks again at once.
      waiter.wait(shortage?.sure === false && shortage.hope ? null : shortage)
      if (shortage === null || (shortage.hope && waiter.isPatient)) continue
      this.#remove(waiter)
      this.#finish(waiter, () => waiter.refuse(this.#refusal(shortage)))
    }
  }

  /** Refuses those who waited long enough. */
  #endPatience(): void {
    for (const waiter of [...this.#waiters]) {
      if (waiter.isPatient || waiter.staysBehind || waiter.forgetOldAnswer()) continue
      const shortage = waiter.shortage ?? waiter.behind
      if (shortage === null) continue
      this.#remove(waiter)
      this.#finish(waiter, () => waiter.refuse(this.#refusal(shortage)))
    }
  }

  #finish(waiter: Waiter, end: () => void): void {
    waiter.wait(null)
    end()
    // Others stood behind a call that ran already.
    if (waiter.larger) this.#ties.changed()
  }

  #remove(waiter: Waiter): void {
    waiter.wait(null)
    this.#waiters = this.#waiters.filter((one) => one !== waiter)
  }

  #shortage({ budgets, needs, larger }: Waiter, told: readonly (Told | null)[]): Shortage | null {
    const short = shortOf(this.slices, { needs, holds: larger?.hold.held ?? null }, told)
    const budget = short && budgets[short.index]
    if (!short || !budget) return null
    const { index, available, hope, sure } = short
    return { budget, available, held: this.slices[index]?.held ?? 0n, needed: needs[index] ?? 0n, hope, sure }
  }

  #refusal({ budget, available, held, needed }: Shortage): GatewayError {
    return this.#lending.refuse(budget, available, held, needed)
  }

  /** Asks the store for what the waiters need, at least for what the first one needs. */
  async #ask(asking: readonly Waiter[]): Promise<readonly (Told | null)[]> {
    const { store, instanceId, clock } = this.#lending
    do await Promise.all(this.slices.map((slice) => slice.returning))
    while (this.slices.some((slice) => slice.returning))
    const epoch = this.#ties.epoch()
    const requests = loanFor(this.slices, asking, clock.monotonic())
    const asked = requests.filter((request) => request !== null)
    if (asked.length === 0) return []
    for (const waiter of asking) waiter.expectAnswer(this.#lending.waitMs)
    this.#count(requests, 1)
    try {
      const grants = await store.growSlices(instanceId(), asked)
      if (epoch !== this.#ties.epoch()) return []
      return this.#receive(toldOf(requests, grants))
    } finally {
      for (const waiter of asking) waiter.hasAnswer()
      this.#count(requests, -1)
      this.#ties.changed()
    }
  }

  #count(requests: readonly (SliceRequest | null)[], loans: number): void {
    for (const [index, slice] of this.slices.entries()) if (requests[index]) slice.loans += loans
  }

  #receive(told: readonly (Told | null)[]): readonly (Told | null)[] {
    const atMs = this.#lending.clock.monotonic()
    for (const [index, slice] of this.slices.entries()) {
      const grant = told[index]?.grant
      if (!grant) continue
      slice.told(grant.granted, grant.left)
      if (grant.recalled) slice.press(atMs)
    }
    return told
  }

  /** Until something happens; true when it is time to ask again for those who are short. */
  async #pause(): Promise<boolean> {
    for (const waiter of this.#waiters) waiter.hasAnswer()
    if (this.#again) return this.#isTime()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    await promise
    this.#wake = null
    return this.#isTime()
  }

  #isTime(): boolean {
    const again = this.#again
    this.#again = false
    return again
  }

  #askAgainLater(): void {
    clearTimeout(this.#againTimer)
    this.#again = false
    this.#againTimer = setTimeout(() => {
      this.#again = true
      this.wake()
    }, this.#lending.againMs)
  }

  #end(): void {
    clearTimeout(this.#againTimer)
    for (const slice of this.slices) slice.queues -= 1
    this.#ties.ended()
  }
}

function unavailable(error: unknown): GatewayError {
  if (error instanceof GatewayError && error.code === 'ledger_unavailable') return error
  return new GatewayError('ledger_unavailable', 'The ledger could not lend money for this call; try again.', {
    cause: error,
  })
}
