import type { Reservation } from '../../money/reservation.ts'
import type { Decision } from '../../policy/decision.ts'
import type { HoldPlan } from '../hold-plan.ts'
import { type Missed, passed, type Reserved } from '../stages.ts'

/** The call with what is held for it, and the decision that the money was enough for. */
export function withHold(missed: Missed, decision: Decision, plan: HoldPlan, reservation: Reservation): Reserved {
  const { exchange, request, original, principal, context, contextMetadata, judged, ask } = missed
  const { contentChanged, promptCacheKey } = missed
  return passed<Reserved>({
    exchange,
    request,
    original,
    principal,
    context,
    contextMetadata,
    judged,
    decision,
    ask,
    contentChanged,
    promptCacheKey,
    plan,
    reservation,
  })
}
