import type { BudgetUnit } from '../../canonical/amounts.ts'
import { usdNumber } from '../../canonical/money.ts'
import type { Config } from '../../config/schema.ts'
import { budgetSourceOf } from '../../gateway/rules.ts'
import { isoTime } from '../../lib/iso-time.ts'
import { readBudgetKey } from '../../money/budget-key.ts'
import { standingBudgets } from '../../money/standing-budgets.ts'
import type { Calendar, WindowKind } from '../../money/window.ts'
import type { BudgetState } from '../../storage/contracts/ledger-store.ts'
import { type MatchView, matchView } from './match-view.ts'

/*
 * What the ledger knows of budgets begins with the first call that they count. An operator wants to see the others too, so the windows that the
 * configuration opens are laid under those of the ledger; and a limit that was just changed shows at once, not with the next call.
 */

/** A budget in its window, as the admin API shows it. Amounts in its unit. */
export type BudgetRow = {
  /** `{ tenant: 'acme' }`, `{ tenant: 'acme', user: 'u1' }`, `{ total: true }`. */
  readonly scope: Readonly<Record<string, string | true>>
  readonly unit: BudgetUnit
  readonly window: WindowKind
  readonly limit: number
  readonly spent: number
  /** Lent to running gateways: what calls hold now, and what was taken in advance for the next ones. */
  readonly held: number
  readonly left: number
  /** ISO times. The window ends when the next one begins. */
  readonly window_start: string
  readonly resets_at: string
  /** Only calls with these values count; empty is all. */
  readonly match: MatchView
}

/** What rows are made from. */
export interface BudgetRowsOptions {
  readonly config: Config
  readonly calendar: Calendar
  /** The database's time, ms since 1970. */
  readonly nowMs: number
}

/** Rows for the ledger's windows and for those that the configuration opens, by scope. */
export function budgetRows(
  states: readonly BudgetState[],
  options: BudgetRowsOptions,
): readonly { readonly name: string; readonly row: BudgetRow }[] {
  const { config, calendar, nowMs } = options
  const known = new Map(states.map((state) => [nameOf(state), state]))
  for (const window of standingBudgets(
    budgetSourceOf(() => config),
    calendar,
    config.tenants.values(),
    nowMs,
  )) {
    const state = known.get(nameOf(window)) ?? { ...window, posted: 0n, sliced: 0n }
    known.set(nameOf(window), { ...state, limit: window.limit })
  }
  return [...known]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([name, state]) => {
      const row = rowOf(state, config, calendar)
      return row ? [{ name, row }] : []
    })
}

function nameOf({ key, windowId }: { readonly key: string; readonly windowId: string }): string {
  return `${key} ${windowId}`
}

function rowOf(state: BudgetState, config: Config, calendar: Calendar): BudgetRow | null {
  const parts = readBudgetKey(state.key)
  const window = kindOf(parts?.window)
  if (!parts || !window) return null
  const tenant = parts.scope.tenant
  const zone = typeof tenant === 'string' ? (config.tenants.get(tenant)?.timezone ?? 'UTC') : 'UTC'
  const left = state.limit - state.posted - state.sliced
  return {
    scope: parts.scope,
    unit: parts.unit,
    window,
    limit: usdNumber(state.limit),
    spent: usdNumber(state.posted),
    held: usdNumber(state.sliced),
    left: usdNumber(left > 0n ? left : 0n),
    window_start: isoTime(calendar.windowOf(window, state.endsAt - 1, zone).startsAt),
    resets_at: isoTime(state.endsAt),
    match: matchView(parts.match),
  }
}

function kindOf(text: string | undefined): WindowKind | null {
  return text === 'minute' || text === 'hour' || text === 'day' || text === 'month' ? text : null
}
