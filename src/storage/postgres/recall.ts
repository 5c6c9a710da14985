import { sql } from 'kysely'
import { instantFrom } from '../columns/column.ts'
import type { Pulse, SliceRequest, SliceReturn, WindowName } from '../contracts/ledger-store.ts'
import { notAlive } from '../protocol/not-alive.ts'
import { ANSWER_HOLDS_MS, REMIND_MS } from '../protocol/recall.ts'
import { windowName } from '../protocol/window-name.ts'
import type { Queries } from './database.ts'
import { lockWindows, nameRows, takeFromSlices } from './money-statements.ts'
import { run } from './statement.ts'

/** What became of windows that have too little. */
export interface Recall {
  /** Whether others may have free money of a request's window. */
  readonly recalled: (request: SliceRequest | undefined) => boolean
  /** Whether a window was marked, which has to be kept. */
  readonly marked: boolean
}

interface RecallRow {
  readonly key: string
  readonly window_id: string
  readonly fresh: boolean
}

/** Marks windows that are short, where other instances have slices that did not answer a moment ago. The windows must be locked. */
export async function recall(queries: Queries, instanceId: string, short: readonly SliceRequest[]): Promise<Recall> {
  const { rows } = await sql<RecallRow>`
    with wanted as (
      select b.key, b.window_id,
        b.recalled_at > clock_timestamp() - ${REMIND_MS}::float8 * interval '1 millisecond' is true as fresh
      from budgets b join ${nameRows(short.map(({ window }) => window))} on b.key = w.key and b.window_id = w.window_id
      where exists (
        select from budget_slices s where s.budget_key = b.key and s.window_id = b.window_id
          and s.instance_id <> ${instanceId}
          and (s.answered_at is null or s.answered_at <= clock_timestamp() - ${ANSWER_HOLDS_MS}::float8 * interval '1 millisecond')
      )
    ), marked as (
      update budgets b set recalled_at = clock_timestamp() from wanted
      where b.key = wanted.key and b.window_id = wanted.window_id and not wanted.fresh
    )
    select key, window_id, fresh from wanted`.execute(queries)
  const names = new Set(rows.map((row) => windowName({ key: row.key, windowId: row.window_id })))
  return {
    recalled: (request) => request !== undefined && names.has(windowName(request.window)),
    marked: rows.some((row) => !row.fresh),
  }
}

/** Gives back what is free of recalled windows, and takes the marks away where nobody is left to answer. */
export async function answerRecall(
  queries: Queries,
  instanceId: string,
  returns: readonly SliceReturn[],
): Promise<void> {
  const windows = returns.map(({ window }) => window)
  await lockWindows(queries, windows)
  await run(queries, takeFromSlices(instanceId, returns))
  await sql`
    update budget_slices s set answered_at = clock_timestamp() from ${nameRows(windows)}
    where s.instance_id = ${instanceId} and s.budget_key = w.key and s.window_id = w.window_id`.execute(queries)
  await sql`
    update budgets b set recalled_at = null from ${nameRows(windows)}
    where b.key = w.key and b.window_id = w.window_id and b.recalled_at is not null and not exists (
      select from budget_slices s where s.budget_key = b.key and s.window_id = b.window_id
        and (s.answered_at is null or s.answered_at < b.recalled_at)
    )`.execute(queries)
}

interface PulseRow {
  readonly now: string
  readonly alive: boolean
  readonly recalls: readonly (readonly [key: string, windowId: string])[]
}

/** See `LedgerStore.pulse`. */
export async function pulse(queries: Queries, instanceId: string): Promise<Pulse> {
  const { rows } = await sql<PulseRow>`
    select clock_timestamp() as now,
      exists (select from instances where id = ${instanceId} and buried_at is null) as alive,
      coalesce((
        select json_agg(json_build_array(b.key, b.window_id)) from budgets b
        join budget_slices s on s.instance_id = ${instanceId} and s.budget_key = b.key and s.window_id = b.window_id
        where b.recalled_at is not null and (s.answered_at is null or s.answered_at < b.recalled_at)
      ), '[]') as recalls`.execute(queries)
  const [row] = rows
  if (!row?.alive) throw notAlive(instanceId)
  const recalls = row.recalls.map(([key, windowId]): WindowName => ({ key, windowId }))
  return { nowMs: Math.floor(instantFrom(row.now)), recalls }
}
