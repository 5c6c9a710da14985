import { sql } from 'kysely'
import { nanoUsdFrom } from '../../canonical/money.ts'
import type { SliceHolding } from '../contracts/ledger-store.ts'
import { windowName } from '../protocol/window-name.ts'
import type { Queries } from './database.ts'
import { lockWindows, nameRows, takeFromSlices } from './money-statements.ts'
import { run } from './statement.ts'

interface SliceRow {
  readonly key: string
  readonly window_id: string
  readonly amount: string
}

/** Gives back what an instance's slices hold beyond what it believes to have; see `LedgerStore.keepSlices`. */
export async function keepSlices(
  queries: Queries,
  instanceId: string,
  holdings: readonly SliceHolding[],
): Promise<void> {
  const windows = holdings.map(({ window }) => window)
  await lockWindows(queries, windows)
  const { rows } = await sql<SliceRow>`
    select s.budget_key as key, s.window_id, s.amount from budget_slices s join ${nameRows(windows)}
    on s.budget_key = w.key and s.window_id = w.window_id where s.instance_id = ${instanceId}`.execute(queries)
  const had = new Map(
    rows.map((row) => [windowName({ key: row.key, windowId: row.window_id }), nanoUsdFrom(row.amount)]),
  )
  const beyond = holdings.map(({ window, amount }) => ({
    window,
    amount: (had.get(windowName(window)) ?? 0n) - amount,
  }))
  const some = beyond.filter(({ amount }) => amount > 0n)
  if (some.length > 0) await run(queries, takeFromSlices(instanceId, some))
}
