import { sql } from 'kysely'
import type { BudgetUnit } from '../../canonical/amounts.ts'
import { nanoUsdFrom } from '../../canonical/money.ts'
import { instantFrom, MOST_MONEY } from '../columns/column.ts'
import type { BudgetWindow, Posting, Settlement } from '../contracts/ledger-store.ts'
import { sumPostings, windowName } from '../protocol/window-name.ts'
import { writeNewAndLate } from './adjust.ts'
import type { Queries } from './database.ts'
import { postSpent, takeFromSlices } from './money-statements.ts'
import { run } from './statement.ts'

/**
 * Takes over what a dead instance left: one transaction, won by whoever marks the instance first. Whether it was heard of meanwhile is asked in marking
 * it: a heartbeat comes before that, or finds it buried. An id that nobody registered is marked too: its attempts were made all the same. The windows of
 * its slices are posted to with zero, which locks them together with the windows that its attempts owe, in order.
 */
export async function buryInstance(
  queries: Queries,
  deadInstanceId: string,
  settlements: readonly Settlement[],
  silentMs: number | null = null,
): Promise<boolean> {
  const { rows: claim } = await sql`
    insert into instances (id, buried_at) values (${deadInstanceId}, clock_timestamp())
    on conflict (id) do update set buried_at = excluded.buried_at where instances.buried_at is null
    and (${silentMs}::float8 is null or instances.seen_at <= clock_timestamp() - ${silentMs}::float8 * interval '1 millisecond')
    returning id`.execute(queries)
  if (claim.length === 0) return isBuried(queries, deadInstanceId)
  const owing = await writeNewAndLate(queries, settlements)
  const held = await windowsOfSlices(queries, deadInstanceId)
  const postings = new Map<string, Posting>()
  for (const window of held) postings.set(windowName(window), { window, spent: 0n })
  for (const owed of sumPostings(owing)) postings.set(windowName(owed.window), owed)
  if (postings.size === 0) return true
  await run(queries, postSpent([...postings.values()]))
  const everything = held.map((window) => ({ window, amount: MOST_MONEY }))
  await run(queries, takeFromSlices(deadInstanceId, everything))
  return true
}

async function isBuried(queries: Queries, instanceId: string): Promise<boolean> {
  const { rows } = await sql`
    select id from instances where id = ${instanceId} and buried_at is not null`.execute(queries)
  return rows.length > 0
}

interface WindowRecord {
  readonly key: string
  readonly window_id: string
  readonly unit: BudgetUnit
  readonly limit_amount: string
  readonly ends_at: string
}

async function windowsOfSlices(queries: Queries, instanceId: string): Promise<readonly BudgetWindow[]> {
  const { rows } = await sql<WindowRecord>`
    select b.key, b.window_id, b.unit, b.limit_amount, b.ends_at from budget_slices s
    join budgets b on b.key = s.budget_key and b.window_id = s.window_id
    where s.instance_id = ${instanceId}`.execute(queries)
  return rows.map((row) => ({
    key: row.key,
    windowId: row.window_id,
    unit: row.unit,
    limit: nanoUsdFrom(row.limit_amount),
    endsAt: instantFrom(row.ends_at),
  }))
}
