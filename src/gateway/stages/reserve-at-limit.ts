import { REJECT } from '../../config/sections/on-limit.ts'
import { BudgetRefusal } from '../../money/refusal.ts'
import { mayDowngrade, onCheaperModel, onLimitOf, payingSubject, waitInLine } from '../at-limit.ts'
import type { Missed, Reserved } from '../stages.ts'
import { askAgain } from './ask-again.ts'

/** Holds what a call needs, or rejects with BudgetRefusal. */
export type HoldFor = (call: Missed) => Promise<Reserved>

/** The call on a cheaper model when one of its budgets is past its `downgrade_at` and there is one; else the call as it is. */
export function eased(call: Missed): Missed {
  const [target] = call.decision.candidates
  const past = call.exchange.engine.money.downgradeOf({ ...payingSubject(call), target })
  if (!past) return call
  const to = past.to ?? onLimitOf(call, REJECT).downgradeTo
  return onCheaperModel(call, to, `budget ${past.budget}`) ?? call
}

/** What becomes of a call that a budget refused. Rejects with that refusal when nothing helps. */
export async function atBudget(call: Missed, refused: unknown, hold: HoldFor): Promise<Reserved> {
  if (!(refused instanceof BudgetRefusal)) throw refused
  const onLimit = onLimitOf(call, REJECT)
  if (onLimit.action === 'queue' && (await roomMayCome(call, refused, onLimit.maxWaitMs))) {
    try {
      return await waitInLine(call, {
        line: `budget ${refused.window.key}\n${refused.window.windowId}`,
        mostMs: onLimit.maxWaitMs,
        roomInMs: null,
        refusal: refused,
        enter: (mostMs) => askAgain(call, refused, { mostMs, hold: () => hold(call) }),
      })
    } catch (late) {
      if (call.exchange.signal.aborted) throw late
    }
  }
  const { key } = refused.window
  const cheaper = mayDowngrade(onLimit) ? onCheaperModel(call, onLimit.downgradeTo, `budget ${key}`) : null
  if (!cheaper) throw refused
  return hold(cheaper).catch(() => {
    throw refused
  })
}

/** Waiting helps when running calls hold what is missing, or when the window ends in time; what is spent stays spent. */
async function roomMayCome({ exchange }: Missed, { window, needed }: BudgetRefusal, waitMs: number): Promise<boolean> {
  const { engine } = exchange
  // It was accepted once: more money may be given to the budget before its deadline.
  if (exchange.call.job?.waitsForRoom) return true
  if (window.endsAt - engine.clock.now() <= waitMs) return true
  const now = await engine.budgetNow(window).catch(() => null)
  return now !== null && now.posted + needed <= now.limit
}
