import { CompiledQuery, sql } from 'kysely'
import type { Columns } from '../columns/column.ts'
import { columnNames, storableJson } from '../columns/encode-rows.ts'
import { packRequest } from '../columns/pack-request.ts'
import { packUsage } from '../columns/pack-usage.ts'
import { type PackedRow, unpackedRows } from '../columns/packed-rows.ts'
import { type IdentifiedRequest, REQUEST_COLUMNS } from '../columns/request-columns.ts'
import { SPAN_TARGETS, SPAN_VALUES } from '../columns/span-groups.ts'
import { USAGE_COLUMNS } from '../columns/usage-columns.ts'
import type { RequestRow, Settlement, UsageRow } from '../contracts/ledger-store.ts'
import type { SpanGroup } from '../contracts/span-row.ts'
import { requestId, splitAtRepeats } from '../protocol/settlement-identity.ts'
import type { Queries } from './database.ts'
import { run, type Statement } from './statement.ts'

/*
 * Writes the rows of settlements. Only settlements that are new (see `settlement-identity.ts`) may post money.
 *
 * Nearly always all of them are. So first `writeAll` inserts everything and leaves it to the primary keys to refuse what was there before, which
 * undoes all of it; only then does `writeNew` find out which settlements are new, step by step.
 *
 * Rows go in ordered by id, so that two writers of the same rows meet at the first one and the later waits there: its rows are then
 * not inserted, and the settlements they belong to are not new.
 */

const UNIQUE_VIOLATION = '23505'

/** A table of rows, and how they are kept in it. */
interface Table<Row> {
  readonly insert: string
  readonly pack: (row: Row) => PackedRow
}

const USAGE = tableOf('llm_usage_events', USAGE_COLUMNS, packUsage)
const REQUESTS = tableOf('llm_requests', REQUEST_COLUMNS, packRequest)

function tableOf<Row>(name: string, columns: Columns<Row>, pack: (row: Row) => PackedRow): Table<Row> {
  return { insert: `insert into ${name} (${columnNames(columns).join(', ')}) ${unpackedRows(columns)}`, pack }
}

/** Statements that insert all rows, and fail when a usage row or a request is there already. */
export function writeAll(settlements: readonly Settlement[]): readonly Statement[] {
  const usage = settlements.flatMap((settlement) => settlement.usage)
  const spans = settlements.flatMap((settlement) => settlement.spans)
  return [...insertAll(USAGE, usage), ...insertAll(REQUESTS, settlements.flatMap(requestOf)), ...insertSpans(spans)]
}

/** Whether statements of `writeAll` failed because a row was there before. */
export function wasThereBefore(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && cause.code === UNIQUE_VIOLATION
}

const INSERT_SPANS = `insert into llm_spans (${SPAN_TARGETS}) ${SPAN_VALUES} on conflict do nothing`

function insertAll<Row>({ insert, pack }: Table<Row>, rows: readonly Row[]): readonly Statement[] {
  return rows.length === 0 ? [] : [{ text: insert, values: [storableJson(rows.map(pack))] }]
}

/** Statements that insert spans; those that are there already stay as they are. */
export function insertSpans(spans: readonly SpanGroup[]): readonly Statement[] {
  return spans.length === 0 ? [] : [{ text: INSERT_SPANS, values: [storableJson(spans)] }]
}

/** Writes usage rows, requests and spans of settlements that are new, and returns these settlements. */
export async function writeNew(queries: Queries, settlements: readonly Settlement[]): Promise<readonly Settlement[]> {
  const fresh: Settlement[] = []
  for (const part of splitAtRepeats(settlements)) {
    const withUsage = part.filter((settlement) => settlement.usage.length > 0)
    const news = new Set(await writeUsage(queries, withUsage))
    const requests = part.filter((settlement) => settlement.usage.length === 0 || news.has(settlement))
    for (const settlement of await writeRequests(queries, requests)) news.add(settlement)
    fresh.push(...part.filter((settlement) => news.has(settlement)))
  }
  await writeSpans(queries, fresh)
  return fresh
}

async function writeUsage(queries: Queries, settlements: readonly Settlement[]): Promise<readonly Settlement[]> {
  const rows = settlements.flatMap((settlement) => settlement.usage)
  const inserted = await insertMissing(queries, USAGE, rows)
  const isNew = (settlement: Settlement) => settlement.usage.every((row) => inserted(row.id))
  const halfWritten = settlements
    .filter((settlement) => !isNew(settlement))
    .flatMap((settlement) => settlement.usage.map((row) => row.id))
    .filter(inserted)
  if (halfWritten.length > 0) {
    await sql`delete from llm_usage_events where id = any(${halfWritten}::text[])`.execute(queries)
  }
  return settlements.filter(isNew)
}

/** The settlements without usage rows whose request row is new, or that have spans alone. */
async function writeRequests(queries: Queries, settlements: readonly Settlement[]): Promise<readonly Settlement[]> {
  const inserted = await insertMissing(queries, REQUESTS, settlements.flatMap(requestOf))
  return settlements.filter((settlement) => {
    if (settlement.usage.length > 0) return false
    return settlement.request === null || inserted(requestId(settlement, settlement.request))
  })
}

function requestOf(settlement: Settlement): readonly IdentifiedRequest[] {
  const request: RequestRow | null = settlement.request
  return request ? [{ ...request, id: requestId(settlement, request) }] : []
}

/** Writes rows of exchanges that are known already, as far as they are missing. */
export async function writeMissing(
  queries: Queries,
  usage: readonly UsageRow[],
  settlements: readonly Settlement[],
): Promise<void> {
  await insertMissing(queries, USAGE, usage)
  await insertMissing(queries, REQUESTS, settlements.flatMap(requestOf))
  await writeSpans(queries, settlements)
}

async function writeSpans(queries: Queries, settlements: readonly Settlement[]): Promise<void> {
  const spans = settlements.flatMap((settlement) => settlement.spans)
  for (const statement of insertSpans(spans)) await run(queries, statement)
}

/**
 * Inserts the rows that are not there yet, in order of id, and says of an id whether its row was inserted. All rows are one JSON
 * parameter; the ids come back only in the rare case that some were there before.
 */
async function insertMissing<Row>(
  queries: Queries,
  table: Table<Row>,
  rows: readonly Row[],
): Promise<(id: string) => boolean> {
  if (rows.length === 0) return () => false
  const text = `
    with inserted as (${table.insert} on conflict do nothing returning id)
    select case when count(*) < $2::bigint then coalesce(array_agg(id), '{}') end as ids from inserted`
  const values = [storableJson(rows.map(table.pack)), String(rows.length)]
  const result = await queries.executeQuery<{ ids: readonly string[] | null }>(CompiledQuery.raw(text, values))
  const ids = result.rows[0]?.ids ?? null
  if (ids === null) return () => true
  const inserted = new Set(ids)
  return (id) => inserted.has(id)
}
