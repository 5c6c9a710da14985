import { storableText } from '../columns/encode-rows.ts'
import type { BudgetWindow, Posting, Settlement } from '../contracts/ledger-store.ts'

/** One text for a budget window, for maps; the same for the window as asked and as stored. */
export function windowName(window: Pick<BudgetWindow, 'key' | 'windowId'>): string {
  return JSON.stringify([storableText(window.key), storableText(window.windowId)])
}

interface Sum extends Posting {
  spent: Posting['spent']
}

/** The sum of postings for each window; windows with nothing to post are left out. */
export function sumPostings(those: readonly Pick<Settlement, 'postings'>[]): readonly Posting[] {
  // Calls of the same day share the object that describes their window: so few names have to be looked up.
  const bySource = new Map<BudgetWindow, Sum>()
  for (const { postings } of those) {
    for (const { window, spent } of postings) {
      const sum = bySource.get(window)
      if (sum) sum.spent += spent
      else bySource.set(window, { window, spent })
    }
  }
  const sums = new Map<string, Sum>()
  for (const one of bySource.values()) {
    const name = sharedName(one.window)
    const sum = sums.get(name)
    if (sum) sum.spent += one.spent
    else sums.set(name, one)
  }
  return [...sums.values()].filter(({ spent }) => spent !== 0n)
}

const names = new WeakMap<BudgetWindow, string>()

function sharedName(window: BudgetWindow): string {
  let name = names.get(window)
  if (name === undefined) {
    name = windowName(window)
    names.set(window, name)
  }
  return name
}
