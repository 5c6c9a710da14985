import { sql } from 'kysely'
import { usdText } from '../../canonical/money.ts'
import { storableMoney } from '../columns/column.ts'
import { decodeRow, storableJson } from '../columns/encode-rows.ts'
import { USAGE_COLUMNS } from '../columns/usage-columns.ts'
import type { BudgetAdjustment, LedgerAdjustment, Posting, Settlement, UsageRow } from '../contracts/ledger-store.ts'
import { correctionId, type LateSettlement, lateSettlementOf } from '../protocol/late-settlement.ts'
import type { Queries } from './database.ts'
import { postSpent } from './money-statements.ts'
import type { StoredRecord } from './page.ts'
import { writeMissing, writeNew } from './settle.ts'
import { run } from './statement.ts'

/** Corrects what a window has posted, once; see `LedgerStore.adjust`. */
export async function adjust(queries: Queries, adjustment: BudgetAdjustment): Promise<boolean> {
  const { id, actor, reason, window, amount } = adjustment
  const { key: budgetKey, windowId, unit } = window
  const row = { id, actor, reason, budgetKey, windowId, unit, amount, usageId: null }
  const added = await insertAdjustments(queries, [row])
  if (!added.has(id)) return false
  await run(queries, postSpent([{ window, spent: -amount }]))
  return true
}

/** Writes settlements that are new, and the late truth of those that had to be presumed; gives what their windows owe. */
export async function writeNewAndLate(
  queries: Queries,
  settlements: readonly Settlement[],
): Promise<readonly { readonly postings: readonly Posting[] }[]> {
  const fresh = new Set(await writeNew(queries, settlements))
  const known = settlements.filter((settlement) => !fresh.has(settlement))
  return [...fresh, ...(await correctPresumed(queries, known))]
}

interface Late {
  readonly settlement: Settlement
  readonly late: LateSettlement
}

/**
 * Corrects rows that had to be presumed, by settlements that are not new; gives what their windows owe. Whoever inserts the adjustment of the
 * first row of an exchange has it for himself: others wait for his commit and find nothing left to do.
 */
async function correctPresumed(
  queries: Queries,
  settlements: readonly Settlement[],
): Promise<readonly { readonly postings: readonly Posting[] }[]> {
  const existing = await rowsOf(queries, settlements)
  const found = new Map<string, Late>()
  for (const settlement of settlements) {
    const late = lateSettlementOf(settlement, existing)
    const [first] = late?.corrected ?? []
    if (late && first) found.set(correctionId(first.id), { settlement, late })
  }
  if (found.size === 0) return []
  const claims = [...found].flatMap(([id, { late }]) => late.adjustments.filter((one) => one.id === id))
  const claimed = await insertAdjustments(queries, claims)
  const news = [...found].filter(([id]) => claimed.has(id)).map(([, one]) => one)
  await insertAdjustments(
    queries,
    news.flatMap(({ late }) => late.adjustments),
  )
  await writeMissing(
    queries,
    news.flatMap(({ late }) => late.missing),
    news.map(({ settlement }) => settlement),
  )
  return news.map(({ late }) => late)
}

async function rowsOf(queries: Queries, settlements: readonly Settlement[]): Promise<ReadonlyMap<string, UsageRow>> {
  const ids = settlements.flatMap((settlement) => settlement.usage.map((row) => row.id))
  if (ids.length === 0) return new Map()
  const { rows } = await sql<StoredRecord>`
    select * from llm_usage_events where id = any(${ids}::text[])`.execute(queries)
  return new Map(rows.map((record) => decodeRow(USAGE_COLUMNS, record)).map((row) => [row.id, row]))
}

/** Inserts adjustments that are not there yet, and gives the ids of those that were not. */
async function insertAdjustments(
  queries: Queries,
  adjustments: readonly Omit<LedgerAdjustment, 'createdAt'>[],
): Promise<ReadonlySet<string>> {
  if (adjustments.length === 0) return new Set()
  const records = adjustments.map((one) => ({
    id: one.id,
    actor: one.actor,
    reason: one.reason,
    budget_key: one.budgetKey,
    window_id: one.windowId,
    unit: one.unit,
    amount: usdText(storableMoney(one.amount)),
    usage_id: one.usageId,
  }))
  const { rows } = await sql<{ id: string }>`
    insert into ledger_adjustments (id, actor, reason, budget_key, window_id, unit, amount, usage_id)
    select id, actor, reason, budget_key, window_id, unit, amount, usage_id
    from json_populate_recordset(null::ledger_adjustments, ${storableJson(records)}::json) order by id
    on conflict do nothing returning id`.execute(queries)
  return new Set(rows.map((row) => row.id))
}
