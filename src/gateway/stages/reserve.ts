import { setTimeout as pause } from 'node:timers/promises'
import { GatewayError } from '../../errors/gateway-error.ts'
import { BudgetRefusal } from '../../money/refusal.ts'
import type { Reservation } from '../../money/reservation.ts'
import { passOverFirst } from '../../policy/pass-over.ts'
import { amountsOf, type HoldPlan, holdPlan, shortPlan } from '../hold-plan.ts'
import type { Missed, Reserved } from '../stages.ts'
import { atBudget, eased } from './reserve-at-limit.ts'

/** Refusals that a shorter answer may do without. */
const SHORT: ReadonlySet<string> = new Set(['budget_exceeded', 'quota_exceeded', 'rate_limited'])

/** How long a stream waits for the first answers of a new model. */
const FIRST_ANSWERS_MS = 5_000
/** How often it looks for what they give back, once they have taught enough. All who wait look at the same time: that is one question to the ledger. */
const LOOK_MS = 200

/**
 * Holds what the call needs to begin, on every budget it is in. When that is too much, less is held: a shorter beginning of a stream, or a shorter answer
 * where nobody asked for one that long. A call for which that is too much still may wait or go to a cheaper model, and one whose budget is nearly used up does so
 * before. Rejects with GatewayError
 * `budget_exceeded`, `quota_exceeded`, `rate_limited` or `ledger_unavailable`.
 */
export async function reserve(missed: Missed): Promise<Reserved> {
  const call = eased(missed)
  try {
    return await holdFor(call)
  } catch (refused) {
    return await atBudget(call, refused, holdFor)
  }
}

/** A model whose own budget has too little is passed over, as one that is too dear is. */
async function holdFor(missed: Missed): Promise<Reserved> {
  try {
    return await holdOnce(missed)
  } catch (refused) {
    const ofModel = refused instanceof BudgetRefusal && refused.ofModel
    const others = ofModel ? passOverFirst(missed.decision, 'over_model_budget', refused.message) : null
    if (!others) throw refused
    const reserved = await holdFor({ ...missed, decision: others })
    if (reserved.decision === others) missed.exchange.tightened(others)
    return reserved
  }
}

async function holdOnce(missed: Missed): Promise<Reserved> {
  const { request, decision, exchange } = missed
  const { money, policy } = exchange.engine
  const ask = { request, decision, answers: money.answers, pricing: policy.pricing }
  const plan = holdPlan(ask)
  try {
    return { ...missed, plan, reservation: await hold(missed, plan) }
  } catch (error) {
    const taught = await firstAnswers(missed, plan, error)
    if (taught) return taught
    const shared = error instanceof BudgetRefusal && error.held > 0n
    const short = error instanceof GatewayError && SHORT.has(error.code) ? shortPlan(holdPlan(ask), ask, shared) : null
    if (!short) throw error
    const reservation = await hold(missed, short)
    exchange.tightened(short.decision)
    return { ...missed, decision: short.decision, plan: short, reservation }
  }
}

/**
 * While a model is new, running calls hold what is guessed for their answers. A stream that finds no room waits for what the first of them teach, and then for
 * what they give back, rather than to take a short beginning of it: a crowd of those would end none whole. Null when that does not help.
 */
async function firstAnswers(missed: Missed, plan: HoldPlan, refused: unknown): Promise<Reserved | null> {
  const { request, decision, exchange } = missed
  const { clock, money, policy } = exchange.engine
  const [{ deployment }] = decision.candidates
  if (!plan.metered.has(deployment) || !money.answers.lesson(deployment)) return null
  const untilMs = clock.monotonic() + FIRST_ANSWERS_MS
  const wait = (ms: number): Promise<unknown> =>
    pause(Math.min(ms, untilMs - clock.monotonic()), undefined, { ref: false, signal: exchange.signal }).catch(
      () => null,
    )
  let refusal = refused
  while (refusal instanceof BudgetRefusal && refusal.held > 0n) {
    await Promise.race([money.answers.lesson(deployment), wait(FIRST_ANSWERS_MS)])
    await wait(LOOK_MS - (clock.monotonic() % LOOK_MS))
    if (clock.monotonic() >= untilMs || exchange.signal.aborted) return null
    const better = holdPlan({ request, decision, answers: money.answers, pricing: policy.pricing })
    try {
      return { ...missed, plan: better, reservation: await hold(missed, better) }
    } catch (error) {
      refusal = error
    }
  }
  return null
}

async function hold({ exchange, context, principal, decision }: Missed, plan: HoldPlan): Promise<Reservation> {
  const worstCase = amountsOf(plan, exchange.engine.policy.pricing)
  const [target] = plan.decision.candidates
  const ask = { traceId: exchange.traceId, keyId: principal.keyId, context, target, worstCase }
  const reservation = await exchange.trace.span('reserve', 'money', () => exchange.engine.money.reserve(ask))
  if (decision.downgraded) exchange.downgraded(decision)
  exchange.reserved(reservation)
  return reservation
}
