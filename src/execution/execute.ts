/*
 * The attempts of one call.
 *
 * The targets are tried in order. One that its breaker or its limits keep closed is passed over; one that fails may be asked once more, after a pause; then, when the
 * task's policy says so for this kind of failure, the next has its turn. When all are closed nobody is better than they are: the least bad one is tried all the same.
 */
import { callerLeft } from '../errors/caller-left.ts'
import type { Clock } from '../lib/clock.ts'
import { abortSignalOf } from '../lib/leave-signal.ts'
import { actsElsewhere, mayHaveActed } from './acts-elsewhere.ts'
import { AttemptFailure } from './attempt-failure.ts'
import { CallProgress, LEAST_ATTEMPT_MS } from './call-progress.ts'
import { Lease } from './deployment-lease.ts'
import type { ExecuteAsk, Executed, Target } from './execute-ask.ts'
import type { HedgePolicy } from './failure-handling.ts'
import { hedgeAfterMs, tryHedged } from './hedge.ts'
import { plainResilience, type Resilience } from './resilience.ts'
import { retryPauseMs } from './retry.ts'
import type { RetryBudget } from './retry-budget.ts'
import type { Transport } from './transport.ts'
import { type Turn, tryTarget } from './try-target.ts'

/**
 * Tries the targets in order until one begins to answer. Rejects with GatewayError: that of the failure which tells the caller most,
 * `deadline_exceeded`, `no_deployment_available` when none could be tried, or `client_closed` when the caller left.
 */
export function execute(
  ask: ExecuteAsk,
  transport: Transport,
  clock: Clock,
  resilience: Resilience = plainResilience(clock),
): Promise<Executed> {
  return new Execution(ask, transport, clock, resilience).run()
}

class Execution {
  readonly #progress: CallProgress
  readonly #transport: Transport
  readonly #clock: Clock
  readonly #resilience: Resilience

  constructor(ask: ExecuteAsk, transport: Transport, clock: Clock, resilience: Resilience) {
    this.#progress = new CallProgress(ask, clock)
    this.#transport = transport
    this.#clock = clock
    this.#resilience = resilience
  }

  async run(): Promise<Executed> {
    const progress = this.#progress
    try {
      let targets: readonly Target[] = progress.ask.targets
      for (let index = 0; index < targets.length; index += 1) {
        const target = targets[index]
        if (!target || !progress.maySucceed(target)) continue
        const admitted = this.#resilience.health.admit(target.deployment)
        const lease = admitted instanceof Promise ? await admitted : admitted
        if (!(lease instanceof Lease)) {
          if (!progress.pass(target, lease)) break
          continue
        }
        const turn = { target, lease, targetsLeft: targets.length - index }
        const result = await this.#tryFirst(turn)
        const executed = result instanceof AttemptFailure ? await this.#tryAgain(turn, result) : result
        if (executed) return executed
        if (progress.goesOn()) continue
        targets = progress.escalate()
        index = -1
      }
      const executed = progress.failures.length === 0 ? await this.#leastBad() : null
      if (executed) return executed
      progress.tellPassed()
      throw progress.error()
    } catch (error) {
      const { remains } = progress
      if (!remains) throw error
      return remains
    }
  }

  /** Nobody could be tried: the one that may be well soonest is, if nobody else is finding that out. */
  async #leastBad(): Promise<Executed | null> {
    const progress = this.#progress
    for (const { target } of progress.passed.toSorted((one, other) => one.why.retryAfterMs - other.why.retryAfterMs)) {
      const lease = await this.#resilience.health.admit(target.deployment, true)
      if (!(lease instanceof Lease)) continue
      progress.stay(target)
      const turn = { target, lease, targetsLeft: 1 }
      const result = await this.#tryFirst(turn)
      const executed = result instanceof AttemptFailure ? await this.#tryAgain(turn, result) : result
      if (executed || progress.failures.length > 0) return executed
    }
    return null
  }

  /** The first attempt on a target, with another beside it where the task wants that, and it is the first of the call. */
  #tryFirst(turn: Turn): Promise<Executed | AttemptFailure | null> {
    const progress = this.#progress
    const { hedge } = progress.handling
    const isFirst = progress.failures.length === 0
    const ofTenant = this.#retriesOfTenant()
    turn.lease.retries.called()
    if (isFirst) ofTenant?.called()
    const isHedged = hedge !== null && isFirst && turn.targetsLeft > 1 && turn.lease.isOpenToAll
    return isHedged ? this.#tryHedged(turn, hedge, ofTenant) : tryTarget(progress, turn, this.#transport, this.#clock)
  }

  #tryHedged(turn: Turn, hedge: HedgePolicy, ofTenant: RetryBudget | null): Promise<Executed | AttemptFailure | null> {
    const progress = this.#progress
    const { ask } = progress
    const { health, pause } = this.#resilience
    const [transport, clock] = [this.#transport, this.#clock]
    const afterMs = actsElsewhere(ask.request) ? null : hedgeAfterMs(hedge, turn.target, ask.request.stream, health)
    if (afterMs === null) return tryTarget(progress, turn, transport, clock)
    const second = () => (ask.hedgeIsPaid?.() === true ? this.#second(turn, ofTenant) : null)
    // What is slow gets no more help than what fails: a tenth of the calls.
    const onSecond = () => {
      turn.lease.retries.take()
      ofTenant?.take()
    }
    return tryHedged(progress, turn, { afterMs, second, onSecond }, { transport, clock, pause })
  }

  /** Asks a target that failed again, where that may help; null when it could not answer. */
  async #tryAgain({ target, lease: first, targetsLeft }: Turn, failed: AttemptFailure): Promise<Executed | null> {
    const progress = this.#progress
    const { request, signal } = progress.ask
    const ofTenant = this.#retriesOfTenant()
    let [lease, failure] = [first, failed]
    for (let retries = 0; ; retries += 1) {
      const pauseMs =
        lease.isProbe || !lease.isOpenToAll || mayHaveActed(request, failure)
          ? null
          : retryPauseMs({
              failure,
              policy: progress.handling.retry,
              retries,
              leftMs: progress.leftMs - LEAST_ATTEMPT_MS,
              othersLeft: targetsLeft > 1 && progress.goesOn(),
              random: this.#resilience.random,
            })
      // Who gave a bad answer is not down, and how often it is asked is the operator's word.
      const isFree = failure.failure === 'invalid_output'
      const paid = pauseMs !== null && (isFree || (lease.retries.has() && (ofTenant?.has() ?? true)))
      if (pauseMs === null || !paid) {
        progress.leave(failure, target)
        return null
      }
      await this.#resilience.pause(pauseMs, abortSignalOf(signal)).catch((error: unknown) => {
        throw signal.aborted ? callerLeft(signal) : error
      })
      const next = await this.#resilience.health.admit(target.deployment, targetsLeft === 1)
      if (!(next instanceof Lease)) {
        progress.leave(failure, target)
        return null
      }
      const paidBy = isFree ? [] : [lease.retries, ofTenant]
      for (const budget of paidBy) budget?.take()
      lease = next
      const result = await tryTarget(progress, { target, lease, targetsLeft }, this.#transport, this.#clock)
      if (!(result instanceof AttemptFailure)) {
        // A retry that was not paid for changes nothing about why the target is left.
        if (result === null) progress.leave(progress.failures.at(-1) ?? failure, target)
        // Retry budgets are against storms on what is down: a retry that helped, or was not made, was none.
        for (const budget of paidBy) budget?.giveBack()
        return result
      }
      failure = result
    }
  }

  #retriesOfTenant(): RetryBudget | null {
    const { tenantId } = this.#progress.ask
    return tenantId === undefined ? null : this.#resilience.retriesOf(tenantId)
  }

  /** Whom a second attempt asks: the next target that is well, while there are retries left for it. */
  #second({ target: first, lease: { retries } }: Turn, ofTenant: RetryBudget | null): Turn | null {
    const { ask } = this.#progress
    const { health } = this.#resilience
    if (!retries.has() || !(ofTenant?.has() ?? true)) return null
    for (let index = ask.targets.indexOf(first) + 1; index < ask.targets.length; index += 1) {
      const target = ask.targets[index]
      // A probe is for a call that needs it.
      if (!target || !this.#progress.mayServe(target) || !health.isWell(target.deployment)) continue
      const lease = health.admit(target.deployment)
      if (!(lease instanceof Lease)) continue
      lease.retries.called()
      return { target, lease, targetsLeft: ask.targets.length - index }
    }
    return null
  }
}
