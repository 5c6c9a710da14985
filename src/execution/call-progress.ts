import { isLesser } from '../canonical/lesser.ts'
import { callerLeft } from '../errors/caller-left.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { Clock } from '../lib/clock.ts'
import type { Deployment } from '../providers/deployment.ts'
import { mayHaveActed } from './acts-elsewhere.ts'
import type { OpenedAnswer } from './attempt.ts'
import type { AttemptFailure } from './attempt-failure.ts'
import type { NotNow } from './deployment-health.ts'
import type { ExecuteAsk, Executed, FallbackReason, Target } from './execute-ask.ts'
import { allClosed, deadlineExceeded, verdict } from './execute-errors.ts'
import { DEFAULT_HANDLING, type FailureHandling, fallsBack } from './failure-handling.ts'
import type { Lane } from './lane.ts'

/** An attempt that would have less time than this is not begun: it could only cost money. */
export const LEAST_ATTEMPT_MS = 5

/** A target that was not called when its turn came. */
export interface Passed {
  readonly target: Target
  readonly why: NotNow
}

/** How far one call is: what was tried, what went wrong, and what that means for the targets that are left. */
export class CallProgress {
  readonly ask: ExecuteAsk
  readonly handling: FailureHandling
  readonly failures: AttemptFailure[] = []
  readonly passed: Passed[] = []
  /** Attempts that run now. */
  inFlight = 0
  readonly #clock: Clock
  /** What others are a downgrade from. */
  readonly #preferred: Deployment
  readonly #route: string[] = []
  #reached: readonly Target[] = NONE
  /** What could not be said in a target's format. */
  #unsayable: GatewayError | null = null
  /** Why the last target was left. */
  #left: FallbackReason | null = null
  /** After a prompt that did not fit: whose window was too small. */
  #tooSmall: Deployment | null = null
  #downgradeRefused = false
  #escalated = false
  #spent: Target | null = null
  /** The longest of the answers that broke. */
  #remains: Executed | null = null

  constructor(ask: ExecuteAsk, clock: Clock) {
    this.ask = ask
    this.#clock = clock
    this.#preferred = ask.firstChoice ?? firstOf(ask.targets).deployment
    this.handling = ask.handling ?? DEFAULT_HANDLING
  }

  /** Milliseconds until the deadline. */
  get leftMs(): number {
    const { deadlineAt } = this.ask
    return deadlineAt === null ? Number.MAX_SAFE_INTEGER : deadlineAt - this.#clock.monotonic()
  }

  /** What came of an answer that broke, when that may be handed over; null when there is none. */
  get remains(): Executed | null {
    const isTheirs = this.failures.every(({ isOfDeployment }) => isOfDeployment)
    return isTheirs && !this.ask.signal.aborted ? this.#remains : null
  }

  /** Whether a target may be had, and could do better than those that failed. */
  maySucceed(target: Target): boolean {
    const { deployment } = target
    if (target === this.#spent) return false
    if (this.#tooSmall !== null && !mayBeLarger(deployment, this.#tooSmall)) return false
    if (this.mayServe(target)) return true
    this.#downgradeRefused = true
    const detail = `it is of lower quality than ${this.#preferred.id}, and the call does not allow a downgrade`
    this.ask.onPassedOver?.(target, 'downgrade_not_allowed', detail)
    return false
  }

  /** Whether a target is good enough, as far as the call minds. */
  mayServe(target: Target): boolean {
    return this.handling.allowDowngrade || !this.#isDowngrade(target)
  }

  #isDowngrade({ deployment, role }: Target): boolean {
    return role !== 'canary' && isLesser(this.#preferred, deployment)
  }

  /** Whether another target is asked after the last failure. */
  goesOn(): boolean {
    const last = this.failures.at(-1)
    if (!last) return true
    if (mayHaveActed(this.ask.request, last)) return false
    const earlier = this.failures.slice(0, -1)
    if (last.failure === 'context_length' && earlier.some(({ failure }) => failure === 'context_length')) return false
    return !this.#mayEscalate && fallsBack(last.failure, this.handling)
  }

  /** Those who are asked for a better answer, once: after an answer that was not what was asked for. */
  escalate(): readonly Target[] {
    if (!this.#mayEscalate) return []
    this.#escalated = true
    return this.ask.escalation ?? []
  }

  get #mayEscalate(): boolean {
    const last = this.failures.at(-1)
    if (this.#escalated || last?.failure !== 'invalid_output' || mayHaveActed(this.ask.request, last)) return false
    return (this.ask.escalation?.length ?? 0) > 0
  }

  /** Notes that a target cannot be called now; false when nobody else is to be asked for that. */
  pass(target: Target, why: NotNow): boolean {
    this.passed.push({ target, why })
    if (this.failures.length === 0) this.#left = why.reason
    // The way begins where it was to begin.
    if (this.#route.length === 0) this.tried(target)
    return fallsBack(why.reason, this.handling)
  }

  /** The first target is called after all. */
  stay(target: Target): void {
    if (target === this.ask.targets[0]) this.#left = null
  }

  /** Notes that the target is not asked again after its failure. */
  leave(failed: AttemptFailure, target: Target): void {
    this.#left = failed.failure
    this.learn(failed, target)
  }

  /** Notes what a failure says of the targets that are left. */
  learn({ failure }: AttemptFailure, { deployment }: Target): void {
    if (failure === 'context_length') this.#tooSmall = deployment
  }

  /** Notes that the target was asked, and did not answer. */
  tried({ logicalName }: Target): void {
    if (this.#route.at(-1) !== logicalName) this.#route.push(logicalName)
  }

  /** Notes that the target has had its turn already, and could do no better in another one. */
  spent(target: Target): void {
    this.#spent = target
  }

  /** Notes that what is asked cannot be said in a target's format. It must not hide why another one failed. */
  couldNotSay(error: GatewayError): void {
    this.#unsayable ??= error
  }

  /** The answer as the call's. */
  answered(opened: OpenedAnswer, target: Target, running: Executed['running'], lane?: Lane): Executed {
    return {
      answer: opened.answer,
      dropped: opened.dropped,
      target,
      running,
      route: this.#wayTo(target, lane?.beside ?? null),
      fallbackReason: lane?.reason ?? this.#left ?? (this.#unsayable ? 'unsupported' : null),
      isDowngrade: this.#isDowngrade(target),
    }
  }

  #wayTo({ logicalName }: Target, beside: Target | null): readonly string[] {
    if (this.#route.length === 0 && !beside) return [logicalName]
    const route = [...this.#route, ...(beside ? [beside.logicalName] : []), logicalName]
    return route.filter((name, index) => name !== route[index - 1])
  }

  /** Keeps what came of an answer that broke, where it may be wanted and is more than what is there. Half of what a tool is asked to do is no answer. */
  keep({ remains }: AttemptFailure, target: Target, running: Executed['running'], lane?: Lane): void {
    const most = this.#remains?.answer.summary.outputBytes ?? 0
    if (!this.ask.takeRemains || !remains) return
    const { outputBytes, toolCalls } = remains.answer.summary
    if (outputBytes <= most || toolCalls > 0) return
    this.#remains = { ...this.answered(remains, target, running, lane), isBroken: true }
  }

  /** Notes that bytes leave for the target. */
  reached(target: Target): void {
    this.#reached = this.#reached.length === 0 ? [target] : [...this.#reached, target]
  }

  /** Tells of the targets that were passed over, but for those that were asked all the same because nobody else was left. */
  tellPassed(): void {
    for (const { target, why } of this.passed) {
      if (!this.#reached.includes(target)) this.ask.onPassedOver?.(target, why.reason, why.detail)
    }
  }

  /** The error of a call that nobody answered. */
  error(): GatewayError {
    const { failures, passed } = this
    if (this.ask.signal.aborted) return callerLeft(this.ask.signal)
    if (failures.at(-1)?.failure === 'timeout' && this.leftMs < LEAST_ATTEMPT_MS) return deadlineExceeded(failures)
    if (failures.length > 0) return verdict(failures, this.#downgradeRefused)
    if (passed.length > 0)
      return allClosed(
        passed.map(({ why }) => why),
        this.#downgradeRefused,
      )
    return this.#unsayable ?? verdict(failures, this.#downgradeRefused)
  }
}

const NONE: readonly Target[] = []

function firstOf(targets: ExecuteAsk['targets']): Target {
  return targets.find(({ role }) => role !== 'canary') ?? targets[0]
}

/** Whether a prompt that did not fit one deployment may fit the other: its window is larger, or may be for all that is known. */
function mayBeLarger(other: Deployment, one: Deployment): boolean {
  if (other.contextTokens === null) return other.model !== one.model
  return one.contextTokens === null || other.contextTokens > one.contextTokens
}
