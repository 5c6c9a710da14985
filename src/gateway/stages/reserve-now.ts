import { payingSubject } from '../at-limit.ts'
import { amountsOf, holdPlan } from '../hold-plan.ts'
import type { Missed, Reserved } from '../stages.ts'
import { withHold } from './with-hold.ts'

/**
 * Holds what the call needs to begin of the money that is borrowed already, which is nearly always enough. Null when it is not, or when the call
 * may have to go to a cheaper model: then nothing is held, and `reserve` is to be asked. Every turn of the event loop that a call does not take is time
 * for the others.
 */
export function reserveNow(missed: Missed): Reserved | null {
  const { decision, exchange, request } = missed
  const { money, policy } = exchange.engine
  const plan = holdPlan({ request, decision, answers: money.answers, pricing: policy.pricing })
  const { context, keyId, task } = payingSubject(missed)
  const worstCase = amountsOf(plan)
  const ask = { traceId: exchange.traceId, context, keyId, task, target: decision.candidates[0], worstCase }
  if (money.downgradeOf(ask)) return null
  const reservation = money.reserveNow(ask)
  if (!reservation) return null
  exchange.trace.note('reserve', 'money')
  if (decision.downgraded) exchange.downgraded(decision)
  exchange.reserved(reservation)
  return withHold(missed, decision, plan, reservation)
}
