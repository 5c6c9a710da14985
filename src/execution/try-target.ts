import { callerLeft } from '../errors/caller-left.ts'
import { asGatewayError } from '../errors/gateway-error.ts'
import type { Clock } from '../lib/clock.ts'
import type { LeaveSignal } from '../lib/leave-signal.ts'
import type { Answer } from './answer.ts'
import { type AttemptAsk, attempt } from './attempt.ts'
import { AttemptFailure } from './attempt-failure.ts'
import { type CallProgress, LEAST_ATTEMPT_MS } from './call-progress.ts'
import type { Lease } from './deployment-lease.ts'
import type { Executed, Target } from './execute-ask.ts'
import { deadlineExceeded } from './execute-errors.ts'
import type { AttemptTimeouts } from './failure-handling.ts'
import type { Lane } from './lane.ts'
import type { Meter } from './meter.ts'
import { RunningAttempt } from './running-attempt.ts'
import type { Transport } from './transport.ts'

/** When the time of a call cuts a shorter silence than this, it says nothing about the deployment. */
const LEAST_SILENCE_MS = 2_000

/** Whom an attempt asks. */
export interface Turn {
  readonly target: Target
  readonly lease: Lease
  /** Targets that may still be asked, this one among them. */
  readonly targetsLeft: number
  /** Set while there may be another attempt at the same time. */
  readonly lane?: Lane
}

/**
 * One attempt, looked at again just before it begins: is there money and time for it now? Gives its answer, its failure, or null when it was not begun.
 * Rejects with GatewayError when the call as such is over.
 */
export async function tryTarget(
  progress: CallProgress,
  turn: Turn,
  transport: Transport,
  clock: Clock,
): Promise<Executed | AttemptFailure | null> {
  const { ask } = progress
  const { target, lease, lane } = turn
  let begun: BegunAttempt | null = null
  try {
    const affordable = isAffordable(progress, target)
    if (affordable !== true && !(await (lane ? Promise.race([affordable, lane.outrun]) : affordable))) return null
    if (ask.signal.aborted) throw callerLeft(ask.signal)
    if (lane?.isOutrun) return null
    const { leftMs } = progress
    if (leftMs < LEAST_ATTEMPT_MS) throw deadlineExceeded(progress.failures)
    begun = new BegunAttempt(progress, turn, share(leftMs, turn.targetsLeft), clock)
    const opened = await attempt(begun, transport, clock)
    const { running } = begun
    running.firstContent()
    if (lane && !lane.claim()) return outrun(progress, opened.answer, running)
    progress.tellPassed()
    return progress.answered(opened, target, running, lane)
  } catch (thrown) {
    const failure = thrown instanceof AttemptFailure ? thrown : null
    const error = failure?.error ?? asGatewayError(thrown)
    if (begun?.isDispatched) {
      const { running } = begun
      progress.inFlight -= 1
      if (lane?.isOutrun && failure?.failure === 'client_gone' && !ask.signal.aborted) {
        ask.onFailed(running.outrun(failure.summary, failure.mayCost))
        return null
      }
      if (failure) report(failure, lease, begun)
      const { summary = null, mayCost = false } = failure ?? {}
      const status = failure?.failure === 'client_gone' ? 'client_gone' : 'failed'
      ask.onFailed(running.close(status, error.code, summary, mayCost, failure?.failure ?? null))
      if (!lane?.beside) progress.tried(target)
    } else if (error.status === 400) {
      if (!lane?.beside) progress.couldNotSay(error)
      return null
    } else if (lane?.beside) {
      // A second attempt that cannot begin changes nothing.
      return null
    }
    if (!failure) throw error
    if (begun) progress.keep(failure, target, begun.running, lane)
    progress.failures.push(failure)
    return failure
  } finally {
    // What was dispatched has its own end.
    if (!begun?.isDispatched) lease.end('nothing')
  }
}

/** An attempt that has begun, and what it needs. */
class BegunAttempt implements AttemptAsk {
  readonly running: RunningAttempt
  readonly deployment: AttemptAsk['deployment']
  readonly request: AttemptAsk['request']
  readonly inbound: AttemptAsk['inbound']
  readonly promptCacheKey: AttemptAsk['promptCacheKey']
  readonly maxOutputTokens: number | null
  readonly budgetMs: number
  readonly timeouts: AttemptTimeouts | null
  readonly signal: LeaveSignal
  readonly holdStream: boolean
  readonly check: AttemptAsk['check']
  /** Whether its bytes left, or are about to. */
  isDispatched = false
  readonly #progress: CallProgress
  readonly #target: Target
  readonly #lane: Lane | undefined

  constructor(progress: CallProgress, { target, lease, lane }: Turn, budgetMs: number, clock: Clock) {
    const { ask } = progress
    const number = progress.failures.length + progress.inFlight + 1
    const isHedge = lane ? lane.beside !== null : false
    this.running = new RunningAttempt(number, target.deployment, clock, lease, ask.request.stream, isHedge)
    this.deployment = target.deployment
    this.request = ask.request
    this.inbound = ask.inbound
    this.promptCacheKey = ask.promptCacheKey
    this.maxOutputTokens = target.maxOutputTokens
    this.budgetMs = budgetMs
    this.timeouts = progress.handling.timeouts
    this.signal = lane?.signal ?? ask.signal
    this.holdStream = ask.holdStreams ?? false
    this.check = ask.check
    this.#progress = progress
    this.#target = target
    this.#lane = lane
  }

  onContent(): void {
    this.running.firstContent()
    this.#lane?.claim()
  }

  /** Beside another attempt nobody waits: the other one would go on, and be paid. */
  onWhole(): Promise<void> | null {
    this.running.cameWhole()
    return this.#lane ? null : (this.#progress.ask.gather?.() ?? null)
  }

  meter(): Meter | null {
    return this.#progress.ask.meter?.(this.running, this.#target) ?? null
  }

  beforeDispatch(): void {
    this.#progress.ask.onDispatch(this.running, this.#target)
    this.#progress.reached(this.#target)
    this.isDispatched = true
    this.#progress.inFlight += 1
    this.#lane?.begun()
  }
}

/** The other attempt was faster, by a moment: this answer is paid for, and nobody sees it. */
function outrun(progress: CallProgress, answer: Answer, running: RunningAttempt): null {
  progress.inFlight -= 1
  if (answer.kind === 'stream') answer.abort()
  progress.ask.onFailed(running.outrun(answer.summary, true))
  return null
}

/** Money was held for the first attempt on the first target. */
function isAffordable({ ask, failures }: CallProgress, target: Target): boolean | Promise<boolean> {
  const isHeldFor = failures.length === 0 && target === ask.targets[0]
  return isHeldFor || !ask.affordable || ask.affordable(target)
}

/** What the end of the attempt as such does not say: how long a provider wants to be left alone, and that a silence was short. */
function report(
  { failure, retryAfterMs }: AttemptFailure,
  lease: Lease,
  { running, budgetMs, request }: BegunAttempt,
): void {
  const { elapsedMs, hasContent } = running
  if (failure === 'rate_limited') lease.end('limited', retryAfterMs)
  const isCut = failure === 'timeout' && elapsedMs >= budgetMs - 1
  const wasSilent = request.stream && !hasContent && elapsedMs >= LEAST_SILENCE_MS
  if (isCut && !wasSilent) lease.end('nothing')
}

/** Half of the time that is left, while others could still use the other half. */
function share(leftMs: number, targetsLeft: number): number {
  return targetsLeft > 1 ? leftMs / 2 : leftMs
}
