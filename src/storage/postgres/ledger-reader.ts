import { sql } from 'kysely'
import { ADJUSTMENT_COLUMNS } from '../columns/adjustment-columns.ts'
import { columnNames, decodeRow } from '../columns/encode-rows.ts'
import { PRICE_COLUMNS } from '../columns/price-columns.ts'
import { ASKED_COLUMNS, REQUEST_COLUMNS } from '../columns/request-columns.ts'
import { SPAN_COLUMNS } from '../columns/span-columns.ts'
import { USAGE_COLUMNS } from '../columns/usage-columns.ts'
import type { EventsQuery, LedgerReader, StoredTrace } from '../contracts/ledger-reader.ts'
import type { RequestRow } from '../contracts/ledger-store.ts'
import { MOST_ROWS } from '../protocol/page-cursor.ts'
import type { Database, Queries } from './database.ts'
import { allOf, equalities, readPage, type StoredRecord } from './page.ts'
import { readQuality } from './quality-evidence.ts'
import { readTokenGrowth } from './token-growth.ts'
import { readUsage } from './usage-report.ts'

/** Reads of the ledger over PostgreSQL, on connections apart from those of calls. */
export function createLedgerReader(database: Database): LedgerReader {
  return {
    usage: (query) => database.read((queries) => readUsage(queries, query)),

    tokenGrowth: (query) => database.read((queries) => readTokenGrowth(queries, query)),

    events: (query) =>
      database.read(async (queries) => {
        const { records, nextCursor } = await readPage(queries, pageAsk('llm_usage_events', query))
        return { rows: records.map((record) => decodeRow(USAGE_COLUMNS, record)), nextCursor }
      }),

    requests: (query) =>
      database.read(async (queries) => {
        const { records, nextCursor } = await readPage(queries, pageAsk('llm_requests', query))
        return { rows: records.map(requestOf), nextCursor }
      }),

    asked: ({ from, to, limit, cursor, tenantId }) =>
      database.read(async (queries) => {
        const { records, nextCursor } = await readPage(queries, {
          table: 'llm_requests',
          timeColumn: 'created_at',
          limit,
          cursor,
          equal: { tenant_id: tenantId },
          within: { from, to },
          columns: columnNames(ASKED_COLUMNS),
        })
        return { rows: records.map((record) => decodeRow(ASKED_COLUMNS, record)), nextCursor }
      }),

    adjustments: ({ limit, cursor, budgetKey, usageId }) =>
      database.read(async (queries) => {
        const equal = { budget_key: budgetKey, usage_id: usageId }
        const ask = { table: 'ledger_adjustments', timeColumn: 'created_at', limit, cursor, equal }
        const { records, nextCursor } = await readPage(queries, ask)
        return { rows: records.map((record) => decodeRow(ADJUSTMENT_COLUMNS, record)), nextCursor }
      }),

    quality: (query) => database.read((queries) => readQuality(queries, query)),

    price: (version) =>
      database.read(async (queries) => {
        const { rows } = await sql<StoredRecord>`select * from llm_prices where version = ${version}`.execute(queries)
        return rows[0] ? decodeRow(PRICE_COLUMNS, rows[0]) : null
      }),

    trace: (traceId, tenantId) => database.read((queries) => readTrace(queries, traceId, tenantId)),
  }
}

/** The tenant is part of each query, so that no id of another tenant's finds anything. */
async function readTrace(queries: Queries, traceId: string, tenantId: string | null): Promise<StoredTrace | null> {
  const mine = allOf(equalities({ trace_id: traceId, tenant_id: tenantId ?? undefined }))
  const rowsOf = async (table: string, order: string) => {
    const { rows } = await sql<StoredRecord>`
      select * from ${sql.table(table)} where ${mine} order by ${sql.ref(order)}, id limit ${MOST_ROWS}`.execute(
      queries,
    )
    return rows
  }
  const requests = await rowsOf('llm_requests', 'created_at')
  const usage = await rowsOf('llm_usage_events', 'created_at')
  const spans = await rowsOf('llm_spans', 'started_at')
  if (requests.length + usage.length + spans.length === 0) return null
  const newest = requests.at(-1)
  return {
    request: newest ? requestOf(newest) : null,
    usage: usage.map((record) => decodeRow(USAGE_COLUMNS, record)),
    spans: spans.map((record) => decodeRow(SPAN_COLUMNS, record)),
  }
}

function requestOf(record: StoredRecord): RequestRow {
  const { id: _id, ...request } = decodeRow(REQUEST_COLUMNS, record)
  return request
}

function pageAsk(table: string, query: EventsQuery) {
  return {
    table,
    timeColumn: 'created_at',
    limit: query.limit,
    cursor: query.cursor,
    equal: { tenant_id: query.tenantId, trace_id: query.traceId, status: query.status },
  }
}
