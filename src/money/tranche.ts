/*
 * How much of an answer is held at a time, in output tokens.
 *
 * A stream begins with what its answer is expected to need. When money is short it begins with a quarter of that, or 128: what is left of a budget is of use to somebody.
 * While others run on the same money it begins with half of it at least: what is left is theirs to end whole with, rather than for many who would not.
 * What it needs beyond is asked for while it runs, half as much as at first, then each time twice as much as before, up to the cap.
 */

/** Shorter answers are not worth a call. */
const LEAST_TOKENS = 16
/** Caps up to this are held whole, and caps that are hardly beyond what is expected: more would keep others out who could end whole. */
const SMALL_CAP = 32
const NEAR_CAP = 1.15
const SHORT_SHARE = 4
const SHORT_MOST = 128
const SHARED_SHARE = 2

/** What to hold for a stream's answer at first. */
export function firstTranche(expectedTokens: number, capTokens: number): number {
  const whole = capTokens <= SMALL_CAP || capTokens <= expectedTokens * NEAR_CAP
  return whole ? capTokens : Math.max(LEAST_TOKENS, expectedTokens)
}

/** What to begin with when there is not enough for the first tranche; `shared`: while other calls hold of the same money. */
export function shortTranche(firstTokens: number, shared: boolean): number {
  const short = shared ? firstTokens / SHARED_SHARE : Math.min(SHORT_MOST, firstTokens / SHORT_SHARE)
  return Math.min(firstTokens, Math.max(LEAST_TOKENS, Math.ceil(short)))
}

/** The sizes in which a running stream asks for more. */
export class TrancheSteps {
  #next: number

  /** Begins with half of what was held at first. */
  constructor(firstTokens: number) {
    this.#next = Math.max(LEAST_TOKENS, Math.ceil(firstTokens / 2))
  }

  get next(): number {
    return this.#next
  }

  /** It was granted: ask for twice as much next time. */
  granted(): void {
    this.#next *= 2
  }

  /** It was refused: ask for half. */
  refused(): void {
    this.#next = Math.max(LEAST_TOKENS, Math.floor(this.#next / 2))
  }
}
