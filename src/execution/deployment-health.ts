/*
 * How the deployments do, as the calls of this process find them: their breakers, what their providers said of their limits, how many calls run
 * there, and how many retries they may still be given.
 *
 * Every attempt takes a lease before it begins and ends it when its answer is over, however that comes about. One look into one map is all that costs. The
 * memory outlives versions of the configuration, and is forgotten with the process.
 *
 * Where instances share a board (`board-line.ts`), an ejection by one is known to all, and there is one probe among them. Nobody waits for the board to call a
 * deployment that is well; what counts towards an ejection is each instance's own.
 */
import type { Latency } from '../canonical/latency.ts'
import type { Clock } from '../lib/clock.ts'
import { LruMap } from '../lib/lru-map.ts'
import type { Deployment } from '../providers/deployment.ts'
import type { BoardView } from '../storage/contracts/breaker-board.ts'
import type { BoardLine, BoardReader, BreakerCondition } from './board-line.ts'
import { type Breaker, type BreakerSettings, isLeased, reduce } from './circuit-breaker.ts'
import { Lease, Patient, type Provider } from './deployment-lease.ts'
import { SharedBreaker } from './shared-breaker.ts'

/** Why a deployment is not to be called now. */
export interface NotNow {
  readonly reason: 'circuit_open' | 'saturated'
  /** The reason with its figures. */
  readonly detail: string
  /** When it is worth another try. */
  readonly retryAfterMs: number
}

/** How the breaker of a deployment stands, for operators; times are ms since 1970. */
export interface BreakerView {
  readonly deployment: string
  readonly state: Breaker['phase']
  /** Failures in a row. */
  readonly failures: number
  readonly openedAt: number | null
  readonly retryAt: number | null
  /** Whether it is what all instances share, and not what this one found out by itself. */
  readonly isShared: boolean
}

/** Names that strangers may ask for are many. */
const KEPT = 10_000
/** Who waits until a limit is over may be woken a moment early: that is soon enough. */
const EARLY_MS = 20
/** When somebody else's answer or probe may be over. */
const SOON_MS = 1_000

/** What health is measured with. */
export interface HealthOptions {
  readonly clock: Clock
  /** Those of the newest configuration. */
  readonly settings: () => BreakerSettings
  /** To the board that instances share; null: breakers are this instance's own. */
  readonly line?: BoardLine | null
}

/** See above. */
export class DeploymentHealth {
  readonly #clock: Clock
  /** What the monotonic clock lacks to the time of day; found out once, so that one moment is always told as the same. */
  readonly #wall: number
  readonly #settings: () => BreakerSettings
  readonly #patients = new LruMap<string, Patient>(KEPT)
  readonly #providers = new Map<string, Provider>()
  readonly #line: BoardLine | null
  /** Whose limit the others do not know yet. */
  readonly #limited = new Map<string, Patient>()
  /** Whose probe this instance asked for: it is renewed while it is on its way. */
  readonly #probed = new Set<Patient>()
  /** What the board last showed of deployments, those that were never called here among them, and when that was. */
  #board: {
    readonly entries: BoardView['entries']
    readonly limited: BoardView['limited']
    readonly at: number
    readonly number: number
  } | null = null

  constructor({ clock, settings, line = null }: HealthOptions) {
    this.#clock = clock
    this.#wall = clock.now() - clock.monotonic()
    this.#settings = settings
    this.#line = line
  }

  /** Learns what other instances know. Resolves once it is known, or cannot be had now. Without a board there is nothing to learn. */
  async open(): Promise<void> {
    await this.#line?.open({
      limited: () => this.#beforeLook(),
      read: (view, look) => this.#read(view, look),
    })
  }

  /** Looks at the board now. */
  async look(): Promise<void> {
    await this.#line?.look()
  }

  /** Looks at the board no more. */
  close(): void {
    this.#line?.close()
  }

  /** How breakers are shared. */
  condition(): BreakerCondition {
    return this.#line?.condition() ?? { store: 'memory', state: 'ok' }
  }

  /**
   * Lets a call through to a deployment, or says why not. With `anyway` nobody else is left: the end of an ejection and of a provider's limit is not waited for
   * then, but there is one probe at a time all the same. A promise only where it would be a probe, and others have to be asked whether theirs is on its way.
   */
  admit(deployment: Deployment, anyway = false): Lease | NotNow | Promise<Lease | NotNow> {
    const patient = this.#patientOf(deployment)
    const most = deployment.endpoint.maxConcurrency ?? null
    if (most !== null && patient.provider.running >= most) return full(deployment, most)
    const at = this.#clock.monotonic()
    if (patient.limitedUntil - at > EARLY_MS && !anyway) return limited(deployment, patient.limitedUntil - at)
    if (patient.breaker.phase !== 'closed') {
      patient.probe?.renew()
      const lease = this.#leaseOf(patient.breaker, anyway)
      if (!lease) return ejected(deployment, patient.breaker, at)
      if (patient.shared) return patient.shared.isAsking ? probed(deployment) : this.#ask(deployment, patient, anyway)
      patient.breaker = lease
    }
    return new Lease(patient, this.#clock, this.#settings, at)
  }

  /** What `admit` would say to a call now: null lets it through. Nothing is taken, and no other instance is asked. */
  lookAt(deployment: Deployment, anyway = false): NotNow | null {
    const most = deployment.endpoint.maxConcurrency ?? null
    const running = this.#providers.get(deployment.endpoint.provider)?.running ?? 0
    if (most !== null && running >= most) return full(deployment, most)
    const patient = this.#patients.peek(deployment.id)
    if (!patient) return null
    const at = this.#clock.monotonic()
    if (patient.limitedUntil - at > EARLY_MS && !anyway) return limited(deployment, patient.limitedUntil - at)
    if (patient.breaker.phase === 'closed') return null
    return this.#leaseOf(patient.breaker, anyway) ? null : ejected(deployment, patient.breaker, at)
  }

  #leaseOf(breaker: Breaker, now: boolean): Breaker | null {
    const after = reduce(breaker, { type: 'asked', at: this.#clock.monotonic(), now }, this.#settings())
    return isLeased(breaker, after) ? after : null
  }

  /** Asks the other instances for the lease of the probe. */
  async #ask(deployment: Deployment, patient: Patient, anyway: boolean): Promise<Lease | NotNow> {
    // The place is kept meanwhile.
    patient.provider.running += 1
    const lease = await patient.shared?.lease((breaker) => this.#leaseOf(breaker, anyway))
    patient.provider.running -= 1
    const isMine = lease !== null && patient.breaker === lease
    if (isMine) this.#probed.add(patient)
    const at = this.#clock.monotonic()
    if (isMine || patient.breaker.phase === 'closed') return new Lease(patient, this.#clock, this.#settings, at)
    return ejected(deployment, patient.breaker, at)
  }

  /** Whether everybody may call a deployment, as far as its breaker is concerned. */
  isWell({ id }: Pick<Deployment, 'id'>): boolean {
    return (this.#patients.peek(id)?.breaker.phase ?? 'closed') === 'closed'
  }

  /** How long the answers of a deployment took in the last minutes: streams to their first content, others in all. Null when fewer than 20 came. */
  latencyOf({ id }: Pick<Deployment, 'id'>, streams: boolean): Latency | null {
    return this.#patients.peek(id)?.latency.read(this.#clock.monotonic(), streams) ?? null
  }

  /** How many attempts of this instance run on a deployment now. */
  runningOn({ id }: Pick<Deployment, 'id'>): number {
    return this.#patients.peek(id)?.running ?? 0
  }

  /** The breakers of all deployments that were called, here or where it is shared. */
  breakers(): readonly BreakerView[] {
    const isShared = this.#line !== null && !this.#line.isAway
    const all = new Map<string, Pick<Breaker, 'phase' | 'failures' | 'since' | 'until'>>()
    const { entries, at } = this.#board ?? { entries: null, at: 0 }
    for (const [deployment, entry] of entries ?? []) {
      all.set(deployment, { ...entry, since: at - entry.agoMs, until: at + entry.forMs })
    }
    for (const [deployment, { breaker }] of this.#patients.entries()) all.set(deployment, breaker)
    return [...all].map(([deployment, { phase, failures, since, until }]) => {
      const isOpen = phase !== 'closed'
      const openedAt = isOpen ? Math.round(this.#wall + since) : null
      const retryAt = isOpen ? Math.round(this.#wall + until) : null
      return { deployment, state: phase, failures, openedAt, retryAt, isShared }
    })
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
    if (this.#line) this.#share(id, patient, this.#line)
    return patient
  }

  #share(id: string, patient: Patient, line: BoardLine): void {
    patient.shared = new SharedBreaker({
      deployment: id,
      line,
      now: () => this.#clock.monotonic(),
      took: (breaker) => {
        patient.breaker = breaker
        patient.window.forget()
      },
    })
    patient.onLimited = () => this.#limited.set(id, patient)
    if (!this.#board) return
    const { entries, limited, at, number } = this.#board
    const entry = entries?.get(id)
    if (entry) patient.shared.seen(entry, at, number)
    patient.limitUntil(at + (limited?.get(id) ?? Number.NEGATIVE_INFINITY))
  }

  #beforeLook(): readonly (readonly [string, number])[] {
    const at = this.#clock.monotonic()
    for (const patient of this.#probed) {
      if (patient.probe) patient.probe.renew()
      else this.#probed.delete(patient)
    }
    const limited = [...this.#limited].map(([id, { limitedUntil }]) => [id, limitedUntil - at] as const)
    this.#limited.clear()
    return limited.filter(([, forMs]) => forMs > 0)
  }

  #read({ entries, limited }: BoardView, { wasAway, number }: Parameters<BoardReader['read']>[1]): void {
    const at = this.#clock.monotonic()
    if (entries) this.#board = { entries, limited, at, number }
    for (const [id, forMs] of limited ?? []) this.#patients.peek(id)?.limitUntil(at + forMs)
    if (!entries && !wasAway) return
    for (const [id, { shared }] of this.#patients.entries()) {
      if (entries) shared?.seen(entries.get(id) ?? null, at, number)
      else shared?.send()
    }
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

function probed({ id }: Deployment): NotNow {
  const detail = `${id} failed lately, and one call is finding out whether it is well again`
  return { reason: 'circuit_open', detail, retryAfterMs: SOON_MS }
}

function ejected(deployment: Deployment, { phase, until }: Breaker, at: number): NotNow {
  const { id } = deployment
  // Open no longer, and somebody else was faster.
  if (phase === 'half-open' || until <= at) return probed(deployment)
  const detail = `${id} failed lately and is left alone for ${seconds(until - at)} s more`
  return { reason: 'circuit_open', detail, retryAfterMs: until - at }
}

function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000))
}
