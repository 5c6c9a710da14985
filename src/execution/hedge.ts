/*
 * A second attempt beside a first one that is silent for long ("hedging").
 *
 * Both run until the first content of one of them: that one is the call's, the other is given up at that moment and closes its own books. No bytes of the
 * two ever mix, because nothing of an attempt is seen before its first content. Whatever goes wrong with the second one, the call is as it would have been
 * without it.
 */
import type { Clock } from '../lib/clock.ts'
import { abortSignalOf } from '../lib/leave-signal.ts'
import { AttemptFailure } from './attempt-failure.ts'
import type { CallProgress } from './call-progress.ts'
import type { DeploymentHealth } from './deployment-health.ts'
import type { Executed, FallbackReason, Target } from './execute-ask.ts'
import type { HedgePolicy } from './failure-handling.ts'
import type { Lane } from './lane.ts'
import type { Resilience } from './resilience.ts'
import { mayPass } from './retry.ts'
import type { Transport } from './transport.ts'
import { type Turn, tryTarget } from './try-target.ts'

/** After how much silence of a deployment a second attempt begins; null when too little is known of it. */
export function hedgeAfterMs(
  { afterMs }: HedgePolicy,
  { deployment }: Pick<Target, 'deployment'>,
  streams: boolean,
  health: Pick<DeploymentHealth, 'latencyOf'>,
): number | null {
  return afterMs ?? health.latencyOf(deployment, streams)?.p95Ms ?? null
}

/** What a hedged attempt works with. */
export interface HedgeAsk {
  readonly afterMs: number
  /** Finds somebody for the second attempt; null when there is nobody, or no more of them are to be made. */
  readonly second: () => Turn | null
  /** The second attempt's bytes are about to leave. */
  readonly onSecond: () => void
}

type Outcome = Executed | AttemptFailure | null

/** The first attempt of a call, and where it is silent for too long a second one. As `tryTarget`; a failure is the first attempt's. */
export async function tryHedged(
  progress: CallProgress,
  turn: Turn,
  { afterMs, second, onSecond }: HedgeAsk,
  { transport, clock, pause }: { readonly transport: Transport; readonly clock: Clock } & Pick<Resilience, 'pause'>,
): Promise<Outcome> {
  const race = new Race(abortSignalOf(progress.ask.signal))
  const first = race.lane(null, () => undefined)
  const running = first.run(tryTarget(progress, { ...turn, lane: first }, transport, clock))
  // It may fail before anybody looks.
  running.catch(() => undefined)
  await pause(afterMs, race.quiet).catch(() => undefined)
  const rival = race.quiet.aborted ? null : second()
  if (!rival) return running
  const other = race.lane(turn.target, onSecond)
  const beside = other.run(tryTarget(progress, { ...rival, lane: other }, transport, clock))
  // When one of them answers or the call is over the other ends at once, so this waits for no loser.
  const [one, two] = await Promise.all([
    running.then(null, (error: unknown) => new Thrown(error)),
    beside.catch(() => null),
  ])
  if (isExecuted(one)) return one
  if (isExecuted(two)) return two
  if (two) whatIsLeft(progress, rival.target, two, one)
  if (one instanceof Thrown) throw one.error
  return one
}

/** Both failed, or the one that answered first broke before it was whole. */
function whatIsLeft(
  progress: CallProgress,
  target: Target,
  failed: AttemptFailure,
  first: AttemptFailure | Thrown | null,
): void {
  progress.tried(target)
  if (first) progress.learn(failed, target)
  else progress.leave(failed, target)
  if (!mayPass(failed.failure) && failed.failure !== 'invalid_output') progress.spent(target)
}

function isExecuted(outcome: Outcome | Thrown): outcome is Executed {
  return outcome !== null && !(outcome instanceof AttemptFailure) && !(outcome instanceof Thrown)
}

class Thrown {
  readonly error: unknown

  constructor(error: unknown) {
    this.error = error
  }
}

/** Two attempts for one answer. */
class Race {
  readonly #caller: AbortSignal
  readonly #noise = new AbortController()
  readonly #lanes: RaceLane[] = []
  #winner: RaceLane | null = null

  constructor(caller: AbortSignal) {
    this.#caller = caller
  }

  /** Aborted as soon as there is content, or the first attempt is over. */
  get quiet(): AbortSignal {
    return this.#noise.signal
  }

  lane(beside: Target | null, begun: () => void): RaceLane {
    const lane = new RaceLane(this, this.#caller, beside, begun)
    this.#lanes.push(lane)
    return lane
  }

  /** Why the first one did not serve, if it did not. */
  get reason(): FallbackReason {
    return this.#lanes[0]?.failure ?? 'hedged'
  }

  claim(lane: RaceLane): boolean {
    this.#noise.abort()
    this.#winner ??= lane
    if (this.#winner !== lane) return false
    for (const other of this.#lanes) if (other !== lane) other.giveUp()
    return true
  }

  /** An attempt is over. When it threw, so is the call. */
  over(lane: RaceLane, threw: boolean): void {
    this.#noise.abort()
    if (threw && !lane.beside) for (const other of this.#lanes) if (other !== lane) other.giveUp()
  }
}

class RaceLane implements Lane {
  readonly signal: AbortSignal
  readonly beside: Target | null
  readonly begun: () => void
  readonly #race: Race
  readonly #leave = new AbortController()
  readonly #outrun = Promise.withResolvers<false>()
  /** How it failed, when it did. */
  failure: FallbackReason | null = null

  constructor(race: Race, caller: AbortSignal, beside: Target | null, begun: () => void) {
    this.#race = race
    this.beside = beside
    this.begun = begun
    this.signal = AbortSignal.any([caller, this.#leave.signal])
  }

  get reason(): FallbackReason | null {
    return this.beside && this.#race.reason
  }

  get isOutrun(): boolean {
    return this.#leave.signal.aborted
  }

  get outrun(): Promise<false> {
    return this.#outrun.promise
  }

  claim(): boolean {
    return this.#race.claim(this)
  }

  giveUp(): void {
    this.#leave.abort()
    this.#outrun.resolve(false)
  }

  /** Follows the attempt that runs in this lane. */
  async run(attempt: Promise<Outcome>): Promise<Outcome> {
    try {
      const outcome = await attempt
      if (outcome instanceof AttemptFailure) this.failure = outcome.failure
      this.#race.over(this, false)
      return outcome
    } catch (error) {
      this.#race.over(this, true)
      throw error
    }
  }
}
