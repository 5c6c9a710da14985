/*
 * One credential that somebody else issues for a time: fetched when it is first needed, kept, and renewed before it ends.
 *
 * Early: five minutes before its end, or when four fifths of a short life are over. The renewal runs beside the calls, which go on with the old
 * credential; when it fails, they go on all the same for as long as the old one is good, and it is tried again a little later. Only one fetch runs
 * at a time, however many calls wait for it. When nothing could be had, calls are told so at once for a moment instead of asking again each.
 *
 * Ages are taken from the clock that never jumps and from the wall, whichever is greater: a wall that is set back does not prolong a credential,
 * and a machine that slept knows it.
 */
import type { Clock } from '../../lib/clock.ts'
import { CredentialFailure } from './authenticator.ts'

/** What was issued. */
export interface Issued<Value> {
  readonly value: Value
  /** ms since 1970; null when it is not known to end. It is then looked at again from time to time. */
  readonly expiresAt: number | null
}

const EARLY_MS = 5 * 60_000
const EARLY_SHARE = 0.2
/** A credential that has less left than this is not sent any more: it could end on the way. */
const MARGIN_MS = 10_000
const MARGIN_SHARE = 0.05
/** How often one without an end is looked at again: keys in files are replaced by people. */
const LOOK_AGAIN_MS = 10 * 60_000
const RENEW_PAUSE_MS = 10_000
const FAILED_PAUSE_MS = 1_000
/** No cloud takes this long; whoever waits would rather try another deployment. */
const PATIENCE_MS = 15_000

/** One credential, kept and renewed. */
export class TokenCache<Value> {
  readonly #issue: () => Promise<Issued<Value>>
  readonly #clock: Clock
  #held: Held<Value> | null = null
  #asking: Promise<Value> | null = null
  #failed: { readonly reason: CredentialFailure; readonly at: number } | null = null

  /** `issue` gets a new credential; it rejects, best with a CredentialFailure, when it cannot. */
  constructor(issue: () => Promise<Issued<Value>>, clock: Clock) {
    this.#issue = issue
    this.#clock = clock
  }

  /** The credential: at once when it is at hand. Rejects with CredentialFailure. */
  get(): Value | Promise<Value> {
    const held = this.#held
    if (held !== null && held.leftMs(this.#clock) > held.marginMs) {
      if (held.isDue(this.#clock) && !this.#pausing(RENEW_PAUSE_MS)) this.#ask().catch(() => undefined)
      return held.value
    }
    if (this.#failed !== null && this.#pausing(FAILED_PAUSE_MS)) return Promise.reject(this.#failed.reason)
    return this.#ask()
  }

  #pausing(pauseMs: number): boolean {
    return this.#failed !== null && this.#clock.monotonic() - this.#failed.at < pauseMs
  }

  #ask(): Promise<Value> {
    this.#asking ??= this.#renew().finally(() => {
      this.#asking = null
    })
    return this.#asking
  }

  async #renew(): Promise<Value> {
    try {
      const { value, expiresAt } = await inTime(this.#issue())
      this.#held = new Held(value, expiresAt, this.#clock)
      this.#failed = null
      return value
    } catch (error) {
      const reason =
        error instanceof CredentialFailure ? error : new CredentialFailure('No credential was issued.', error)
      this.#failed = { reason, at: this.#clock.monotonic() }
      throw reason
    }
  }
}

class Held<Value> {
  readonly value: Value
  readonly marginMs: number
  readonly #lifeMs: number
  readonly #dueMs: number
  readonly #since: { readonly wall: number; readonly steady: number }

  constructor(value: Value, expiresAt: number | null, clock: Clock) {
    this.value = value
    this.#since = { wall: clock.now(), steady: clock.monotonic() }
    this.#lifeMs = expiresAt === null ? Number.POSITIVE_INFINITY : expiresAt - clock.now()
    this.marginMs = Math.min(MARGIN_MS, this.#lifeMs * MARGIN_SHARE)
    const early = expiresAt === null ? LOOK_AGAIN_MS : this.#lifeMs - Math.min(EARLY_MS, this.#lifeMs * EARLY_SHARE)
    // Some issuers hand out the old credential once more until shortly before its end: they are not asked with every call.
    this.#dueMs = Math.max(early, RENEW_PAUSE_MS)
  }

  leftMs(clock: Clock): number {
    return this.#lifeMs - this.#age(clock)
  }

  isDue(clock: Clock): boolean {
    return this.#age(clock) >= this.#dueMs
  }

  #age(clock: Clock): number {
    return Math.max(clock.now() - this.#since.wall, clock.monotonic() - this.#since.steady)
  }
}

/** The same, but not for ever: whoever issues it may be silent. */
function inTime<Value>(issuing: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new CredentialFailure(`No credential was issued within ${PATIENCE_MS / 1000} s.`)),
      PATIENCE_MS,
    )
    issuing.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
