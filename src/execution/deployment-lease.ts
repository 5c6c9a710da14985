import type { Clock } from '../lib/clock.ts'
import { type Breaker, type BreakerEvent, type BreakerSettings, CLOSED, LEASE_MS, reduce } from './circuit-breaker.ts'
import { DeploymentLatency } from './latency-window.ts'
import { ResultWindow } from './result-window.ts'
import { RetryBudget } from './retry-budget.ts'
import type { SharedBreaker } from './shared-breaker.ts'

/** What an attempt says of its deployment in the end. */
export type Result =
  | 'good'
  /** The deployment failed. */
  | 'bad'
  /** It has no room now: no failure. */
  | 'limited'
  /** It was not the deployment's doing: the caller left, or asked for what cannot be. */
  | 'nothing'

/** A provider that asks for more patience than this is asked again all the same. */
const LONGEST_LIMIT_MS = 300_000
/** Nobody's probe is waited for longer than this, however slow it is. */
const LONGEST_PROBE_MS = 600_000
/** Less than this more of a limit is not worth telling others. */
const LIMIT_NEWS_MS = 500

/** One attempt's permission to call a deployment. */
export class Lease {
  readonly #patient: Patient
  readonly #clock: Clock
  readonly #settings: () => BreakerSettings
  readonly #began: number
  #epoch: number
  #slow = false
  #over = false
  /** Whether it is the one call that finds out whether the deployment is well again. */
  readonly isProbe: boolean

  /** `at` is now. */
  constructor(patient: Patient, clock: Clock, settings: () => BreakerSettings, at: number) {
    this.#patient = patient
    this.#clock = clock
    this.#settings = settings
    this.#began = at
    this.#epoch = patient.breaker.epoch
    this.isProbe = patient.breaker.phase === 'half-open'
    if (this.isProbe) patient.probe = this
    patient.provider.running += 1
    patient.running += 1
  }

  /** The retries that the deployment may still be given. */
  get retries(): RetryBudget {
    return this.#patient.retries
  }

  /** Where the attempt's time is to be noted. */
  get latency(): DeploymentLatency {
    return this.#patient.latency
  }

  /** Whether everybody may call the deployment now. */
  get isOpenToAll(): boolean {
    return this.#patient.breaker.phase === 'closed'
  }

  /** A probe that is on its way keeps its lease, however long its provider thinks. */
  renew(): void {
    const at = this.#clock.monotonic()
    const { breaker } = this.#patient
    if (breaker.phase !== 'half-open' || breaker.until - at > LEASE_MS / 2) return
    if (at - this.#began < LONGEST_PROBE_MS) this.#tell('renewed', at)
  }

  /** The first content is there. */
  answered(at: number = this.#clock.monotonic()): void {
    const { p95Ms } = this.#settings()
    this.#slow = p95Ms !== null && at - this.#began > p95Ms
    if (!this.isProbe || this.#patient.breaker.epoch !== this.#epoch) return
    this.#tell('answered', at)
    // It has done its work as a probe; how its answer ends counts as that of any other call.
    this.#epoch = this.#patient.breaker.epoch
    this.#patient.window.forget()
  }

  /** The attempt is over. `limitedForMs`: for how long the provider said that it has no room. Ending it again changes nothing. */
  end(result: Result, limitedForMs: number | null = null, at: number = this.#clock.monotonic()): void {
    if (this.#over) return
    this.#over = true
    const patient = this.#patient
    patient.provider.running -= 1
    patient.running -= 1
    if (patient.probe === this) patient.probe = null
    if (result === 'limited' && limitedForMs !== null) {
      const isNews = patient.limitUntil(at + Math.min(limitedForMs, LONGEST_LIMIT_MS))
      if (isNews) patient.onLimited?.()
    }
    if (result === 'good' || result === 'bad') this.#count(result, at)
    else this.#tell('released', at)
  }

  #count(result: 'good' | 'bad', at: number): void {
    const patient = this.#patient
    const isOfNow = patient.breaker.epoch === this.#epoch
    this.#tell(result === 'good' ? 'succeeded' : 'failed', at)
    if (!isOfNow || patient.breaker.phase !== 'closed') return
    patient.window.note(at, result === 'bad', this.#slow)
    if (!patient.window.isBad(this.#settings())) return
    patient.window.forget()
    this.#tell('tripped', at)
  }

  #tell(type: Exclude<BreakerEvent['type'], 'asked'>, at: number): void {
    const patient = this.#patient
    // What a closed breaker has nothing to learn from is most of what happens: no event is made for it.
    if (type !== 'failed' && type !== 'tripped' && patient.breaker.phase === 'closed' && patient.breaker.failures === 0)
      return
    const after = reduce(patient.breaker, { type, epoch: this.#epoch, at }, this.#settings())
    if (after === patient.breaker) return
    if (type === 'renewed' && patient.shared) {
      patient.shared.renew(after)
      return
    }
    patient.breaker = after
    patient.shared?.changed(after)
  }
}

/** What is known of one provider. */
export interface Provider {
  /** Attempts that run there now. */
  running: number
}

/** What is known of one deployment. */
export class Patient {
  breaker: Breaker = CLOSED
  /** Null where breakers are not shared. */
  shared: SharedBreaker | null = null
  /** The probe of this instance that is on its way. */
  probe: Lease | null = null
  /** On the monotonic clock: until then its provider said to have no room. */
  limitedUntil = Number.NEGATIVE_INFINITY
  /** Told when that is news. */
  onLimited: (() => void) | null = null
  /** Attempts that run here now. */
  running = 0
  readonly window = new ResultWindow()
  readonly latency = new DeploymentLatency()
  readonly retries: RetryBudget
  readonly provider: Provider

  constructor(provider: Provider, clock: Clock) {
    this.provider = provider
    this.retries = new RetryBudget(clock)
  }

  /** Notes a limit; whether it is worth telling others. */
  limitUntil(until: number): boolean {
    const more = until - this.limitedUntil
    this.limitedUntil = Math.max(this.limitedUntil, until)
    return more >= LIMIT_NEWS_MS
  }
}
