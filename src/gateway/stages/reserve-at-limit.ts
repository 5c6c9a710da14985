import { setTimeout as pause } from 'node:timers/promises'
import { REJECT } from '../../config/sections/on-limit.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { BudgetRefusal } from '../../money/refusal.ts'
import { mayDowngrade, onCheaperModel, onLimitOf, waitInLine } from '../at-limit.ts'
import type { Missed, Reserved } from '../stages.ts'

/** Holds what a call needs, or rejects with BudgetRefusal. */
export type HoldFor = (call: Missed) => Promise<Reserved>

/** How often a call that waits for a budget asks whether there is room. */
const ASK_AGAIN_MS = 100

/** The call on a cheaper model when one of its budgets is past its `downgrade_at` and there is one; else the call as it is. */
export function eased(call: Missed): Missed {
  const { exchange, context, principal, decision } = call
  const [target] = decision.candidates
  const past = exchange.engine.money.downgradeOf({ context, keyId: principal.keyId, target })
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
        refusal: refused,
        enter: (mostMs) => askAgain(call, refused, hold, mostMs),
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
  if (window.endsAt - engine.clock.now() <= waitMs) return true
  const now = await engine.budgetNow(window).catch(() => null)
  return now !== null && now.posted + needed <= now.limit
}

async function askAgain(call: Missed, refused: BudgetRefusal, hold: HoldFor, mostMs: number): Promise<Reserved> {
  const { engine, signal } = call.exchange
  const untilMs = engine.clock.monotonic() + mostMs
  let refusal: unknown = refused
  for (;;) {
    const leftMs = untilMs - engine.clock.monotonic()
    if (leftMs <= 0) throw refusal
    await pause(Math.min(ASK_AGAIN_MS, leftMs), undefined, { signal }).catch(() => {
      throw callerLeft(signal)
    })
    try {
      return await hold(call)
    } catch (error) {
      if (!(error instanceof BudgetRefusal)) throw error
      refusal = error
    }
  }
}

function callerLeft({ reason }: AbortSignal): GatewayError {
  return reason instanceof GatewayError ? reason : new GatewayError('client_closed', 'The caller left.')
}
