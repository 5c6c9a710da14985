import { isLesser } from '../canonical/lesser.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { type Candidate, type Decision, estimateOf, isSkipped, type Skipped, skippedFrom } from './decision.ts'
import type { Policy } from './policy.ts'
import { decide, type RouteAsk } from './route.ts'

/** What makes a call go to a cheaper model. */
export interface DowngradeCause {
  /** A logical model or `provider/model`; null is the cheapest of the call's own candidates. */
  readonly to: string | null
  /** What was full, in words: `limit user/requests/1h`. */
  readonly reason: string
}

/**
 * The same call decided again for a cheaper model, at a limit. The rules of its task stay: caps, ceilings, what tenant and key may use. Null when there is nothing to
 * go to: it was downgraded before, the model is the one it had, it may not be used, none of the call's own candidates is cheaper, or a lesser model may not serve
 * this call (its task forbids it, or it is to write).
 */
export function downgrade(decision: Decision, ask: RouteAsk, cause: DowngradeCause, policy: Policy): Decision | null {
  if (decision.downgraded) return null
  const [before] = decision.candidates
  const after = cause.to === null ? onCheapest(decision, cause) : decidedFor(cause.to, ask, policy)
  if (!after || after.candidates[0].deployment.id === before.deployment.id) return null
  if (!decision.mayDowngrade && isLesser(before.deployment, after.candidates[0].deployment)) return null
  const downgraded = { from: before.logicalName, to: after.candidates[0].logicalName, reason: cause.reason }
  return { ...after, downgraded }
}

function decidedFor(model: string, ask: RouteAsk, policy: Policy): Decision | null {
  try {
    return decide({ ...ask, insteadOf: model }, policy)
  } catch (error) {
    if (error instanceof GatewayError) return null
    throw error
  }
}

/** Only what costs less than the first choice is left, the cheapest first. */
function onCheapest(decision: Decision, { reason }: DowngradeCause): Decision | null {
  const [before, ...rest] = decision.candidates
  const cheaper = rest
    .filter(({ worstCase }) => worstCase < before.worstCase)
    .filter(({ deployment }) => decision.mayDowngrade || !isLesser(before.deployment, deployment))
    .sort((one, other) => (one.worstCase < other.worstCase ? -1 : 1))
  const [first, ...others] = cheaper
  if (!first) return null
  const considered = decision.considered.map((one): Candidate | Skipped => {
    if (isSkipped(one) || cheaper.includes(one)) return one
    return skippedFrom(one, 'downgraded', `a cheaper one serves: ${reason}`)
  })
  // What is asked then is what was wanted at the limit: others are held against it.
  return {
    ...decision,
    candidates: [first, ...others],
    considered,
    firstChoice: first,
    estimate: estimateOf(first, decision.answers),
  }
}
