import type { CanonicalRequest } from '../canonical/request.ts'
import { callerLeft } from '../errors/caller-left.ts'
import { asGatewayError } from '../errors/gateway-error.ts'
import type { Clock } from '../lib/clock.ts'
import type { Answer } from './answer.ts'
import { attempt } from './attempt.ts'
import { AttemptFailure } from './attempt-failure.ts'
import { type CallProgress, LEAST_ATTEMPT_MS } from './call-progress.ts'
import type { Lease } from './deployment-lease.ts'
import type { Executed, Target } from './execute-ask.ts'
import { deadlineExceeded } from './execute-errors.ts'
import type { Lane } from './lane.ts'
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
  { target, lease, targetsLeft, lane }: Turn,
  transport: Transport,
  clock: Clock,
): Promise<Executed | AttemptFailure | null> {
  const { ask } = progress
  const { request, inbound, promptCacheKey } = ask
  const { deployment } = target
  let dispatched = false
  let running: RunningAttempt | null = null
  let budgetMs = 0
  try {
    const affordable = isAffordable(progress, target)
    if (affordable !== true && !(await (lane ? Promise.race([affordable, lane.outrun]) : affordable))) return null
    if (ask.signal.aborted) throw callerLeft(ask.signal)
    if (lane?.isOutrun) return null
    const { leftMs } = progress
    if (leftMs < LEAST_ATTEMPT_MS) throw deadlineExceeded(progress.failures)
    budgetMs = share(leftMs, targetsLeft)
    const number = progress.failures.length + progress.inFlight + 1
    const isHedge = lane ? lane.beside !== null : false
    const begun = new RunningAttempt(number, deployment, clock, lease, request.stream, isHedge)
    running = begun
    const opened = await attempt(
      {
        deployment,
        request: withCap(request, target.maxOutputTokens),
        inbound,
        promptCacheKey,
        budgetMs,
        timeouts: progress.handling.timeouts,
        signal: lane?.signal ?? ask.signal,
        holdStream: ask.holdStreams ?? false,
        ...(ask.check ? { check: ask.check } : {}),
        onContent: () => {
          begun.firstContent()
          lane?.claim()
        },
        meter: () => ask.meter?.(begun, target) ?? null,
        beforeDispatch: () => {
          ask.onDispatch(begun, target)
          progress.reached(target)
          dispatched = true
          progress.inFlight += 1
          lane?.begun()
        },
      },
      transport,
      clock,
    )
    begun.firstContent()
    if (lane && !lane.claim()) return outrun(progress, opened.answer, begun)
    progress.tellPassed()
    return progress.answered(opened, target, begun, lane)
  } catch (thrown) {
    const failure = thrown instanceof AttemptFailure ? thrown : null
    const error = failure?.error ?? asGatewayError(thrown)
    if (dispatched && running) {
      progress.inFlight -= 1
      if (lane?.isOutrun && failure?.failure === 'client_gone' && !ask.signal.aborted) {
        ask.onFailed(running.outrun(failure.summary, failure.mayCost))
        return null
      }
      if (failure) report(failure, lease, running, { budgetMs, streams: request.stream })
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
    if (running) progress.keep(failure, target, running, lane)
    progress.failures.push(failure)
    return failure
  } finally {
    // What was dispatched has its own end.
    if (!dispatched) lease.end('nothing')
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
  { elapsedMs, hasContent }: RunningAttempt,
  { budgetMs, streams }: { readonly budgetMs: number; readonly streams: boolean },
): void {
  if (failure === 'rate_limited') lease.end('limited', retryAfterMs)
  const isCut = failure === 'timeout' && elapsedMs >= budgetMs - 1
  const wasSilent = streams && !hasContent && elapsedMs >= LEAST_SILENCE_MS
  if (isCut && !wasSilent) lease.end('nothing')
}

/** Half of the time that is left, while others could still use the other half. */
function share(leftMs: number, targetsLeft: number): number {
  return targetsLeft > 1 ? leftMs / 2 : leftMs
}

function withCap(request: CanonicalRequest, maxOutputTokens: number | null): CanonicalRequest {
  return maxOutputTokens === null ? request : { ...request, maxOutputTokens }
}
