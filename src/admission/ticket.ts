import type { LimitStore, RateChange, RateTake, Slot } from '../storage/contracts/limit-store.ts'
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

interface Held {
  readonly store: LimitStore
  readonly turns: Turns
  readonly call: LimitedCall
  readonly rules: readonly LimitRule[]
  readonly rates: readonly RateTake[]
  readonly rateRules: readonly LimitRule[]
  readonly slots: readonly Slot[]
  readonly views: readonly RateView[]
}

/** The ticket of a call that was counted. */
export class LimitTicket implements Ticket {
  readonly #held: Held
  #closed = false

  constructor(held: Held) {
    this.#held = held
  }

  get rates(): readonly RateView[] {
    return this.#held.views
  }

  close(use: CallUse): void {
    if (this.#closed) return
    this.#closed = true
    const { store, turns, slots } = this.#held
    if (slots.length > 0) {
      store.release(slots)
      turns.free(slots)
    }
    const changes = this.#changes(use)
    if (changes.length > 0) store.correct(changes)
  }

  #changes({ counts, attempts }: CallUse): readonly RateChange[] {
    const { rates, rateRules, call } = this.#held
    const changes: RateChange[] = []
    const change = (take: RateTake, used: number): void => {
      if (used !== take.amount) changes.push({ ...take, amount: used - take.amount })
    }
    for (const [index, take] of rates.entries()) {
      const rule = rateRules[index]
      if (!rule) continue
      const own = rule.byModel ? attempts.filter(({ model }) => model === call.deployment.model) : attempts
      // Other limits count the call as one, whatever became of it; a model's limit counts what the model was asked.
      const requests = rule.byModel && attempts.length > 0 ? own.length : 1
      change(take, counts ? (rule.policy.unit === 'tokens' ? sum(own) : requests) : 0)
    }
    if (counts)
      for (const attempt of attempts) if (attempt.model !== call.deployment.model) this.#other(attempt, change)
    return changes
  }

  /** An attempt on another model than the call was let in for: that model's limits count it, without having been asked. */
  #other({ model, tokens }: AttemptUse, change: (take: RateTake, used: number) => void): void {
    const { call, rules } = this.#held
    const fallen = { ...call, logicalName: model, deployment: { id: model, model } }
    for (const rule of rules) {
      const value = rule.byModel && rule.rate ? countedFor(rule, fallen) : null
      if (value === null || !rule.rate) continue
      change({ rule: rule.rate, value, amount: 0 }, rule.policy.unit === 'tokens' ? tokens : 1)
    }
  }
}

function sum(attempts: readonly AttemptUse[]): number {
  return attempts.reduce((tokens, attempt) => tokens + attempt.tokens, 0)
}
