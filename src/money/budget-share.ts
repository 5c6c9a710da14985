import type { Billionths } from '../canonical/amounts.ts'
import type { WindowName } from '../storage/contracts/ledger-store.ts'
import type { CallBudget } from './budget.ts'

const THOUSANDTHS = 1000n

/**
 * The share of the fullest of these budgets that is used, 0 to 1, rounded down to thousandths; null when there is none. A budget of which nothing is
 * known yet counts as untouched, one of nothing as used up.
 */
export function fullestShare(
  budgets: readonly CallBudget[],
  used: (window: WindowName) => Billionths | null,
): number | null {
  let fullest: number | null = null
  for (const { window } of budgets) {
    const share = shareOf(used(window) ?? 0n, window.limit)
    if (fullest === null || share > fullest) fullest = share
  }
  return fullest
}

function shareOf(used: Billionths, limit: Billionths): number {
  if (limit === 0n || used >= limit) return 1
  return Number((used * THOUSANDTHS) / limit) / Number(THOUSANDTHS)
}
