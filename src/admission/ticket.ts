import type { LimitAsk, LimitStore, RateChange, RateTake, Slot } from '../storage/contracts/limit-store.ts'
import { countedFor, type LimitedCall, type LimitRule } from './limit-rule.ts'
import type { RateView } from './rate-view.ts'
import type { Turns } from './turns.ts'

/** One attempt of a call, when it has ended. */
export interface AttemptUse {
  /** The upstream's name of the model. */
  readonly model: string
  /** The whole prompt and everything generated. */
  readonly tokens: number
}

/** What a call really used. */
export interface CallUse {
  /** False when the call was refused further on: then it counts nothing. */
  readonly counts: boolean
  /** The attempts that were made; none when something else answered. */
  readonly attempts: readonly AttemptUse[]
}

/** What a call that was let in has taken. It ends with `close`. */
export interface Ticket {
  /** How the call's rates stood when it was let in, the tightest of each unit. */
  readonly rates: readonly RateView[]
  /** Gives places back and puts counts right; a second call changes nothing. Never throws. */
  close(use: CallUse): void
}

/** The ticket of a call that no limit applies to. */
export const OPEN: Ticket = { rates: [], close: () => undefined }

/** A call with the limits of its tenant and of all. */
export interface RuledCall extends LimitedCall {
  readonly rules: readonly LimitRule[]
}

/** What the store is asked for by a limit. */
export interface ByLimit {
  readonly limit: LimitRule
}

/** The limits that a call is in, as the store is asked for them. */
export interface Plan extends LimitAsk {
  readonly rates: readonly (RateTake & ByLimit)[]
  readonly slots: readonly (Slot & ByLimit)[]
}

/** Where calls are counted, and who waits for a place there. */
export interface Counts {
  readonly store: LimitStore
  readonly turns: Turns
}

/** The ticket of a call that was counted. */
export class LimitTicket implements Ticket {
  readonly rates: readonly RateView[]
  readonly #counts: Counts
  readonly #call: RuledCall
  readonly #plan: Plan
  #closed = false

  /** What the call is in was taken; `rates` is how that stands. */
  constructor(counts: Counts, call: RuledCall, plan: Plan, rates: readonly RateView[]) {
    this.#counts = counts
    this.#call = call
    this.#plan = plan
    this.rates = rates
  }

  close(use: CallUse): void {
    if (this.#closed) return
    this.#closed = true
    const { store, turns } = this.#counts
    const { slots } = this.#plan
    if (slots.length > 0) {
      store.release(slots)
      turns.free(slots)
    }
    const changes = this.#changes(use)
    if (changes.length > 0) store.correct(changes)
  }

  #changes({ counts, attempts }: CallUse): readonly RateChange[] {
    const { model } = this.#call.deployment
    const changes: RateChange[] = []
    for (const take of this.#plan.rates) change(changes, take, counts ? usedOf(take.limit, attempts, model) : 0)
    if (counts) for (const attempt of attempts) if (attempt.model !== model) this.#other(attempt, changes)
    return changes
  }

  /** An attempt on another model than the call was let in for: that model's limits count it, without having been asked. */
  #other({ model, tokens }: AttemptUse, changes: RateChange[]): void {
    const fallen = { ...this.#call, logicalName: model, deployment: { id: model, model } }
    for (const rule of this.#call.rules) {
      const value = rule.byModel && rule.rate ? countedFor(rule, fallen) : null
      if (value === null || !rule.rate) continue
      change(changes, { rule: rule.rate, value, amount: 0 }, rule.policy.unit === 'tokens' ? tokens : 1)
    }
  }
}

/** Notes what was used otherwise than it was taken. */
function change(changes: RateChange[], { rule, value, amount }: RateTake, used: number): void {
  if (used !== amount) changes.push({ rule, value, amount: used - amount })
}

/** What a call used of a limit. A model's limit counts what this model was asked, others count the call as one, whatever became of it. */
function usedOf({ byModel, policy }: LimitRule, attempts: readonly AttemptUse[], model: string): number {
  let requests = 0
  let tokens = 0
  for (const attempt of attempts) {
    if (byModel && attempt.model !== model) continue
    requests += 1
    tokens += attempt.tokens
  }
  if (policy.unit === 'tokens') return tokens
  return byModel && attempts.length > 0 ? requests : 1
}
