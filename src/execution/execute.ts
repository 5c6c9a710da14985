/*
 * The attempts of one call.
 *
 * The targets are tried in order. One that its breaker or its limits keep closed is passed over; one that fails may be asked once more, after a pause; then, when the
 * task's policy says so for this kind of failure, the next has its turn. When all are closed nobody is better than they are: the least bad one is tried all the same.
 * Every attempt is looked at again just before it begins: is there time, money and room for it now?
 */
import type { CanonicalRequest } from '../canonical/request.ts'
import { callerLeft } from '../errors/caller-left.ts'
import { asGatewayError, type GatewayError } from '../errors/gateway-error.ts'
import type { Clock } from '../lib/clock.ts'
import type { Deployment } from '../providers/deployment.ts'
import { mayHaveActed } from './acts-elsewhere.ts'
import { attempt, type OpenedAnswer } from './attempt.ts'
import { AttemptFailure, type FailureClass } from './attempt-failure.ts'
import { Lease, type NotNow } from './deployment-health.ts'
import type { Inbound } from './encode-attempt.ts'
import { allClosed, deadlineExceeded, verdict } from './execute-errors.ts'
import { DEFAULT_HANDLING, type FailureHandling, fallsBack, isDowngrade } from './failure-handling.ts'
import type { Meter } from './meter.ts'
import { plainResilience, type Resilience } from './resilience.ts'
import { retryPauseMs } from './retry.ts'
import { type AttemptRecord, RunningAttempt } from './running-attempt.ts'
import type { Transport } from './transport.ts'

/** One deployment that may serve the call, in the order of the policy. */
export interface Target {
  readonly deployment: Deployment
  /** The logical model it came from, for the route label. */
  readonly logicalName: string
  /** The output cap for this deployment; null leaves it to the provider. */
  readonly maxOutputTokens: number | null
}

/** Why a target was passed over when its turn came. */
export type PassReason = NotNow['reason'] | 'downgrade_not_allowed'

/** What execution is asked to do. */
export interface ExecuteAsk {
  readonly targets: readonly [Target, ...Target[]]
  readonly request: CanonicalRequest
  readonly inbound: Inbound
  readonly promptCacheKey: string | undefined
  /** On the monotonic clock: when the first content (streams) or the whole answer must be there; null for no deadline. */
  readonly deadlineAt: number | null
  /** Aborted when the caller leaves, or, with a GatewayError as its reason, when the gateway sends it away. */
  readonly signal: AbortSignal
  /** Whose retries are counted. Default: nobody's. */
  readonly tenantId?: string
  /** What is done about failures. Default: DEFAULT_HANDLING. */
  readonly handling?: FailureHandling
  /** Whether streams are held back until they are whole, so that one which breaks is answered by the next deployment. Default false. */
  readonly holdStreams?: boolean
  /** Whether what came of a held stream is an answer when nobody gives a whole one. Default false. */
  readonly takeRemains?: boolean
  /** Called just before an attempt's bytes leave; throws to stop it, AttemptFailure to let the next deployment have its turn. */
  readonly onDispatch: (running: RunningAttempt, target: Target) => void
  /**
   * Whether there is money for an attempt on this target after those that failed; asked before the second and every later one. One that is not
   * paid for is passed over. Default: always.
   */
  readonly affordable?: (target: Target) => boolean | Promise<boolean>
  /** Makes the meter of a stream that this target begins; null when nothing is to be metered. Default null. */
  readonly meter?: (running: RunningAttempt, target: Target) => Meter | null
  /** Called for every attempt that failed. */
  readonly onFailed: (record: AttemptRecord) => void
  /** Called for every target that was passed over and not tried. */
  readonly onPassedOver?: (target: Target, reason: PassReason, detail: string) => void
}

/** The attempt that answered. */
export interface Executed extends OpenedAnswer {
  readonly target: Target
  readonly running: RunningAttempt
  /** Logical names tried, in order: `["balanced-large", "balanced-medium"]`. */
  readonly route: readonly string[]
  /** Why the target before this one was left, or `unsupported` when one before it could not say what was asked; null when this was the first. */
  readonly fallbackReason: FailureClass | NotNow['reason'] | 'unsupported' | null
  /** Whether it is of lower quality than the first target. */
  readonly isDowngrade: boolean
  /** Whether the answer broke, and is handed over because nobody gave a whole one. Its attempt is closed already. */
  readonly isBroken?: true
}

/** An attempt that would have less time than this is not begun: it could only cost money. */
const LEAST_ATTEMPT_MS = 5
/** When the time of a call cuts a shorter silence than this, it says nothing about the deployment. */
const LEAST_SILENCE_MS = 2_000

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
  readonly #ask: ExecuteAsk
  readonly #transport: Transport
  readonly #clock: Clock
  readonly #resilience: Resilience
  readonly #handling: FailureHandling
  readonly #failures: AttemptFailure[] = []
  readonly #passed: { readonly target: Target; readonly index: number; readonly why: NotNow }[] = []
  readonly #route: string[] = []
  #unsayable: GatewayError | null = null
  /** Why the last target was left. */
  #left: FailureClass | NotNow['reason'] | null = null
  /** After a prompt that did not fit: the window that was too small. */
  #tooSmall: number | null = null
  #downgradeRefused = false
  /** The longest of the answers that broke. */
  #remains: Executed | null = null

  constructor(ask: ExecuteAsk, transport: Transport, clock: Clock, resilience: Resilience) {
    this.#ask = ask
    this.#transport = transport
    this.#clock = clock
    this.#resilience = resilience
    this.#handling = ask.handling ?? DEFAULT_HANDLING
  }

  async run(): Promise<Executed> {
    try {
      return await this.#run()
    } catch (error) {
      const isTheirs = this.#failures.every(({ isOfDeployment }) => isOfDeployment)
      if (!this.#remains || !isTheirs || this.#ask.signal.aborted) throw error
      return this.#remains
    }
  }

  async #run(): Promise<Executed> {
    const { targets } = this.#ask
    for (let index = 0; index < targets.length; index += 1) {
      const target = targets[index]
      if (!target || !this.#maySucceed(target)) continue
      const lease = this.#resilience.health.admit(target.deployment)
      if (!(lease instanceof Lease)) {
        this.#passed.push({ target, index, why: lease })
        if (this.#failures.length === 0) this.#left = lease.reason
        if (!fallsBack(lease.reason, this.#handling)) break
        continue
      }
      const executed = await this.#serve(target, lease, targets.length - index)
      if (executed) return executed
      if (!this.#goesOn()) break
    }
    const executed = this.#failures.length === 0 ? await this.#leastBad() : null
    if (executed) return executed
    this.#tellPassed(null)
    throw this.#error()
  }

  /** Nobody could be tried: the one that may be well soonest is, if nobody else is finding that out. */
  async #leastBad(): Promise<Executed | null> {
    for (const { target } of this.#passed.toSorted((one, other) => one.why.retryAfterMs - other.why.retryAfterMs)) {
      const lease = this.#resilience.health.admit(target.deployment, true)
      if (!(lease instanceof Lease)) continue
      if (target === this.#ask.targets[0]) this.#left = null
      const executed = await this.#serve(target, lease, 1)
      if (executed || this.#failures.length > 0) return executed
    }
    return null
  }

  /** Whether a target may be had, and could do better than those that failed. */
  #maySucceed(target: Target): boolean {
    const [{ deployment: preferred }] = this.#ask.targets
    const { deployment } = target
    if (this.#tooSmall !== null && (deployment.contextTokens ?? 0) <= this.#tooSmall) return false
    if (this.#handling.allowDowngrade || deployment === preferred || !isDowngrade(preferred, deployment)) return true
    this.#downgradeRefused = true
    const detail = `it is of lower quality than ${preferred.id}, and the call does not allow a downgrade`
    this.#ask.onPassedOver?.(target, 'downgrade_not_allowed', detail)
    return false
  }

  /** Whether another target is asked after the last failure. */
  #goesOn(): boolean {
    const last = this.#failures.at(-1)
    if (!last) return true
    if (mayHaveActed(this.#ask.request, last)) return false
    if (
      last.failure === 'context_length' &&
      this.#failures.slice(0, -1).some(({ failure }) => failure === 'context_length')
    ) {
      return false
    }
    return fallsBack(last.failure, this.#handling)
  }

  /** Asks one target, again where that may help; null when it could not answer. */
  async #serve(target: Target, first: Lease, targetsLeft: number): Promise<Executed | null> {
    const { tenantId } = this.#ask
    const ofTenant = tenantId === undefined ? null : this.#resilience.retriesOf(tenantId)
    first.retries.called()
    if (this.#failures.length === 0) ofTenant?.called()
    let lease = first
    for (let retries = 0; ; retries += 1) {
      const result = await this.#try(target, lease, targetsLeft)
      if (!(result instanceof AttemptFailure)) {
        // A retry that was not paid for changes nothing about why the target is left.
        const last = this.#failures.at(-1)
        if (result === null && retries > 0 && last) this.#leave(last.failure, target)
        return result
      }
      const { failure } = result
      const pauseMs =
        lease.isProbe || !lease.isOpenToAll || mayHaveActed(this.#ask.request, result)
          ? null
          : retryPauseMs({
              failure: result,
              policy: this.#handling.retry,
              retries,
              leftMs: this.#leftMs() - LEAST_ATTEMPT_MS,
              othersLeft: targetsLeft > 1 && this.#goesOn(),
              random: this.#resilience.random,
            })
      const paid = pauseMs !== null && lease.retries.has() && (ofTenant?.has() ?? true)
      if (pauseMs === null || !paid) {
        this.#leave(failure, target)
        return null
      }
      await this.#resilience.pause(pauseMs, this.#ask.signal).catch((error: unknown) => {
        throw this.#ask.signal.aborted ? callerLeft(this.#ask.signal) : error
      })
      const next = this.#resilience.health.admit(target.deployment, targetsLeft === 1)
      if (!(next instanceof Lease)) {
        this.#leave(failure, target)
        return null
      }
      lease.retries.take()
      ofTenant?.take()
      lease = next
    }
  }

  #leave(failure: FailureClass, { deployment }: Target): void {
    this.#left = failure
    if (failure === 'context_length') this.#tooSmall = deployment.contextTokens ?? 0
  }

  /** One attempt: its answer, its failure, or null when it was not begun. */
  async #try(target: Target, lease: Lease, targetsLeft: number): Promise<Executed | AttemptFailure | null> {
    const { deployment } = target
    const { request, inbound, promptCacheKey, signal, meter, onDispatch } = this.#ask
    let dispatched = false
    let running: RunningAttempt | null = null
    let budgetMs = 0
    try {
      const affordable = this.#isAffordable(target)
      if (affordable !== true && !(await affordable)) return null
      if (signal.aborted) throw callerLeft(signal)
      const leftMs = this.#leftMs()
      if (leftMs < LEAST_ATTEMPT_MS) throw deadlineExceeded(this.#failures)
      budgetMs = share(leftMs, targetsLeft)
      const begun = new RunningAttempt(this.#failures.length + 1, deployment, this.#clock, lease, request.stream)
      running = begun
      const opened = await attempt(
        {
          deployment,
          request: withCap(request, target.maxOutputTokens),
          inbound,
          promptCacheKey,
          budgetMs,
          signal,
          holdStream: this.#ask.holdStreams ?? false,
          onContent: () => begun.firstContent(),
          meter: () => meter?.(begun, target) ?? null,
          beforeDispatch: () => {
            onDispatch(begun, target)
            dispatched = true
            if (this.#route.at(-1) !== target.logicalName) this.#route.push(target.logicalName)
          },
        },
        this.#transport,
        this.#clock,
      )
      begun.firstContent()
      this.#tellPassed(target)
      return this.#answered(opened, target, begun)
    } catch (thrown) {
      const failure = thrown instanceof AttemptFailure ? thrown : null
      const error = failure?.error ?? asGatewayError(thrown)
      if (dispatched && running) {
        if (failure) this.#report(failure, lease, running, budgetMs)
        const { summary = null, mayCost = false } = failure ?? {}
        const status = failure?.failure === 'client_gone' ? 'client_gone' : 'failed'
        this.#ask.onFailed(running.close(status, error.code, summary, mayCost))
      } else if (error.status === 400) {
        // What cannot say in its format what was asked is passed over: it must not hide why another one failed.
        this.#unsayable ??= error
        return null
      }
      if (!failure) throw error
      if (running) this.#keep(failure, target, running)
      this.#failures.push(failure)
      return failure
    } finally {
      // What was dispatched has its own end.
      if (!dispatched) lease.end('nothing')
    }
  }

  /** Money was held for the first attempt on the first target. */
  #isAffordable(target: Target): boolean | Promise<boolean> {
    const isHeldFor = this.#failures.length === 0 && target === this.#ask.targets[0]
    return isHeldFor || !this.#ask.affordable || this.#ask.affordable(target)
  }

  #answered(opened: OpenedAnswer, target: Target, running: RunningAttempt): Executed {
    const [{ deployment: preferred }] = this.#ask.targets
    return {
      ...opened,
      target,
      running,
      route: [...this.#route],
      fallbackReason: this.#left ?? (this.#unsayable ? 'unsupported' : null),
      isDowngrade: target.deployment !== preferred && isDowngrade(preferred, target.deployment),
    }
  }

  /** Keeps what came of an answer, where it may be wanted and is more than what is there. */
  #keep({ remains }: AttemptFailure, target: Target, running: RunningAttempt): void {
    const most = this.#remains?.answer.summary.outputBytes ?? 0
    if (!this.#ask.takeRemains || !remains || remains.answer.summary.outputBytes <= most) return
    this.#remains = { ...this.#answered(remains, target, running), isBroken: true }
  }

  /** What the end of the attempt as such does not say: how long a provider wants to be left alone, and that a silence was short. */
  #report({ failure, retryAfterMs }: AttemptFailure, lease: Lease, running: RunningAttempt, budgetMs: number): void {
    if (failure === 'rate_limited') lease.end('limited', retryAfterMs)
    const { elapsedMs } = running
    const isCut = failure === 'timeout' && elapsedMs >= budgetMs - 1
    const wasSilent = this.#ask.request.stream && !running.hasContent && elapsedMs >= LEAST_SILENCE_MS
    if (isCut && !wasSilent) lease.end('nothing')
  }

  #tellPassed(answered: Target | null): void {
    for (const { target, why } of this.#passed) {
      if (target !== answered) this.#ask.onPassedOver?.(target, why.reason, why.detail)
    }
  }

  #leftMs(): number {
    const { deadlineAt } = this.#ask
    return deadlineAt === null ? Number.MAX_SAFE_INTEGER : deadlineAt - this.#clock.monotonic()
  }

  #error(): GatewayError {
    const failures = this.#failures
    if (this.#ask.signal.aborted) return callerLeft(this.#ask.signal)
    if (failures.at(-1)?.failure === 'timeout' && this.#leftMs() < LEAST_ATTEMPT_MS) return deadlineExceeded(failures)
    if (failures.length > 0) return verdict(failures, this.#downgradeRefused)
    if (this.#passed.length > 0)
      return allClosed(
        this.#passed.map(({ why }) => why),
        this.#downgradeRefused,
      )
    return this.#unsayable ?? verdict(failures, this.#downgradeRefused)
  }
}

/** Half of the time that is left, while others could still use the other half. */
function share(leftMs: number, targetsLeft: number): number {
  return targetsLeft > 1 ? leftMs / 2 : leftMs
}

function withCap(request: CanonicalRequest, maxOutputTokens: number | null): CanonicalRequest {
  return maxOutputTokens === null ? request : { ...request, maxOutputTokens }
}
