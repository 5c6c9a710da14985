import type { ErrorCode } from '../errors/codes.ts'
import type { Clock } from '../lib/clock.ts'
import { newId } from '../lib/ids.ts'
import type { Deployment } from '../providers/deployment.ts'
import type { AnswerSummary } from './answer.ts'
import type { FailureClass } from './attempt-failure.ts'
import type { Lease, Result } from './deployment-lease.ts'
import type { LatencyWindow } from './latency-window.ts'

/** How an attempt ended. */
export type AttemptStatus = 'completed' | 'incomplete' | 'client_gone' | 'failed'

/** A closed attempt: what the ledger gets one row of. */
export interface AttemptRecord {
  readonly id: string
  /** 1 for the first. */
  readonly number: number
  readonly deployment: Deployment
  /** ms since 1970. */
  readonly startedAt: number
  readonly latencyMs: number
  /** The same, not rounded. */
  readonly elapsedMs: number
  /** On the monotonic clock. */
  readonly endedAt: number
  readonly ttftMs: number | null
  readonly status: AttemptStatus
  readonly errorCode: ErrorCode | null
  /** Why it failed, where that was the upstream's doing. */
  readonly failure: FailureClass | null
  /** What was learned of the answer; null when none began. */
  readonly summary: AnswerSummary | null
  /** Whether the provider may charge for it. */
  readonly mayCost: boolean
  /** Set when it was given up because another attempt answered first. */
  readonly outrun?: true
}

/** An attempt while it runs. */
export class RunningAttempt {
  readonly id: string
  readonly number: number
  readonly deployment: Deployment
  readonly startedAt: number
  readonly #clock: Clock
  readonly #started: number
  readonly #lease: Lease | null
  readonly #latency: LatencyWindow | null
  /** Whether it began beside another one that was silent for long. */
  readonly isHedge: boolean
  #ttftMs: number | null = null
  /** When its whole answer was there. */
  #cameAt: number | null = null

  /** `streams`: whether its answer is to be streamed. `isHedge`: whether it begins beside another one. */
  constructor(
    number: number,
    deployment: Deployment,
    clock: Clock,
    lease: Lease | null = null,
    streams = false,
    isHedge = false,
  ) {
    this.startedAt = clock.now()
    this.id = newId('at', this.startedAt)
    this.number = number
    this.deployment = deployment
    this.#clock = clock
    this.#lease = lease
    this.isHedge = isHedge
    this.#latency = lease?.latency.of(streams) ?? null
    this.#started = clock.monotonic()
  }

  /** Notes the moment of the first content; the first one counts. */
  firstContent(): void {
    if (this.#ttftMs !== null) return
    const at = this.#cameAt ?? this.#clock.monotonic()
    this.#ttftMs = Math.round(at - this.#started)
    this.#latency?.note(at, this.#ttftMs)
    this.#lease?.answered(at)
  }

  /** Notes the moment at which all of its answer is there: what is done with it after that is no time of the provider's. */
  cameWhole(): void {
    this.#cameAt = this.#clock.monotonic()
  }

  /** Whether some of its answer came. */
  get hasContent(): boolean {
    return this.#ttftMs !== null
  }

  /** Milliseconds since it began. */
  get elapsedMs(): number {
    return this.#clock.monotonic() - this.#started
  }

  /** Ends the attempt, and with it its place at the deployment. Closing it again gives the record again and changes nothing else. */
  close(
    status: AttemptStatus,
    errorCode: ErrorCode | null,
    summary: AnswerSummary | null,
    mayCost: boolean,
    failure: FailureClass | null = null,
  ): AttemptRecord {
    if (this.#ttftMs === null && errorCode === 'upstream_timeout') this.#noteSilence()
    const at = this.#cameAt ?? this.#clock.monotonic()
    this.#lease?.end(resultOf(status, errorCode), null, at)
    const elapsedMs = at - this.#started
    return {
      id: this.id,
      number: this.number,
      deployment: this.deployment,
      startedAt: this.startedAt,
      latencyMs: Math.round(elapsedMs),
      elapsedMs,
      endedAt: at,
      ttftMs: this.#ttftMs,
      status,
      errorCode,
      failure: failure !== null && OURS.has(failure) ? null : failure,
      summary,
      mayCost,
    }
  }

  /** Ends the attempt because another one answered first. That says nothing against its deployment, but that it was silent for so long. */
  outrun(summary: AnswerSummary | null, mayCost: boolean): AttemptRecord {
    if (!this.hasContent) this.#noteSilence()
    return { ...this.close('client_gone', null, summary, mayCost), outrun: true }
  }

  #noteSilence(): void {
    const at = this.#clock.monotonic()
    this.#latency?.noteAtLeast(at, at - this.#started)
  }
}

/** What we ended ourselves. */
const OURS: ReadonlySet<FailureClass> = new Set<FailureClass>(['client_gone', 'kill_switch_on', 'deadline'])

/** What its end says of the deployment. */
function resultOf(status: AttemptStatus, errorCode: ErrorCode | null): Result {
  if (status === 'completed') return 'good'
  if (status === 'client_gone') return 'nothing'
  if (errorCode === null) return 'good'
  return OF_DEPLOYMENT.has(errorCode) ? 'bad' : 'nothing'
}

/** Neither a limit nor a refusal is a failure. */
const OF_DEPLOYMENT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'upstream_failed',
  'upstream_truncated',
  'upstream_timeout',
  'upstream_invalid_response',
])
