/*
 * Where rates and running calls are counted. A call is counted on all its limits at once or on none; what it really used is put right
 * afterwards. In one process this is arithmetic and answers at once; between processes a server does the same arithmetic, and the answer is a promise.
 */

/** A rate: so many requests or tokens in a window. The whole limit may be used at once, then it comes back continuously. */
export interface RateRule {
  /** Names the rule, whatever its limit: `user/requests/3600000`. Rules of one id share their counts. */
  readonly id: string
  /** What fits into a window; 0 lets nothing pass. */
  readonly limit: number
  readonly windowMs: number
}

/** What is counted on one value of a rate: the requests of one user. */
export interface RateTake {
  readonly rule: RateRule
  /** Whose count it is. At most 256 characters count; longer ones are to be shortened by the caller. */
  readonly value: string
  /** How much, at least 0. */
  readonly amount: number
}

/** A change of a count without asking: above 0 charges, below 0 gives back. */
export interface RateChange extends RateTake {
  /** What is counted afterwards is at most this; absent is no bound. */
  readonly most?: number
}

/** How many calls may run at once. */
export interface SlotRule {
  readonly id: string
  readonly limit: number
}

/** One of the places of a rule, for one call. */
export interface Slot {
  readonly rule: SlotRule
  readonly value: string
  /** Between whom the places are to be shared fairly: the tenant. Empty where all places are one holder's. */
  readonly holder: string
  /** The call that takes it. No two calls ever have the same. */
  readonly lease: string
}

/** Who may wait for a place: nobody, a holder with fewer than its share, or anybody. */
export type Patience = 'none' | 'share' | 'any'

/** What one call asks for, all or nothing. */
export interface LimitAsk {
  readonly rates: readonly RateTake[]
  readonly slots: readonly Slot[]
  /** When places are short and the call may wait, it is noted as wanting one: others who have more than its holder then come after it. */
  readonly patience: Patience
  /** How long that note stands unless the call asks again. */
  readonly wantMs: number
}

/** How one rate stands. */
export interface RateStanding {
  /** What would fit now. */
  readonly remaining: number
  /** Until nothing is counted any more. */
  readonly resetMs: number
  /** Until what was asked for would fit; 0 when it did. */
  readonly waitMs: number
}

/** How the places of one rule stand. */
export interface SlotStanding {
  /** Places taken, this call's own included when it was let in. */
  readonly held: number
  readonly refused: boolean
}

/** What was decided, with the standing of each rate and each slot in the order of the ask: after the call when it was let in, else as it is. */
export interface LimitVerdict {
  readonly admitted: boolean
  readonly rates: readonly RateStanding[]
  readonly slots: readonly SlotStanding[]
  /** The call was noted as wanting a place: ask again when one may be free, or `release` its slots to give up. */
  readonly wanting: boolean
}

/** One count to look at: the requests of one user, the running calls of one feature. */
export interface LimitLook {
  readonly rule: RateRule | SlotRule
  readonly value: string
}

/** How a count stands. */
export interface LimitUse {
  /** Requests or tokens that count now, begun ones as whole; for places those that are taken. Above the limit where more was used than expected, or the limit was lowered. */
  readonly used: number
  /** What would fit now. */
  readonly left: number
  /** Until nothing of a rate is counted any more; 0 when nothing is, null for places: they come back when calls end. */
  readonly resetMs: number | null
}

/** Keeps the counts. Methods without a result never throw; what of them cannot be delivered is lost. */
export interface LimitStore {
  /** Counts a call on all its limits, or on none. Rejects only where a server is asked and does not answer. */
  take(ask: LimitAsk): LimitVerdict | Promise<LimitVerdict>
  /** Puts counts right without asking. */
  correct(changes: readonly RateChange[]): void
  /** Says that these slots are still held. Those that are not known (any more) are taken again, limit or not. */
  hold(slots: readonly Slot[]): void
  /** Gives slots back and forgets that they were wanted. Slots that are not held are passed over. */
  release(slots: readonly Slot[]): void
  /** How counts stand, in the order of the looks. Changes nothing, not even what is remembered. Rejects only where a server is asked and does not answer. */
  peek(looks: readonly LimitLook[]): readonly LimitUse[] | Promise<readonly LimitUse[]>
}

/** Knows which values of a rule are in use. */
export interface KnownValues {
  /** At most `most` values that this process counts something for, the busiest first. */
  busiest(rule: RateRule | SlotRule, most: number): readonly string[]
}

/** How a store does, for operators. */
export interface LimitStoreCondition {
  readonly store: 'memory' | 'redis'
  /** `away`: the server does not answer, and this instance counts against its own share of every limit. */
  readonly state: 'ok' | 'away'
  /** Instances that are known to share the limits, this one included. */
  readonly instances: number
}
