import type { GatewayError } from '../errors/gateway-error.ts'
import type { AnswerSummary, StreamedAnswer } from './answer.ts'

/** Why an attempt failed, in the words that fallback policies use. */
export type FailureClass =
  | 'timeout'
  | 'rate_limited'
  | 'server_error'
  | 'connection'
  | 'credential'
  | 'context_length'
  | 'content_filter'
  | 'invalid_request'
  | 'invalid_response'
  | 'invalid_output'
  | 'truncated'
  | 'deadline'
  | 'kill_switch_on'
  | 'client_gone'

/** What came of an answer that was held back and broke: a stream that breaks again where it broke. */
export interface Remains {
  readonly answer: StreamedAnswer
  /** Paths of request fields that its deployment's format cannot say. */
  readonly dropped: readonly string[]
}

/** One attempt that did not give a whole answer. */
export class AttemptFailure extends Error {
  readonly failure: FailureClass
  /** What the caller is told when no other attempt succeeds. */
  readonly error: GatewayError
  /** Whether the provider may charge for the attempt: false when nothing left, or when it answered with an error status and counted nothing. */
  readonly mayCost: boolean
  /** What the provider counted, and what had come of an answer; null when nothing did. */
  readonly summary: AnswerSummary | null
  /** When the provider said it may be asked again, from the failure on; null when it did not say. */
  readonly retryAfterMs: number | null
  /** What came of an answer that nobody has seen yet; null when nothing was held back. */
  readonly remains: Remains | null

  constructor(
    failure: FailureClass,
    error: GatewayError,
    mayCost: boolean,
    summary: AnswerSummary | null = null,
    retryAfterMs: number | null = null,
    remains: Remains | null = null,
  ) {
    super(error.message, { cause: error })
    this.name = 'AttemptFailure'
    this.failure = failure
    this.error = error
    this.mayCost = mayCost
    this.summary = summary
    this.retryAfterMs = retryAfterMs
    this.remains = remains
  }

  /** The same failure of an answer of which so much is known. */
  of(summary: AnswerSummary, remains: Remains | null = null): AttemptFailure {
    return new AttemptFailure(this.failure, this.error, this.mayCost, summary, this.retryAfterMs, remains)
  }

  /** Whether it was the deployment that failed, and not the call: what the caller did wrong stays wrong elsewhere. */
  get isOfDeployment(): boolean {
    return OF_DEPLOYMENT.has(this.failure)
  }
}

const OF_DEPLOYMENT: ReadonlySet<FailureClass> = new Set<FailureClass>([
  'timeout',
  'rate_limited',
  'server_error',
  'connection',
  'credential',
  'invalid_response',
  'invalid_output',
  'truncated',
  'kill_switch_on',
])
