import { type Amounts, type Billionths, ONE_UNIT, wholeUnits } from '../../canonical/amounts.ts'
import type { BudgetWindow, Posting, UsageRow } from '../contracts/ledger-store.ts'

/*
 * What a call used, read from its rows, so that the books of every unit equal the rows: `usd` is the sum of their costs, `tokens` of their prompts and
 * outputs. A call is one request, however many attempts it took. A row of attempt 0 is a refusal or an answer from a cache, and uses nothing.
 */

/** What the rows of one exchange used. */
export function spentBy(rows: readonly UsageRow[]): Amounts {
  let usd: Billionths = 0n
  let tokens = 0
  let sent = false
  for (const row of rows) {
    usd += row.cost
    if (row.attempt === 0) continue
    tokens += row.inputTokens + row.outputTokens
    sent = true
  }
  return { usd, tokens: wholeUnits(tokens), requests: sent ? ONE_UNIT : 0n }
}

/** What each window is owed of a call, in its unit. */
export function postingsOf(windows: readonly BudgetWindow[], spent: Amounts): readonly Posting[] {
  return windows.map((window) => ({ window, spent: spent[window.unit] }))
}
