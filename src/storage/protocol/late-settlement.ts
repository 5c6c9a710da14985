import type { Billionths } from '../../canonical/amounts.ts'
import type { LedgerAdjustment, Posting, Settlement, UsageRow } from '../contracts/ledger-store.ts'
import { spentBy } from './spent.ts'

/*
 * The truth about calls that had to be presumed.
 *
 * Who is taken for dead has its dispatched attempts booked at their bound. It may have been alive after all, or have written its settlements to a file
 * before it died: then the settlement comes when rows with its ids exist. These rows stay as they are. What they are wrong by is written as
 * adjustments, and what they say nothing of (further attempts, the request, its spans) is written as usual.
 *
 * Nothing of this happens twice: every row that was corrected has an adjustment with an id made from its own, even if it was wrong by nothing.
 */

/** What a late settlement changes. */
export interface LateSettlement {
  /** Rows that were presumed; each is corrected once. */
  readonly corrected: readonly UsageRow[]
  /** Rows that are not there yet. */
  readonly missing: readonly UsageRow[]
  /** What the windows still owe: less than nothing where they paid too much. */
  readonly postings: readonly Posting[]
  readonly adjustments: readonly Omit<LedgerAdjustment, 'createdAt'>[]
}

/** The id of the adjustment that corrects the cost of a row. */
export function correctionId(usageId: string): string {
  return `correction:${usageId}`
}

/** What a settlement changes of which some rows exist; null when it was settled before, or says nothing new. */
export function lateSettlementOf(
  settlement: Settlement,
  existing: Pick<ReadonlyMap<string, UsageRow>, 'get' | 'has'>,
): LateSettlement | null {
  const corrected: UsageRow[] = []
  const missing: UsageRow[] = []
  let news = false
  for (const row of settlement.usage) {
    const presumed = existing.get(row.id)
    if (presumed && presumed.status !== 'presumed_spent') return null
    if (presumed) corrected.push(presumed)
    else missing.push(row)
    if (row.status !== 'presumed_spent') news = true
  }
  const [first] = corrected
  if (!first || !news) return null
  const truth = new Map(settlement.usage.map((row) => [row.id, row]))
  const postings: Posting[] = []
  const adjustments = corrected.map((row) =>
    correction(correctionId(row.id), row.id, row.cost - (truth.get(row.id)?.cost ?? 0n)),
  )
  for (const { window, spent, usageIds } of settlement.postings) {
    const counts = ({ id }: UsageRow): boolean => !usageIds || usageIds.includes(id)
    const presumed = spentBy(corrected.filter(counts))
    const real = spentBy(settlement.usage.filter((row) => counts(row) && existing.has(row.id)))
    const credit = presumed[window.unit] - real[window.unit]
    postings.push({ window, spent: spent - presumed[window.unit] })
    if (credit === 0n) continue
    adjustments.push({
      ...correction(`${correctionId(first.id)}:${window.key}:${window.windowId}`, first.id, credit),
      budgetKey: window.key,
      windowId: window.windowId,
      unit: window.unit,
    })
  }
  return { corrected, missing, postings, adjustments }
}

function correction(id: string, usageId: string, amount: Billionths): Omit<LedgerAdjustment, 'createdAt'> {
  const reason = 'the cost that had to be presumed became known'
  return { id, actor: 'gateway', reason, budgetKey: null, windowId: null, unit: 'usd', amount, usageId }
}
