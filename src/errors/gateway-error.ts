import type { JsonValue } from '../lib/json.ts'
import { ERRORS, type ErrorCode } from './codes.ts'

/** What may accompany an error. */
export interface ErrorDetails {
  /** The field of the request that is wrong, as a path: `messages[2].content[0].image_url`. */
  readonly param?: string
  /** How long to wait, in seconds; becomes `retry-after`. */
  readonly retryAfterSeconds?: number
  /** The same to the millisecond, where it is known so well; becomes `retry-after-ms`, and `retry-after` in whole seconds rounded up. */
  readonly retryAfterMs?: number
  /** The provider's own status, code and request id, when it was the provider that failed. Never its raw body. */
  readonly upstream?: {
    readonly status?: number
    readonly code?: string
    readonly requestId?: string
    readonly provider?: string
  }
  /** Facts for the caller: reasons by candidate, the budget that is spent. */
  readonly details?: JsonValue
  readonly cause?: unknown
}

/** Every refusal and failure that a caller can see. The message says what, where and what to do. */
export class GatewayError extends Error {
  readonly code: ErrorCode
  readonly param: string | undefined
  readonly retryAfterSeconds: number | undefined
  readonly retryAfterMs: number | undefined
  readonly upstream: ErrorDetails['upstream']
  readonly details: JsonValue | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'GatewayError'
    this.code = code
    this.param = details.param
    this.retryAfterMs = details.retryAfterMs
    this.retryAfterSeconds = details.retryAfterSeconds ?? wholeSeconds(details.retryAfterMs)
    this.upstream = details.upstream
    this.details = details.details
  }

  /** The HTTP status of the code. */
  get status(): number {
    return ERRORS[this.code].status
  }

  /** Whether the same call may succeed later without a change. */
  get retryable(): boolean {
    return ERRORS[this.code].retry
  }
}

function wholeSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.ceil(ms / 1000)
}

/** The error as it is, or an `internal` one that hides what went wrong from the caller and keeps it as the cause. */
export function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  return new GatewayError('internal', 'Something went wrong inside the gateway; the trace has the details.', {
    cause: error,
  })
}
