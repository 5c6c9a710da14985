import type { Billionths } from '../../canonical/amounts.ts'
import { storableText } from '../columns/encode-rows.ts'
import type { BudgetWindow, Posting } from '../contracts/ledger-store.ts'

/** One text for a budget window, for maps; the same for the window as asked and as stored. */
export function windowName(window: Pick<BudgetWindow, 'key' | 'windowId'>): string {
  return JSON.stringify([storableText(window.key), storableText(window.windowId)])
}

/** The sum of postings for each window; windows with nothing to post are left out. */
export function sumPostings(postings: Iterable<Posting>): readonly Posting[] {
  // Calls of the same day share the object that describes their window: so few names have to be made.
  const bySource = new Map<BudgetWindow, Billionths>()
  for (const { window, spent } of postings) bySource.set(window, (bySource.get(window) ?? 0n) + spent)
  const sums = new Map<string, { readonly window: BudgetWindow; spent: Billionths }>()
  for (const [window, spent] of bySource) {
    const name = windowName(window)
    const sum = sums.get(name)
    if (sum) sum.spent += spent
    else sums.set(name, { window, spent })
  }
  return [...sums.values()].filter((sum) => sum.spent !== 0n)
}
