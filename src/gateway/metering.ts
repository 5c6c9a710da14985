import { ONE_UNIT, plusAmounts, wholeUnits } from '../canonical/amounts.ts'
import type { Target } from '../execution/execute-ask.ts'
import type { RunningAttempt } from '../execution/running-attempt.ts'
import { StreamMeter } from '../money/stream-meter.ts'
import { candidateOf } from '../policy/decision.ts'
import { firstHold } from './hold-plan.ts'
import type { Reserved } from './stages.ts'
import type { AttemptBound } from './usage-row.ts'

/** The meter of a stream that has begun; null when it costs nothing that could be metered. */
export function meterOf(reserved: Reserved, running: RunningAttempt, target: Target): StreamMeter | null {
  const { exchange, plan, request, reservation } = reserved
  const { money, policy } = exchange.engine
  const candidate = candidateOf(plan.decision, target.deployment)
  if (!request.stream || !candidate?.deployment.price) return null
  const { deployment, inputTokens, maxOutputTokens } = candidate
  return new StreamMeter({
    deployment,
    inputTokens,
    capTokens: maxOutputTokens * plan.decision.answers,
    firstTokens: firstHold(candidate, plan, policy.pricing).outputTokens,
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
  })
}

/** Whether what is held covers an attempt on this target too, after those that failed; more is taken where it does not. */
export function isAffordable(reserved: Reserved, target: Target): boolean | Promise<boolean> {
  const { exchange, reservation } = reserved
  const hold = firstHoldOf(reserved, target)
  const tokens = wholeUnits(hold.inputTokens + hold.outputTokens)
  return reservation.cover(target, plusAmounts(exchange.used, { usd: hold.cost, tokens, requests: ONE_UNIT }))
}

/** What an attempt on this target holds at first. */
export function firstHoldOf(reserved: Reserved, target: Target): AttemptBound {
  const candidate = candidateOf(reserved.plan.decision, target.deployment)
  if (!candidate) return { cost: 0n, inputTokens: 0, outputTokens: 0 }
  return firstHold(candidate, reserved.plan, reserved.exchange.engine.policy.pricing)
}
