/*
 * How the deployments do, as the calls of this process find them: their breakers, what their providers said of their limits, how many calls run
 * there, and how many retries they may still be given.
 *
 * Every attempt takes a lease before it begins and ends it when its answer is over, however that comes about. One look into one map is all that costs. The
 * memory outlives versions of the configuration, and is forgotten with the process: an instance that starts learns within a few calls.
 */
import type { Latency } from '../canonical/latency.ts'
import type { Clock } from '../lib/clock.ts'
import { LruMap } from '../lib/lru-map.ts'
import type { Deployment } from '../providers/deployment.ts'
import { type Breaker, type BreakerEvent, type BreakerSettings, CLOSED, isLeased, reduce } from './circuit-breaker.ts'
import { DeploymentLatency } from './latency-window.ts'
import { ResultWindow } from './result-window.ts'
import { RetryBudget } from './retry-budget.ts'

/** Why a deployment is not to be called now. */
export interface NotNow {
  readonly reason: 'circuit_open' | 'saturated'
  /** The reason with its figures. */
  readonly detail: string
  /** When it is worth another try. */
  readonly retryAfterMs: number
}

/** What an attempt says of its deployment in the end. */
export type Result =
  | 'good'
  /** The deployment failed. */
  | 'bad'
  /** It has no room now: no failure. */
  | 'limited'
  /** It was not the deployment's doing: the caller left, or asked for what cannot be. */
  | 'nothing'

/** How the breaker of a deployment stands, for operators; times are ms since 1970. */
export interface BreakerView {
  readonly deployment: string
  readonly state: Breaker['phase']
  /** Failures in a row. */
  readonly failures: number
  readonly openedAt: number | null
  readonly retryAt: number | null
}

/** Names that strangers may ask for are many. */
const KEPT = 10_000
/** Who waits until a limit is over may be woken a moment early: that is soon enough. */
const EARLY_MS = 20
/** When somebody else's answer or probe may be over. */
const SOON_MS = 1_000
/** A provider that asks for more patience than this is asked again all the same. */
const LONGEST_LIMIT_MS = 300_000

/** What health is measured with. */
export interface HealthOptions {
  readonly clock: Clock
  /** Those of the newest configuration. */
  readonly settings: () => BreakerSettings
}

/** See above. */
export class DeploymentHealth {
  readonly #clock: Clock
  /** What the monotonic clock lacks to the time of day; found out once, so that one moment is always told as the same. */
  readonly #wall: number
  readonly #settings: () => BreakerSettings
  readonly #patients = new LruMap<string, Patient>(KEPT)
  readonly #providers = new Map<string, Provider>()

  constructor({ clock, settings }: HealthOptions) {
    this.#clock = clock
    this.#wall = clock.now() - clock.monotonic()
    this.#settings = settings
  }

  /**
   * Lets a call through to a deployment, or says why not. With `anyway` nobody else is left: the end of an ejection and of a provider's limit is not waited for
   * then, but there is one probe at a time all the same.
   */
  admit(deployment: Deployment, anyway = false): Lease | NotNow {
    const patient = this.#patientOf(deployment)
    const most = deployment.endpoint.maxConcurrency ?? null
    if (most !== null && patient.provider.running >= most) return full(deployment, most)
    const at = this.#clock.monotonic()
    if (patient.limitedUntil - at > EARLY_MS && !anyway) return limited(deployment, patient.limitedUntil - at)
    if (patient.breaker.phase !== 'closed') {
      const before = patient.breaker
      patient.breaker = reduce(before, { type: 'asked', at, now: anyway }, this.#settings())
      if (!isLeased(before, patient.breaker)) return ejected(deployment, patient.breaker, at)
    }
    return new Lease(patient, this.#clock, this.#settings)
  }

  /** How long the answers of a deployment took in the last minutes: streams to their first content, others in all. Null when fewer than 20 came. */
  latencyOf({ id }: Pick<Deployment, 'id'>, streams: boolean): Latency | null {
    return this.#patients.peek(id)?.latency.read(this.#clock.monotonic(), streams) ?? null
  }

  /** The breakers of all deployments that were called. */
  breakers(): readonly BreakerView[] {
    const views: BreakerView[] = []
    for (const [deployment, { breaker }] of this.#patients.entries()) {
      const { phase, failures, since, until } = breaker
      const isOpen = phase !== 'closed'
      const openedAt = isOpen ? Math.round(this.#wall + since) : null
      views.push({
        deployment,
        state: phase,
        failures,
        openedAt,
        retryAt: isOpen ? Math.round(this.#wall + until) : null,
      })
    }
    return views
  }

  #patientOf({ id, endpoint }: Deployment): Patient {
    const known = this.#patients.get(id)
    if (known) return known
    let provider = this.#providers.get(endpoint.provider)
    if (!provider) {
      provider = { running: 0 }
      this.#providers.set(endpoint.provider, provider)
    }
    const patient = new Patient(provider, this.#clock)
    this.#patients.set(id, patient)
    return patient
  }
}

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

  constructor(patient: Patient, clock: Clock, settings: () => BreakerSettings) {
    this.#patient = patient
    this.#clock = clock
    this.#settings = settings
    this.#began = clock.monotonic()
    this.#epoch = patient.breaker.epoch
    this.isProbe = patient.breaker.phase === 'half-open'
    patient.provider.running += 1
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

  /** The first content is there. */
  answered(): void {
    const { p95Ms } = this.#settings()
    const at = this.#clock.monotonic()
    this.#slow = p95Ms !== null && at - this.#began > p95Ms
    if (!this.isProbe || this.#patient.breaker.epoch !== this.#epoch) return
    this.#tell('answered', at)
    // It has done its work as a probe; how its answer ends counts as that of any other call.
    this.#epoch = this.#patient.breaker.epoch
    this.#patient.window.forget()
  }

  /** The attempt is over. `limitedForMs`: for how long the provider said that it has no room. Ending it again changes nothing. */
  end(result: Result, limitedForMs: number | null = null): void {
    if (this.#over) return
    this.#over = true
    const patient = this.#patient
    patient.provider.running -= 1
    const at = this.#clock.monotonic()
    if (result === 'limited' && limitedForMs !== null) {
      patient.limitedUntil = Math.max(patient.limitedUntil, at + Math.min(limitedForMs, LONGEST_LIMIT_MS))
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
    patient.breaker = reduce(patient.breaker, { type, epoch: this.#epoch, at }, this.#settings())
  }
}

interface Provider {
  /** Attempts that run there now. */
  running: number
}

/** What is known of one deployment. */
class Patient {
  breaker = CLOSED
  /** On the monotonic clock: until then its provider said to have no room. */
  limitedUntil = Number.NEGATIVE_INFINITY
  readonly window = new ResultWindow()
  readonly latency = new DeploymentLatency()
  readonly retries: RetryBudget
  readonly provider: Provider

  constructor(provider: Provider, clock: Clock) {
    this.provider = provider
    this.retries = new RetryBudget(clock)
  }
}

function full({ endpoint }: Deployment, most: number): NotNow {
  const detail = `${most} calls run at ${endpoint.provider}, which is its max_concurrency`
  return { reason: 'saturated', detail, retryAfterMs: SOON_MS }
}

function limited({ id }: Deployment, forMs: number): NotNow {
  const detail = `${id} said that it has no room for ${seconds(forMs)} s more`
  return { reason: 'saturated', detail, retryAfterMs: forMs }
}

function ejected({ id }: Deployment, { phase, until }: Breaker, at: number): NotNow {
  if (phase === 'half-open') {
    const detail = `${id} failed lately, and one call is finding out whether it is well again`
    return { reason: 'circuit_open', detail, retryAfterMs: SOON_MS }
  }
  const detail = `${id} failed lately and is left alone for ${seconds(until - at)} s more`
  return { reason: 'circuit_open', detail, retryAfterMs: until - at }
}

function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000))
}
