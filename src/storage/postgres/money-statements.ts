import { type RawBuilder, sql } from 'kysely'
import type { Billionths } from '../../canonical/amounts.ts'
import { usdText } from '../../canonical/money.ts'
import { instantText, MOST_MONEY, storableMoney } from '../columns/column.ts'
import { storableJson } from '../columns/encode-rows.ts'
import type { BudgetWindow, Posting, SliceReturn, WindowName } from '../contracts/ledger-store.ts'
import type { Queries } from './database.ts'
import type { Statement } from './statement.ts'

/*
 * The statements that move money between what is posted, what is sliced and the slices. Two rules keep them free of races and deadlocks:
 *
 *   1. Whoever changes a window's slices has locked the window's row in `budgets` before, in an earlier statement of the transaction. So
 *      a statement may read a slice and change it without looking twice.
 *   2. Locks are taken in one order everywhere: the instance, rows of the ledger by id, windows by (key, window id). So nested budgets
 *      named in any order never wait for each other in a circle.
 *
 * Windows travel as one JSON parameter, which PostgreSQL turns into rows; money in it is text.
 */

/** A window with an amount of its unit. */
export interface WindowAmount {
  readonly window: BudgetWindow
  readonly amount: Billionths
}

/** The rows `w(key, window_id, unit, limit_amount, ends_at, amount)` as a table of a statement. */
export function windowRows(windows: readonly WindowAmount[]): RawBuilder<unknown> {
  return sql`json_to_recordset(${windowsJson(windows)}::json) as ${sql.raw(WINDOW_ROW)}`
}

const WINDOW_ROW = 'w(key text, window_id text, unit text, limit_amount numeric, ends_at timestamptz, amount numeric)'

function windowsJson(windows: readonly WindowAmount[]): string {
  const texts = windows.map(
    ({ window, amount }) => `${sharedJson(window)}"amount":"${usdText(storableMoney(amount))}"}`,
  )
  return `[${texts.join(',')}]`
}

const sharedTexts = new WeakMap<BudgetWindow, string>()

/** What a row says of its window, up to the amount. Calls of the same day share the object that describes their window. */
function sharedJson(window: BudgetWindow): string {
  let text = sharedTexts.get(window)
  if (text === undefined) {
    const row = {
      key: window.key,
      window_id: window.windowId,
      unit: window.unit,
      limit_amount: usdText(storableMoney(window.limit)),
      ends_at: instantText(window.endsAt),
    }
    text = `${storableJson(row).slice(0, -1)},`
    sharedTexts.set(window, text)
  }
  return text
}

const IN_LOCK_ORDER = 'w.key collate "C", w.window_id collate "C"'

/** The order in which windows are locked. */
export const LOCK_ORDER = sql.raw(IN_LOCK_ORDER)

/** Adds what was spent to the windows, made if need be, and locks them. A window never holds more than its column can. */
export function postSpent(postings: readonly Posting[]): Statement {
  return { text: POST_SPENT, values: [spentJson(postings)] }
}

/** The same, and takes it out of the instance's slices. */
export function moveSpent(instanceId: string, postings: readonly Posting[]): readonly Statement[] {
  if (postings.length === 0) return []
  const spent = spentJson(postings)
  return [
    { text: POST_SPENT, values: [spent] },
    { text: TAKE_FROM_SLICES, values: [instanceId, spent] },
  ]
}

function spentJson(postings: readonly Posting[]): string {
  return windowsJson(postings.map(({ window, spent }) => ({ window, amount: spent })))
}

const POST_SPENT = `
  insert into budgets (key, window_id, unit, limit_amount, ends_at, posted_amount)
  select w.key, w.window_id, w.unit, w.limit_amount, w.ends_at, w.amount
  from json_to_recordset($1::json) as ${WINDOW_ROW} order by ${IN_LOCK_ORDER}
  on conflict (key, window_id) do update
  set posted_amount = greatest(
    least(budgets.posted_amount + excluded.posted_amount, ${usdText(MOST_MONEY)}::numeric),
    ${usdText(-MOST_MONEY)}::numeric)`

/** Locks windows that exist, in order. */
export async function lockWindows(queries: Queries, windows: readonly WindowName[]): Promise<void> {
  await sql`
    select b.key from budgets b join ${nameRows(windows)}
    on b.key = w.key and b.window_id = w.window_id order by b.key, b.window_id for update of b`.execute(queries)
}

/** The rows `w(key, window_id, amount)` as a table of a statement. */
export function nameRows(windows: readonly WindowName[]): RawBuilder<unknown> {
  const returns = windows.map((window) => ({ window, amount: 0n }))
  return sql`json_to_recordset(${amountsJson(returns)}::json) as ${sql.raw(AMOUNT_ROW)}`
}

const AMOUNT_ROW = 'w(key text, window_id text, amount numeric)'

function amountsJson(amounts: readonly SliceReturn[]): string {
  return storableJson(
    amounts.map(({ window, amount }) => ({
      key: window.key,
      window_id: window.windowId,
      amount: usdText(storableMoney(amount)),
    })),
  )
}

/**
 * Takes money out of an instance's slices: as much as asked, or all that the slice has, or nothing where there is no slice any more.
 * The windows must be locked. Empty slices are deleted.
 */
export function takeFromSlices(instanceId: string, amounts: readonly SliceReturn[]): Statement {
  return { text: TAKE_FROM_SLICES, values: [instanceId, amountsJson(amounts)] }
}

const TAKE_FROM_SLICES = `
  with taken as (
    select s.budget_key, s.window_id, s.amount as had, least(s.amount, w.amount) as amount
    from budget_slices s join json_to_recordset($2::json) as ${AMOUNT_ROW}
    on s.budget_key = w.key and s.window_id = w.window_id
    where s.instance_id = $1 and w.amount > 0
  ), emptied as (
    delete from budget_slices s using taken t
    where s.instance_id = $1 and s.budget_key = t.budget_key and s.window_id = t.window_id
      and t.amount = t.had
  ), reduced as (
    update budget_slices s set amount = s.amount - t.amount from taken t
    where s.instance_id = $1 and s.budget_key = t.budget_key and s.window_id = t.window_id
      and t.amount < t.had
  )
  update budgets b set sliced_amount = b.sliced_amount - t.amount from taken t
  where b.key = t.budget_key and b.window_id = t.window_id`
