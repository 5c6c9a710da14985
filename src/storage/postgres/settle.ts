import { CompiledQuery, sql } from 'kysely'
import { columnNames, storableJson, storableList } from '../columns/encode-rows.ts'
import { packRequest } from '../columns/pack-request.ts'
import { packUsage } from '../columns/pack-usage.ts'
import { type PackedRow, unpackedRows } from '../columns/packed-rows.ts'
import { REQUEST_COLUMNS } from '../columns/request-columns.ts'
import { SPAN_TARGETS, spanValues } from '../columns/span-groups.ts'
import { USAGE_COLUMNS } from '../columns/usage-columns.ts'
import type { Settlement, UsageRow } from '../contracts/ledger-store.ts'
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

const insertUsage = (parameter = 1): string =>
  `insert into llm_usage_events (${columnNames(USAGE_COLUMNS).join(', ')}) ${unpackedRows(USAGE_COLUMNS, parameter)}`
const insertRequests = (parameter = 1): string =>
  `insert into llm_requests (${columnNames(REQUEST_COLUMNS).join(', ')}) ${unpackedRows(REQUEST_COLUMNS, parameter, 'decision')}`
const insertSpans = (parameter = 1): string =>
  `insert into llm_spans (${SPAN_TARGETS}) ${spanValues(parameter)} on conflict do nothing`

const INSERT_USAGE = insertUsage()
const INSERT_REQUESTS = insertRequests()
const INSERT_SPANS = insertSpans()
/** One statement for all of them costs both sides less than three. */
const WRITE_ALL = `
  with spans as (${insertSpans(4)}), requests as (${insertRequests(2)})
  ${insertUsage(1)}`

/** A statement that inserts all rows, and fails when a usage row or a request is there already. */
export function writeAll(settlements: readonly Settlement[]): Statement {
  const usage: PackedRow[] = []
  for (const settlement of settlements) for (const row of settlement.usage) usage.push(packUsage(row))
  const values = [storableJson(usage), ...requestValues(settlements).values, storableJson(spansOf(settlements))]
  return { text: WRITE_ALL, values }
}

/** The parameters that say so many rows. */
interface RowValues {
  readonly values: readonly string[]
  readonly rows: number
}

function usageValues(rows: readonly UsageRow[]): RowValues {
  return { values: [storableJson(rows.map(packUsage))], rows: rows.length }
}

function requestValues(settlements: readonly Settlement[]): RowValues {
  const packed: PackedRow[] = []
  const decisions: unknown[] = []
  for (const settlement of settlements) {
    const { request } = settlement
    if (!request) continue
    packed.push(packRequest(request, requestId(settlement, request)))
    decisions.push(request.decision)
  }
  return { values: [storableJson(packed), storableList(decisions)], rows: packed.length }
}

function spansOf(settlements: readonly Settlement[]): readonly SpanGroup[] {
  const groups: SpanGroup[] = []
  for (const { spans } of settlements) for (const group of spans) groups.push(group)
  return groups
}

/** Whether statements of `writeAll` failed because a row was there before. */
export function wasThereBefore(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && cause.code === UNIQUE_VIOLATION
}

/** A statement that inserts spans; those that are there already stay as they are. */
export function writeSpans(spans: readonly SpanGroup[]): Statement {
  return { text: INSERT_SPANS, values: [storableJson(spans)] }
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
  await addSpans(queries, fresh)
  return fresh
}

async function writeUsage(queries: Queries, settlements: readonly Settlement[]): Promise<readonly Settlement[]> {
  const inserted = await insertMissing(queries, INSERT_USAGE, usageValues(settlements.flatMap(({ usage }) => usage)))
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
  const inserted = await insertMissing(queries, INSERT_REQUESTS, requestValues(settlements))
  return settlements.filter((settlement) => {
    if (settlement.usage.length > 0) return false
    return settlement.request === null || inserted(requestId(settlement, settlement.request))
  })
}

/** Writes rows of exchanges that are known already, as far as they are missing. */
export async function writeMissing(
  queries: Queries,
  usage: readonly UsageRow[],
  settlements: readonly Settlement[],
): Promise<void> {
  await insertMissing(queries, INSERT_USAGE, usageValues(usage))
  await insertMissing(queries, INSERT_REQUESTS, requestValues(settlements))
  await addSpans(queries, settlements)
}

async function addSpans(queries: Queries, settlements: readonly Settlement[]): Promise<void> {
  const spans = spansOf(settlements)
  if (spans.length > 0) await run(queries, writeSpans(spans))
}

/**
 * Inserts the rows that are not there yet, in order of id, and says of an id whether its row was inserted. The ids come back only in the rare case that
 * some were there before.
 */
async function insertMissing(
  queries: Queries,
  insert: string,
  { values, rows }: RowValues,
): Promise<(id: string) => boolean> {
  if (rows === 0) return () => false
  const missing = `
    with inserted as (${insert} on conflict do nothing returning id)
    select case when count(*) < $${values.length + 1}::bigint then coalesce(array_agg(id), '{}') end as ids from inserted`
  const query = CompiledQuery.raw(missing, [...values, String(rows)])
  const result = await queries.executeQuery<{ ids: readonly string[] | null }>(query)
  const ids = result.rows[0]?.ids ?? null
  if (ids === null) return () => true
  const inserted = new Set(ids)
  return (id) => inserted.has(id)
}
