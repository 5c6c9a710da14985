import type { ErrorCode } from '../errors/codes.ts'
import type { Clock } from '../lib/clock.ts'
import { newId } from '../lib/ids.ts'
import type { Deployment } from '../providers/deployment.ts'
import type { AnswerSummary } from './answer.ts'

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
  readonly ttftMs: number | null
  readonly status: AttemptStatus
  readonly errorCode: ErrorCode | null
  /** What was learned of the answer; null when none began. */
  readonly summary: AnswerSummary | null
  /** Whether the provider may charge for it. */
  readonly mayCost: boolean
}

/** An attempt while it runs. */
export class RunningAttempt {
  readonly id: string
  readonly number: number
  readonly deployment: Deployment
  readonly startedAt: number
  readonly #clock: Clock
  readonly #started: number
  #ttftMs: number | null = null

  constructor(number: number, deployment: Deployment, clock: Clock) {
    this.id = newId('at', clock.now())
    this.number = number
    this.deployment = deployment
    this.#clock = clock
    this.startedAt = clock.now()
    this.#started = clock.monotonic()
  }

  /** Notes the moment of the first content. */
  firstContent(): void {
    this.#ttftMs = Math.round(this.#clock.monotonic() - this.#started)
  }

  close(
    status: AttemptStatus,
    errorCode: ErrorCode | null,
    summary: AnswerSummary | null,
    mayCost: boolean,
  ): AttemptRecord {
    return {
      id: this.id,
      number: this.number,
      deployment: this.deployment,
      startedAt: this.startedAt,
      latencyMs: Math.round(this.#clock.monotonic() - this.#started),
      ttftMs: this.#ttftMs,
      status,
      errorCode,
      summary,
      mayCost,
    }
  }
}
