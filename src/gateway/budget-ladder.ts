/*
 * What the steps of a budget's ladder do: operators are told, and in the end a kill switch is turned on for the budget's own calls, until its window ends.
 */
import type { Switchboard } from '../admission/kill-switchboard.ts'
import type { Alert } from '../alerts/alert.ts'
import { isoTime } from '../lib/iso-time.ts'
import { readBudgetKey } from '../money/budget-key.ts'
import { type LadderStep, shareOf } from '../money/ladder.ts'
import { amountText } from '../money/refusal.ts'
import type { KillScope } from '../storage/contracts/kill-switch-store.ts'
import type { BudgetState, WindowName } from '../storage/contracts/ledger-store.ts'
import type { Log } from './log.ts'

/** What is needed to take a step. */
export interface BudgetLadderOptions {
  readonly raise: (alert: Alert) => void
  readonly switches: Pick<Switchboard, 'on'>
  /** How a window stands in the ledger. */
  readonly budgetNow: (window: WindowName) => Promise<BudgetState | null>
  readonly log: Log
}

/** A match of many values stops as many kinds of calls; more than these are not switched off one by one. */
const MOST_SCOPES = 100

/** Takes steps; never throws. */
export function budgetLadder({ raise, switches, budgetNow, log }: BudgetLadderOptions): (step: LadderStep) => void {
  /** What is spent is asked of the ledger itself: nothing is switched off for a month on an estimate. */
  async function kill(step: LadderStep): Promise<void> {
    const { window } = step.budget
    const now = await budgetNow(window)
    if (!now) return
    const reached = now.posted >= shareOf(now.limit, step.share)
    const usedUp = step.needed > 0n && now.posted + step.needed > now.limit
    if (!reached && !usedUp) return
    raise(alertOf(step, now.posted))
    const reason = `${nameOf(step)} is ${usedUp ? 'used up' : `spent to ${percent(step.share)}`}`
    for (const [index, scope] of killScopesOf(window.key).entries()) {
      const cause = `${window.key} ${window.windowId}${index === 0 ? '' : ` ${index}`}`
      await switches.on({ scope, reason, actor: 'system', cause, endsAt: window.endsAt })
    }
  }

  return (step) => {
    if (step.kind !== 'kill') return raise(alertOf(step, step.used))
    kill(step).catch((error: unknown) => {
      log.error({ err: error, budget: step.budget.window.key }, 'a budget could not turn its kill switch on')
    })
  }
}

function alertOf(step: LadderStep, used: bigint): Alert {
  const { budget, kind, share } = step
  const { key, windowId, unit, limit, endsAt } = budget.window
  const rung = kind === 'alert' ? 'alert_at' : `${kind}_at`
  const what =
    kind === 'alert' ? '' : kind === 'downgrade' ? ' Calls go to a cheaper model now.' : ' Its calls are switched off.'
  return {
    key: `budget/${key}/${windowId}/${rung}=${share}`,
    kind: 'budget',
    scope: readBudgetKey(key)?.scope ?? {},
    message: `${nameOf(step)} of ${amountText(limit, unit)} has reached ${percent(share)}: ${amountText(used, unit)} used.${what}`,
    details: {
      budget: key,
      window: windowId,
      step: rung,
      share,
      unit,
      limit: amountText(limit, unit),
      used: amountText(used, unit),
      resets_at: isoTime(endsAt),
    },
    quietMs: null,
  }
}

function nameOf({ budget: { subject, window } }: LadderStep): string {
  const period = window.windowId.split(':')[0] ?? ''
  return `${subject}: the budget of this ${period}`
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`
}

/** The calls that a budget counts, as scopes of kill switches: one for each combination of the values of its match. */
export function killScopesOf(budgetKey: string): readonly KillScope[] {
  const parts = readBudgetKey(budgetKey)
  if (!parts) return []
  const { total, ...own } = parts.scope
  let scopes: Record<string, string>[] = [own as Record<string, string>]
  for (const [field, values] of Object.entries(parts.match)) {
    const name = field === 'run_id' ? 'run' : field
    if (name in own) continue
    scopes = scopes.flatMap((scope) => values.map((value) => ({ ...scope, [name]: value })))
  }
  return scopes.slice(0, MOST_SCOPES).map((scope) => (Object.keys(scope).length === 0 ? { total: true } : scope))
}
