import { DEFAULT_TRIGGERS, type FallbackTrigger } from '../canonical/fallback-trigger.ts'
import type { Timeouts } from '../providers/deployment.ts'
import type { FailureClass } from './attempt-failure.ts'
import type { NotNow } from './deployment-health.ts'

/** What a call does about failures, as its task says. */
export interface FailureHandling {
  /** What another deployment is asked for. */
  readonly on: ReadonlySet<FallbackTrigger>
  /** Whether a deployment of lower quality than the preferred one may serve. */
  readonly allowDowngrade: boolean
  readonly retry: RetryPolicy
  /** When a second attempt begins beside a silent first one; null is never. */
  readonly hedge: HedgePolicy | null
  /** Clocks of an attempt that count instead of its provider's; null where none do. */
  readonly timeouts: AttemptTimeouts | null
}

/** When an attempt is given up. */
export type AttemptTimeouts = Partial<Omit<Timeouts, 'connectMs'>>

/** When a second attempt begins. */
export interface HedgePolicy {
  /** After so much silence; null is the 95th percentile of what the deployment took lately. */
  readonly afterMs: number | null
}

/** How often the same deployment is asked again. */
export interface RetryPolicy {
  /** Retries after the first attempt, 0 for none. */
  readonly attempts: number
  /** The longest pause before the first retry; it doubles with each further one. */
  readonly backoffMs: number
  /** How often it is asked again for an answer that was not what was asked for, 0 for never. */
  readonly invalidOutput: number
}

/** What is done when nobody says anything. */
export const DEFAULT_HANDLING: FailureHandling = {
  on: DEFAULT_TRIGGERS,
  allowDowngrade: true,
  retry: { attempts: 1, backoffMs: 200, invalidOutput: 1 },
  hedge: null,
  timeouts: null,
}

/** Under which words of a policy a failure falls. Null: nobody else is asked. Empty: somebody else always is. */
const TRIGGERS: Readonly<Record<FailureClass | NotNow['reason'], readonly FallbackTrigger[] | null>> = {
  timeout: ['timeout'],
  rate_limited: ['rate_limited'],
  server_error: ['server_error'],
  connection: ['server_error'],
  credential: ['server_error'],
  truncated: ['server_error'],
  circuit_open: ['server_error'],
  invalid_response: ['server_error', 'invalid_output'],
  invalid_output: ['invalid_output'],
  saturated: ['saturated'],
  context_length: ['context_length'],
  content_filter: ['content_filter'],
  kill_switch_on: [],
  invalid_request: null,
  deadline: null,
  client_gone: null,
}

/** Whether another deployment is asked after this. */
export function fallsBack(reason: FailureClass | NotNow['reason'], { on }: FailureHandling): boolean {
  const triggers = TRIGGERS[reason]
  return triggers !== null && (triggers.length === 0 || triggers.some((trigger) => on.has(trigger)))
}
