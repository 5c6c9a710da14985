import type { CanonicalRequest } from '../canonical/request.ts'
import { callerLeft } from '../errors/caller-left.ts'
import { asGatewayError, GatewayError } from '../errors/gateway-error.ts'
import type { Clock } from '../lib/clock.ts'
import type { Deployment } from '../providers/deployment.ts'
import { attempt, type OpenedAnswer } from './attempt.ts'
import { AttemptFailure, type FailureClass } from './attempt-failure.ts'
import type { Inbound } from './encode-attempt.ts'
import type { Meter } from './meter.ts'
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
}

/** The attempt that answered. */
export interface Executed extends OpenedAnswer {
  readonly target: Target
  readonly running: RunningAttempt
  /** Logical names tried, in order: `["balanced-large", "balanced-medium"]`. */
  readonly route: readonly string[]
  /** Why the attempt before this one failed, or `unsupported` when one before it could not say what was asked; null when this was the first. */
  readonly fallbackReason: FailureClass | 'unsupported' | null
}

/** An attempt that would have less time than this is not begun: it could only cost money. */
const LEAST_ATTEMPT_MS = 5

/**
 * Tries the targets in order until one begins to answer. Rejects with GatewayError: that of the failure which tells the caller most,
 * `deadline_exceeded`, or `client_closed` when the caller left.
 */
export async function execute(ask: ExecuteAsk, transport: Transport, clock: Clock): Promise<Executed> {
  const failures: AttemptFailure[] = []
  let unsayable: GatewayError | null = null
  const route: string[] = []
  const leftMs = () => (ask.deadlineAt === null ? Number.MAX_SAFE_INTEGER : ask.deadlineAt - clock.monotonic())
  for (const [index, target] of ask.targets.entries()) {
    const affordable = failures.length === 0 || !ask.affordable || (await ask.affordable(target))
    if (ask.signal.aborted) throw callerLeft(ask.signal)
    if (leftMs() < LEAST_ATTEMPT_MS) throw deadlineExceeded(failures)
    if (!affordable) continue
    const running = new RunningAttempt(failures.length + 1, target.deployment, clock)
    let dispatched = false
    try {
      const opened = await attempt(
        {
          deployment: target.deployment,
          request: withCap(ask.request, target.maxOutputTokens),
          inbound: ask.inbound,
          promptCacheKey: ask.promptCacheKey,
          budgetMs: share(leftMs(), ask.targets.length - index),
          signal: ask.signal,
          meter: () => ask.meter?.(running, target) ?? null,
          beforeDispatch: () => {
            ask.onDispatch(running, target)
            dispatched = true
            if (route.at(-1) !== target.logicalName) route.push(target.logicalName)
          },
        },
        transport,
        clock,
      )
      running.firstContent()
      return {
        ...opened,
        target,
        running,
        route,
        fallbackReason: failures.at(-1)?.failure ?? (unsayable ? 'unsupported' : null),
      }
    } catch (thrown) {
      const failure = thrown instanceof AttemptFailure ? thrown : null
      const error = failure?.error ?? asGatewayError(thrown)
      const gone = failure?.failure === 'client_gone'
      if (dispatched) {
        const { summary = null, mayCost = false } = failure ?? {}
        ask.onFailed(running.close(gone ? 'client_gone' : 'failed', error.code, summary, mayCost))
      } else if (error.status === 400) {
        // What cannot say in its format what was asked is passed over: it must not hide why another one failed.
        unsayable ??= error
        continue
      }
      if (!failure) throw error
      failures.push(failure)
      if (!failure.fallback) break
    }
  }
  if (ask.signal.aborted) throw callerLeft(ask.signal)
  if (failures.at(-1)?.failure === 'timeout' && leftMs() < LEAST_ATTEMPT_MS) throw deadlineExceeded(failures)
  throw failures.length === 0 && unsayable ? unsayable : verdict(failures)
}

/** Half of the time that is left, while others could still use the other half. */
function share(leftMs: number, targetsLeft: number): number {
  return targetsLeft > 1 ? leftMs / 2 : leftMs
}

function withCap(request: CanonicalRequest, maxOutputTokens: number | null): CanonicalRequest {
  return maxOutputTokens === null ? request : { ...request, maxOutputTokens }
}

/** The last failure; but when a fallback did not like the request, the one before it, which is why that fallback was asked at all. */
function verdict(failures: readonly AttemptFailure[]): GatewayError {
  const last = failures.findLast(({ fallback }, at) => fallback || at === 0)
  if (!last) return new GatewayError('no_deployment_available', 'No deployment is left to try.')
  if (failures.length === 1) return last.error
  const { code, message, upstream, retryAfterSeconds } = last.error
  return new GatewayError(code, `${message} (${failures.length} deployments were tried.)`, {
    ...(upstream === undefined ? {} : { upstream }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    details: { attempts: failures.map(({ failure, error }) => ({ failure, message: error.message })) },
    cause: last,
  })
}

function deadlineExceeded(failures: readonly AttemptFailure[]): GatewayError {
  return new GatewayError('deadline_exceeded', 'The deadline of this task passed before a model began to answer.', {
    details: { attempts: failures.map(({ failure, error }) => ({ failure, message: error.message })) },
    cause: failures.at(-1),
  })
}
