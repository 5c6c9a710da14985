import type { CanonicalRequest } from '../canonical/request.ts'
import type { LeaveSignal } from '../lib/leave-signal.ts'
import type { Deployment } from '../providers/deployment.ts'
import type { AnswerCheck } from './answer.ts'
import type { OpenedAnswer } from './attempt.ts'
import type { FailureClass } from './attempt-failure.ts'
import type { NotNow } from './deployment-health.ts'
import type { Inbound } from './encode-attempt.ts'
import type { FailureHandling } from './failure-handling.ts'
import type { Meter } from './meter.ts'
import type { AttemptRecord, RunningAttempt } from './running-attempt.ts'

/** One deployment that may serve the call, in the order of the policy. */
export interface Target {
  readonly deployment: Deployment
  /** The logical model it came from, for the route label. */
  readonly logicalName: string
  /** The output cap for this deployment; null leaves it to the provider. */
  readonly maxOutputTokens: number | null
  /** What it is to the call. A `canary` is tried of the operator's own will: it is no downgrade, and nothing is one compared to it. */
  readonly role?: string
}

/** Why a target was passed over when its turn came. */
export type PassReason = NotNow['reason'] | 'downgrade_not_allowed'

/** What execution is asked to do. */
export interface ExecuteAsk {
  readonly targets: readonly [Target, ...Target[]]
  /** What others are a downgrade from, where it is no target itself. Default: the first target that is no canary. */
  readonly firstChoice?: Deployment
  /** Who is asked instead of the targets that are left when an answer was not what was asked for. Default: nobody. */
  readonly escalation?: readonly Target[] | undefined
  readonly request: CanonicalRequest
  readonly inbound: Inbound
  readonly promptCacheKey: string | undefined
  /** On the monotonic clock: when the first content (streams) or the whole answer must be there; null for no deadline. */
  readonly deadlineAt: number | null
  /** Aborted when the caller leaves, or, with a GatewayError as its reason, when the gateway sends it away. */
  readonly signal: LeaveSignal
  /** Whose retries are counted. Default: nobody's. */
  readonly tenantId?: string
  /** What is done about failures. Default: DEFAULT_HANDLING. */
  readonly handling?: FailureHandling
  /** Whether streams are held back until they are whole, so that one which breaks is answered by the next deployment. Default false. */
  readonly holdStreams?: boolean
  /** Whether what came of a held stream is an answer when nobody gives a whole one. Default false. */
  readonly takeRemains?: boolean
  /** What is wrong with a whole answer, or null. One with a fault is paid for, and another is asked for. Streams are checked when they are held back. Default: nothing is. */
  readonly check?: AnswerCheck | undefined
  /** Called just before an attempt's bytes leave; throws to stop it, AttemptFailure to let the next deployment have its turn. */
  readonly onDispatch: (running: RunningAttempt, target: Target) => void
  /**
   * Whether there is money for an attempt on this target after those that failed and beside those that run; asked before the second and every later one. One that is not
   * paid for is passed over. Default: always.
   */
  readonly affordable?: (target: Target) => boolean | Promise<boolean>
  /** Whether there is money for two attempts at once, where the handling wants a second one beside a silent first. Default: there is not. */
  readonly hedgeIsPaid?: (() => boolean) | undefined
  /** Makes the meter of a stream that this target begins; null when nothing is to be metered. Default null. */
  readonly meter?: (running: RunningAttempt, target: Target) => Meter | null
  /** Called when an answer in one piece is there: it is read when the promise resolves, or at once. Default: at once. */
  readonly gather?: () => Promise<void> | null
  /** Called for every attempt that failed. */
  readonly onFailed: (record: AttemptRecord) => void
  /** Called for every target that was passed over and not tried. */
  readonly onPassedOver?: (target: Target, reason: PassReason, detail: string) => void
}

/** Why the first target did not serve. `unsupported`: it could not say what was asked. `hedged`: a second attempt was faster. */
export type FallbackReason = FailureClass | NotNow['reason'] | 'unsupported' | 'hedged'

/** The attempt that answered. */
export interface Executed extends OpenedAnswer {
  readonly target: Target
  readonly running: RunningAttempt
  /** Logical names tried, in order: `["balanced-large", "balanced-medium"]`. */
  readonly route: readonly string[]
  /** Why the target before this one was left; null when this was the first. */
  readonly fallbackReason: FallbackReason | null
  /** Whether it is of lower quality than the first target. */
  readonly isDowngrade: boolean
  /** Whether the answer broke, and is handed over because nobody gave a whole one. Its attempt is closed already. */
  readonly isBroken?: true
}
