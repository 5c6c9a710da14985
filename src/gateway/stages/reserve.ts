import { REJECT } from '../../config/sections/on-limit.ts'
import { BudgetRefusal } from '../../money/refusal.ts'
import type { Reservation } from '../../money/reservation.ts'
import { passOverFirst } from '../../policy/pass-over.ts'
import { onLimitOf, payingSubject } from '../at-limit.ts'
import { amountsOf, type HoldAsk, type HoldPlan, holdPlan, shortPlan } from '../hold-plan.ts'
import type { Missed, Reserved } from '../stages.ts'
import { askAgain } from './ask-again.ts'
import { atBudget, eased } from './reserve-at-limit.ts'
import { withHold } from './with-hold.ts'

/** How long a stream waits for the first answers of a new model. */
const FIRST_ANSWERS_MS = 5_000
/** How long a call that cannot begin with less waits for what running calls give back. */
const GIVEN_BACK_MS = 2_000

/**
 * Holds what the call needs to begin, on every budget it is in. When that is too much, less is held: a shorter beginning of a stream, or a shorter answer
 * where nobody asked for one that long. A call for which that is too much still may wait or go to a cheaper model, and one whose budget is nearly used up does so
 * before. Rejects with GatewayError
 * `budget_exceeded`, `quota_exceeded`, `rate_limited` or `ledger_unavailable`.
 */
export function reserve(missed: Missed): Promise<Reserved> {
  const call = eased(missed)
  return missed.exchange.trace.span('reserve', 'money', async () => {
    try {
      return await holdFor(call)
    } catch (refused) {
      return await atBudget(call, refused, holdFor).catch((still: unknown) => whatComesBack(call, still))
    }
  })
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
  const plan = planOf(missed)
  try {
    return withHold(missed, missed.decision, plan, await hold(missed, plan))
  } catch (refused) {
    if (!(refused instanceof BudgetRefusal)) throw refused
    const taught = await firstAnswers(missed, plan, refused)
    if (taught) return taught
    const short = shortPlan(plan, askOf(missed), refused.held > 0n)
    if (!short) throw refused
    return holdShort(missed, short)
  }
}

async function holdShort(missed: Missed, short: HoldPlan): Promise<Reserved> {
  const reservation = await hold(missed, short)
  missed.exchange.tightened(short.decision)
  return withHold(missed, short.decision, short, reservation)
}

/**
 * While a model is new, running calls hold what is guessed for their answers. A stream that finds no room waits for what the first of them teach, and then for
 * what they give back, rather than to take a short beginning of it: a crowd of those would end none whole. Null when that does not help.
 */
async function firstAnswers(missed: Missed, plan: HoldPlan, refused: BudgetRefusal): Promise<Reserved | null> {
  const { answers } = missed.exchange.engine.money
  const [{ deployment }] = missed.decision.candidates
  let taught = answers.taught(deployment)
  if (!plan.metered.has(deployment) || taught === null) return null
  const isTime = (): boolean => {
    const before = taught
    taught = answers.taught(deployment)
    return taught === null || taught !== before
  }
  const again = async (): Promise<Reserved> => {
    const better = planOf(missed)
    return withHold(missed, missed.decision, better, await hold(missed, better))
  }
  const hopes = ({ held }: BudgetRefusal): boolean => held > 0n
  try {
    return await askAgain(missed, refused, { mostMs: FIRST_ANSWERS_MS, hold: again, hopes, isTime })
  } catch (error) {
    if (error instanceof BudgetRefusal) return null
    throw error
  }
}

/**
 * Running calls hold more than they will cost, most of all those whose answers come in one piece. Another of that kind, with an answer for which nobody asked
 * to be that long, waits a moment for what they give back, unless it has waited in line already.
 */
async function whatComesBack(call: Missed, refused: unknown): Promise<Reserved> {
  if (!(refused instanceof BudgetRefusal) || onLimitOf(call, REJECT).action === 'queue') throw refused
  const [{ deployment }] = call.decision.candidates
  const shortened = (): HoldPlan | null => {
    const plan = planOf(call)
    return plan.metered.has(deployment) ? null : shortPlan(plan, askOf(call), true)
  }
  const again = (): Promise<Reserved> => {
    const short = shortened()
    if (!short) throw refused
    return holdShort(call, short)
  }
  // A request that is held will be spent.
  const hopes = ({ window, needed, available, held }: BudgetRefusal): boolean =>
    window.unit !== 'requests' && held > 0n && needed <= available + held
  if (!hopes(refused) || !shortened()) throw refused
  const waiting = { mostMs: GIVEN_BACK_MS, hold: again, hopes }
  return call.exchange.trace.span('wait for running calls', 'money', () => askAgain(call, refused, waiting))
}

function askOf({ request, decision, exchange: { engine } }: Missed): HoldAsk {
  return { request, decision, answers: engine.money.answers, pricing: engine.policy.pricing }
}

function planOf(missed: Missed): HoldPlan {
  return holdPlan(askOf(missed))
}

async function hold(missed: Missed, plan: HoldPlan): Promise<Reservation> {
  const { exchange, decision } = missed
  const { money } = exchange.engine
  const [target] = plan.decision.candidates
  const worstCase = amountsOf(plan)
  const ask = { traceId: exchange.traceId, ...payingSubject(missed), target, worstCase }
  const reservation = await money.reserve(ask)
  if (decision.downgraded) exchange.downgraded(decision)
  exchange.reserved(reservation)
  return reservation
}
