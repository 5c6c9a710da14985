/*
 * How much of an answer is held at a time, in output tokens.
 *
 * A stream begins with what its answer is expected to need. When money is short it begins with a quarter of that, or 128: what is left of a budget is of use to somebody.
 * What it needs beyond is asked for while it runs, half as much as at first, then each time twice as much as before, up to the cap.
 */

/** Shorter answers are not worth a call. */
const LEAST_TOKENS = 16
/** Caps up to this are held whole, and caps that are not much beyond what is expected. */
const SMALL_CAP = 128
const NEAR_CAP = 1.5
const SHORT_SHARE = 4
const SHORT_MOST = 128

/** What to hold for a stream's answer at first. */
export function firstTranche(expectedTokens: number, capTokens: number): number {
  const whole = capTokens <= SMALL_CAP || capTokens <= expectedTokens * NEAR_CAP
  return whole ? capTokens : Math.max(LEAST_TOKENS, expectedTokens)
}

/** What to begin with when there is not enough for the first tranche. */
export function shortTranche(firstTokens: number): number {
  return Math.min(firstTokens, Math.max(LEAST_TOKENS, Math.min(SHORT_MOST, Math.ceil(firstTokens / SHORT_SHARE))))
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
