import { setTimeout as pause } from 'node:timers/promises'
import { callerLeft } from '../../errors/caller-left.ts'
import { abortSignalOf } from '../../lib/leave-signal.ts'

import { BudgetRefusal } from '../../money/refusal.ts'
import { timeLeft } from '../at-limit.ts'
import type { Routed } from '../stages.ts'

/** How often those who wait look for room. All look at the same time: that is one question to the ledger. */
const LOOK_MS = 100

/** How a call asks again for what a budget refused. */
export interface AskAgain<Held> {
  /** For how long at most, in ms; the deadline of the task may be sooner. */
  readonly mostMs: number
  /** Asks. */
  readonly hold: () => Promise<Held>
  /** Whether there is hope, by the last refusal. Default: always. */
  readonly hopes?: (refusal: BudgetRefusal) => boolean
  /** Whether it is worth asking now. Default: always. */
  readonly isTime?: () => boolean
}

/** Asks until there is room. Rejects with the last refusal when time or hope is over, and with `client_closed` when the caller leaves. */
export async function askAgain<Held>(call: Routed, refused: BudgetRefusal, how: AskAgain<Held>): Promise<Held> {
  const { clock, rehearses } = call.exchange.engine
  if (rehearses) return how.hold()
  const { signal } = call.exchange
  const untilMs = clock.monotonic() + timeLeft(call, how.mostMs)
  const left = abortSignalOf(signal)
  let refusal = refused
  while (how.hopes?.(refusal) ?? true) {
    const nowMs = clock.monotonic()
    const lookMs = Math.min(LOOK_MS - (nowMs % LOOK_MS), untilMs - nowMs)
    await pause(Math.max(0, lookMs), undefined, { signal: left }).catch(() => {
      throw callerLeft(signal)
    })
    if (clock.monotonic() >= untilMs) break
    if (how.isTime?.() === false) continue
    try {
      return await how.hold()
    } catch (error) {
      if (!(error instanceof BudgetRefusal)) throw error
      refusal = error
    }
  }
  throw refusal
}
