import { ONE_UNIT, plusAmounts, wholeUnits } from '../canonical/amounts.ts'
import type { Target } from '../execution/execute-ask.ts'
import type { RunningAttempt } from '../execution/running-attempt.ts'
import { type MeterAsk, StreamMeter } from '../money/stream-meter.ts'
import { candidateOf } from '../policy/decision.ts'
import { firstHold } from './hold-plan.ts'
import type { Reserved } from './stages.ts'
import type { AttemptBound } from './usage-row.ts'

/**
 * The meter of a stream that has begun; null when it costs nothing that could be metered. `isShared` says that another attempt may run at the same time:
 * what that one may use is not for this one.
 */
export function meterOf(
  reserved: Reserved,
  running: RunningAttempt,
  target: Target,
  isShared: boolean,
): StreamMeter | null {
  const { exchange, plan, request, reservation } = reserved
  const { money, policy } = exchange.engine
  const candidate = candidateOf(plan.decision, target.deployment)
  if (!request.stream || !candidate?.deployment.price) return null
  const { deployment, inputTokens, maxOutputTokens } = candidate
  const ask: MeterAsk = {
    deployment,
    inputTokens,
    capTokens: maxOutputTokens * plan.decision.answers,
    firstTokens: firstHold(candidate, plan).outputTokens,
    scale: money.answers.scale(deployment, (request.tools?.length ?? 0) > 0),
    ceiling: plan.decision.ceiling,
    before: exchange.used,
    reservation,
    pricing: policy.pricing,
    signal: exchange.signal,
    note: (size) => {
      const cost = policy.pricing.bound(deployment, size) ?? candidate.worstCase
      exchange.mayUse(running, { cost, inputTokens: size.inputTokens, outputTokens: size.maxOutputTokens })
    },
  }
  return new StreamMeter(isShared ? shared(ask, reserved, running) : ask)
}

/** The same of one of two attempts. What it may have changes when the other one ends, so it is looked up each time. */
function shared(ask: MeterAsk, { exchange, reservation }: Reserved, { id }: RunningAttempt): MeterAsk {
  return {
    ...ask,
    get before() {
      return exchange.usedBeside(id)
    },
    reservation: {
      get held() {
        return reservation.held
      },
      topUp: (more) => reservation.topUp(more, id),
    },
  }
}

/**
 * Whether what is held covers an attempt on this target too, after those that failed and beside those that run; more is taken where it does not. All
 * attempts at once cost no more than the call may.
 */
export function isAffordable(reserved: Reserved, target: Target): boolean | Promise<boolean> {
  const { exchange, reservation, plan } = reserved
  const hold = firstHoldOf(reserved, target)
  const tokens = wholeUnits(hold.inputTokens + hold.outputTokens)
  const others = exchange.usedBeside(null)
  const { ceiling } = plan.decision
  if (ceiling !== null && exchange.isBusy && others.usd + hold.cost > ceiling) return false
  return reservation.cover(target, plusAmounts(others, { usd: hold.cost, tokens, requests: ONE_UNIT }))
}

/** What an attempt on this target holds at first. */
export function firstHoldOf(reserved: Reserved, target: Target): AttemptBound {
  const candidate = candidateOf(reserved.plan.decision, target.deployment)
  if (!candidate) return { cost: 0n, inputTokens: 0, outputTokens: 0 }
  return firstHold(candidate, reserved.plan)
}
