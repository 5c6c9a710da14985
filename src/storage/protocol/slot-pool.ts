import type { LimitUse, Patience, SlotRule } from '../contracts/limit-store.ts'

/*
 * The places of one concurrency limit, shared fairly between holders (tenants).
 *
 * While there are places, whoever asks gets one: a holder alone may have them all. When they are short, three rules hold.
 *
 *   1. A holder with fewer places than its share (the limit divided by those who hold or want some) is owed one. Its call is noted as wanting, and may ask again;
 *      others are refused at once, unless they were told to queue.
 *   2. A place that comes free is kept for the calls that are ahead: those of holders with fewer places, and of as many those that wanted first.
 *   3. A note that is not renewed lapses, so that who has gone keeps nobody out.
 *
 * From 2 follows max-min fairness: no place goes to a holder while one with fewer wants it. After as many places came free as there are, whoever
 * wanted some all the time has its share, however fast another one asks. `scripts/take.lua.ts` does the same on the server.
 */

/** How the places of a rule look when so many are taken. */
export function slotUse(held: number, { limit }: SlotRule): LimitUse {
  return { used: held, left: Math.max(0, limit - held), resetMs: null }
}

/** A call that would take a place. */
export interface Applicant {
  readonly lease: string
  readonly holder: string
}

/** What a pool says to an applicant. */
export type SlotAnswer = 'free' | 'owed' | 'full'

interface Want {
  readonly holder: string
  readonly sinceMs: number
  readonly untilMs: number
}

/** Fewer notes than this are always kept, however small the limit. */
const LEAST_WANTS = 100

/** The places that are taken, and the calls that want one. Nothing here waits: time and asks come from outside. */
export class SlotPool {
  readonly #leases = new Map<string, string>()
  readonly #held = new Map<string, number>()
  readonly #wants = new Map<string, Want>()

  /** Places taken. */
  get size(): number {
    return this.#leases.size
  }

  /** Whether there is nothing to remember. */
  get empty(): boolean {
    return this.#leases.size === 0 && this.#wants.size === 0
  }

  /** Places that a holder has. */
  heldBy(holder: string): number {
    return this.#held.get(holder) ?? 0
  }

  /** Whether a call may have a place, or is owed one. Changes nothing but lapsed notes. */
  ask(applicant: Applicant, limit: number, nowMs: number): SlotAnswer {
    if (this.#wants.size > 0) this.#lapse(nowMs)
    const ahead = this.#wants.size > 0 ? this.#ahead(applicant) : 0
    if (limit - this.#leases.size > ahead) return 'free'
    return this.#isOwed(applicant, limit) ? 'owed' : 'full'
  }

  /** Notes that a call wants a place; false when it may not wait or too many wait already. */
  want(
    { lease, holder }: Applicant,
    { answer, limit, patience }: { readonly answer: SlotAnswer; readonly limit: number; readonly patience: Patience },
    { nowMs, wantMs }: { readonly nowMs: number; readonly wantMs: number },
  ): boolean {
    const known = this.#wants.get(lease)
    if (patience === 'none' || (patience === 'share' && answer === 'full')) return false
    if (!known && this.#wants.size >= Math.max(limit, LEAST_WANTS)) return false
    this.#wants.set(lease, { holder, sinceMs: known?.sinceMs ?? nowMs, untilMs: nowMs + wantMs })
    return true
  }

  /** Takes a place, whether or not there is one. */
  take({ lease, holder }: Applicant): void {
    if (this.#wants.size > 0) this.#wants.delete(lease)
    if (this.#leases.has(lease)) return
    this.#leases.set(lease, holder)
    this.#held.set(holder, this.heldBy(holder) + 1)
  }

  /** Gives a call's place back and forgets that it wanted one. */
  release(lease: string): void {
    if (this.#wants.size > 0) this.#wants.delete(lease)
    const holder = this.#leases.get(lease)
    if (holder === undefined) return
    this.#leases.delete(lease)
    const left = this.heldBy(holder) - 1
    if (left > 0) this.#held.set(holder, left)
    else this.#held.delete(holder)
  }

  #lapse(nowMs: number): void {
    for (const [lease, want] of this.#wants) if (want.untilMs <= nowMs) this.#wants.delete(lease)
  }

  /** How many calls come before this one. */
  #ahead({ lease, holder }: Applicant): number {
    const mine = this.heldBy(holder)
    const since = this.#wants.get(lease)?.sinceMs ?? Number.POSITIVE_INFINITY
    let ahead = 0
    for (const [other, want] of this.#wants) {
      if (other === lease) continue
      const theirs = this.heldBy(want.holder)
      const first = want.sinceMs < since || (want.sinceMs === since && other < lease)
      if (theirs < mine || (theirs === mine && first)) ahead += 1
    }
    return ahead
  }

  #isOwed({ lease, holder }: Applicant, limit: number): boolean {
    const holders = new Set([...this.#held.keys(), holder])
    let wanted = 0
    for (const [other, want] of this.#wants) {
      holders.add(want.holder)
      if (want.holder === holder && other !== lease) wanted += 1
    }
    return limit > 0 && this.heldBy(holder) + wanted < Math.max(1, Math.floor(limit / holders.size))
  }
}
