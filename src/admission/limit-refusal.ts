import type { OnLimitConfig } from '../config/sections/on-limit.ts'
import type { ErrorCode } from '../errors/codes.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { durationText } from '../lib/duration.ts'
import { type LimitRule, matchText } from './limit-rule.ts'
import type { RateView } from './rate-view.ts'

/** A limit that says no, and how it stands. */
export interface LimitShortage {
  readonly rule: LimitRule
  readonly value: string
  /** Requests or tokens that would fit; for concurrency calls that run. */
  readonly left: number
  /** Requests or tokens that the call is expected to need; 1 for concurrency. */
  readonly needed: number
  /** Until the call would fit; null when that depends on when others end. */
  readonly waitMs: number | null
}

const DAY_MS = 86_400_000
/** When a running call will end is not known; asking again sooner is no use. */
const SLOT_RETRY_MS = 1_000

/** The refusal of a call by a limit: what the limit says shall happen now, and when there is room. */
export class LimitRefusal extends GatewayError {
  readonly rule: LimitRule
  readonly onLimit: OnLimitConfig
  /** Until the call would fit, if nobody else comes; null when that depends on when others end. */
  readonly whenFreeMs: number | null
  /** The rates of the call, for the reply's headers. */
  readonly rates: readonly RateView[]

  constructor(shortage: LimitShortage, rates: readonly RateView[]) {
    const { rule, waitMs } = shortage
    const { per, unit, amount, windowMs, onLimit } = rule.policy
    super(codeOf(rule), messageOf(shortage), {
      retryAfterMs: waitMs ?? SLOT_RETRY_MS,
      details: {
        limit: rule.id,
        per,
        unit,
        amount,
        ...(windowMs === null ? { running: shortage.left } : { window: durationText(windowMs), left: shortage.left }),
        ...(unit === 'tokens' ? { needed: shortage.needed } : {}),
        on_limit: onLimit.action,
      },
    })
    this.rule = rule
    this.onLimit = onLimit
    this.whenFreeMs = waitMs
    this.rates = rates
  }
}

function codeOf({ policy: { windowMs } }: LimitRule): ErrorCode {
  if (windowMs === null) return 'concurrency_limited'
  return windowMs < DAY_MS ? 'rate_limited' : 'quota_exceeded'
}

function messageOf({ rule, value, left, needed, waitMs }: LimitShortage): string {
  const { per, unit, amount, windowMs, match } = rule.policy
  const subject = subjectOf(per, value)
  const which = matchText(match)
  const calls = which === '' ? '' : ` (for ${which.slice(1, -1)})`
  if (windowMs === null) {
    if (amount === 0) return `${subject} may run no calls${calls}: its limit is 0.`
    return `${subject} has ${left} running calls${calls} and may have ${amount}; send the call again when one has ended.`
  }
  const limit = `${amount} ${unit} per ${durationText(windowMs)}${calls}`
  if (amount === 0) return `${subject} may have no ${unit}${calls}: its limit is 0.`
  const when = `in ${durationText(waitMs ?? 0)}`
  if (unit === 'requests') return `${subject} has used its ${limit}; the next one fits ${when}.`
  return `${subject} has ${left} left of its ${limit}, and this call needs about ${needed}; it fits ${when}.`
}

/** Who has the limit, to begin a sentence. Of values within a tenant the tenant is left out: callers know theirs. */
function subjectOf(per: string, value: string): string {
  if (per === 'total') return 'This gateway'
  return `${per.charAt(0).toUpperCase()}${per.slice(1)} ${value.slice(value.indexOf('\n') + 1)}`
}
