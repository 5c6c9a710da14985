import { sql } from 'kysely'
import { nanoUsdFrom } from '../../canonical/money.ts'
import type { SliceGrant, SliceRequest } from '../contracts/ledger-store.ts'
import { assertLoan, divideGrants, type WindowBooks } from '../protocol/divide-grants.ts'
import { notAlive } from '../protocol/not-alive.ts'
import { windowName } from '../protocol/window-name.ts'
import type { Database, Queries } from './database.ts'
import { LOCK_ORDER, type WindowAmount, windowRows } from './money-statements.ts'
import { recall } from './recall.ts'

/*
 * One loan is one transaction of two statements. The first makes windows that are new, sets the limits that the caller's config names
 * and locks all windows in order; because every lender holds these locks, what it reads stays true. The second lends, and repeats the
 * condition posted + sliced + x <= limit in the database's own arithmetic.
 *
 * The instance's row is locked against a burial: either the loan is there before the burial and goes back with it, or it is refused.
 */

/** Lends money to an instance, all requests or none; see `LedgerStore.growSlices`. */
export async function growSlices(
  database: Database,
  instanceId: string,
  requests: readonly SliceRequest[],
): Promise<readonly SliceGrant[]> {
  assertLoan(requests)
  if (requests.length === 0) return []
  const loan = await database.write(
    async (queries) => {
      const { books, limitsChanged } = await lockBooks(queries, instanceId, requests)
      const { lent, grants } = divideGrants(requests, (request) => booksOf(books, request))
      if (lent) {
        await lend(queries, instanceId, requests, grants)
        return { grants, changed: true }
      }
      const short = requests.filter(({ atLeast }, index) => (grants[index]?.left ?? 0n) < atLeast)
      const { recalled, marked } = await recall(queries, instanceId, short)
      return {
        grants: grants.map((grant, index) => ({ ...grant, recalled: recalled(requests[index]) })),
        changed: limitsChanged || marked,
      }
    },
    // A refusal leaves nothing behind, unless it recalls money or the limits are new: what an operator changed should show.
    (result) => !result.changed,
  )
  return loan.grants
}

interface LockedRow {
  readonly key: string
  readonly window_id: string
  readonly posted_amount: string
  readonly sliced_amount: string
  readonly limit_changed: boolean
}

async function lockBooks(queries: Queries, instanceId: string, requests: readonly SliceRequest[]) {
  const { rows } = await sql<LockedRow>`
    with before as (
      select b.key, b.window_id, b.limit_amount from budgets b
      join ${windowRows(withoutAmount(requests))} on b.key = w.key and b.window_id = w.window_id
    )
    insert into budgets (key, window_id, unit, limit_amount, ends_at)
    select w.key, w.window_id, w.unit, w.limit_amount, w.ends_at
    from ${windowRows(withoutAmount(requests))}
    cross join (select id from instances where id = ${instanceId} and buried_at is null for share) as owner
    order by ${LOCK_ORDER}
    on conflict (key, window_id) do update set limit_amount = excluded.limit_amount, ends_at = excluded.ends_at
    returning key, window_id, posted_amount, sliced_amount, limit_amount is distinct from
      (select o.limit_amount from before o where o.key = budgets.key and o.window_id = budgets.window_id) as limit_changed
  `.execute(queries)
  if (rows.length === 0) throw notAlive(instanceId)
  const books = new Map<string, WindowBooks>()
  for (const row of rows) {
    books.set(windowName({ key: row.key, windowId: row.window_id }), {
      posted: nanoUsdFrom(row.posted_amount),
      sliced: nanoUsdFrom(row.sliced_amount),
    })
  }
  return { books, limitsChanged: rows.some((row) => row.limit_changed) }
}

async function lend(
  queries: Queries,
  instanceId: string,
  requests: readonly SliceRequest[],
  grants: readonly SliceGrant[],
): Promise<void> {
  const loans: WindowAmount[] = []
  for (const [index, { window }] of requests.entries()) {
    const amount = grants[index]?.granted ?? 0n
    if (amount > 0n) loans.push({ window, amount })
  }
  if (loans.length === 0) return
  const { rows } = await sql`
    with lent as (
      update budgets b set sliced_amount = b.sliced_amount + w.amount
      from ${windowRows(loans)}
      where b.key = w.key and b.window_id = w.window_id and b.posted_amount + b.sliced_amount + w.amount <= b.limit_amount
      returning b.key, b.window_id, w.amount
    )
    insert into budget_slices (instance_id, budget_key, window_id, amount)
    select ${instanceId}, lent.key, lent.window_id, lent.amount from lent
    on conflict (instance_id, budget_key, window_id) do update
    set amount = budget_slices.amount + excluded.amount, answered_at = null
    returning budget_key`.execute(queries)
  if (rows.length !== loans.length) throw new Error('a locked budget window changed during a loan')
}

function booksOf(books: ReadonlyMap<string, WindowBooks>, request: SliceRequest): WindowBooks {
  const found = books.get(windowName(request.window))
  if (!found) throw new Error(`the budget window ${windowName(request.window)} was neither found nor made`)
  return found
}

function withoutAmount(requests: readonly SliceRequest[]): WindowAmount[] {
  return requests.map(({ window }) => ({ window, amount: 0n }))
}
