import { type RawBuilder, sql } from 'kysely'
import { instantFrom, instantText } from '../columns/column.ts'
import { storableText } from '../columns/encode-rows.ts'
import { cursorAfter, pageSize, placeOf } from '../protocol/page-cursor.ts'
import type { Queries } from './database.ts'

/** A record by column name. */
export type StoredRecord = Readonly<Record<string, unknown>>

/** What a page is asked for. */
export interface PageAsk {
  readonly table: string
  /** The column that orders the list, with `id`. */
  readonly timeColumn: string
  readonly limit: number
  readonly cursor: string | undefined
  /** Columns that must equal a value; those without a value are left out. */
  readonly equal: Readonly<Record<string, string | undefined>>
  /** Rows from this instant on, and before that one, in ms since 1970. Default: all. */
  readonly within?: { readonly from: number; readonly to: number }
  /** Columns to read beside `id` and the time; default: all. */
  readonly columns?: readonly string[]
}

/** One page of a table, newest first, and the cursor that continues it. The index on (time, id) finds the place. */
export async function readPage(
  queries: Queries,
  ask: PageAsk,
): Promise<{ readonly records: readonly StoredRecord[]; readonly nextCursor: string | null }> {
  const limit = pageSize(ask.limit)
  const time = sql.ref(ask.timeColumn)
  const conditions = equalities(ask.equal)
  if (ask.within) {
    conditions.push(sql`${time} >= ${instantText(ask.within.from)}::timestamptz`)
    conditions.push(sql`${time} < ${instantText(ask.within.to)}::timestamptz`)
  }
  const names = ask.columns && [...new Set(['id', ask.timeColumn, ...ask.columns])]
  const columns = names ? sql.join(names.map((name) => sql.ref(name))) : sql`*`
  if (ask.cursor !== undefined) {
    const { at, id } = placeOf(ask.cursor)
    conditions.push(sql`(${time}, id) < (${instantText(at)}::timestamptz, ${storableText(id)})`)
  }
  const { rows } = await sql<StoredRecord>`
    select ${columns} from ${sql.table(ask.table)} where ${allOf(conditions)}
    order by ${time} desc, id desc limit ${limit + 1}`.execute(queries)
  const records = rows.slice(0, limit)
  const last = rows.length > limit ? records.at(-1) : undefined
  if (last === undefined) return { records, nextCursor: null }
  const place = { at: instantFrom(String(last[ask.timeColumn])), id: String(last.id) }
  return { records, nextCursor: cursorAfter(place) }
}

/** `column = value` for each value that is there. */
export function equalities(equal: Readonly<Record<string, string | undefined>>): RawBuilder<unknown>[] {
  const conditions: RawBuilder<unknown>[] = []
  for (const [column, value] of Object.entries(equal)) {
    if (value === undefined) continue
    conditions.push(sql`${sql.ref(column)} = ${storableText(value)}`)
    // Says aloud what the partial index of troubled calls needs to hear.
    if (column === 'status' && value !== 'completed') conditions.push(sql`status <> 'completed'`)
  }
  return conditions
}

/** All of the conditions; true when there are none. */
export function allOf(conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `)
}
