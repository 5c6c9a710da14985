import type { Clock } from '../../lib/clock.ts'
import { encodeRow, storableText } from '../columns/encode-rows.ts'
import { ASKED_COLUMNS, type IdentifiedRequest } from '../columns/request-columns.ts'
import { USAGE_COLUMNS } from '../columns/usage-columns.ts'
import type { AskedRequest, EventsQuery, LedgerReader, UsageGroupRow, UsageQuery } from '../contracts/ledger-reader.ts'
import type { RequestRow, UsageRow } from '../contracts/ledger-store.ts'
import { byNewestAndDearest, groupColumns } from '../protocol/usage-groups.ts'
import { memoryPage } from './page.ts'
import { qualityOf } from './quality-evidence.ts'
import type { LedgerRows } from './rows.ts'
import { tokenGrowthOf } from './token-growth.ts'

/** Reads of the ledger in memory. */
export function createMemoryReader(rows: LedgerRows, clock: Clock): LedgerReader {
  return {
    async usage(query) {
      return usageGroups(
        [...rows.usage.values()].filter((row) => isWithin(row, query)),
        query,
      )
    },

    async tokenGrowth(query) {
      return tokenGrowthOf(rows.usage.values(), query, clock.now())
    },

    async events(query) {
      return memoryPage(matching(rows.usage.values(), query), query, (row) => ({ at: row.createdAt, id: row.id }))
    },

    async requests(query) {
      const place = (row: IdentifiedRequest) => ({ at: row.createdAt, id: row.id })
      const page = memoryPage(matching(rows.requests.values(), query), query, place)
      return { rows: page.rows.map(withoutId), nextCursor: page.nextCursor }
    },

    async asked(query) {
      const found = [...rows.requests.values()].filter(
        (row) =>
          (query.tenantId === undefined || storableText(query.tenantId) === row.tenantId) &&
          row.createdAt >= query.from &&
          row.createdAt < query.to,
      )
      const page = memoryPage(found, query, (row) => ({ at: row.createdAt, id: row.id }))
      return { rows: page.rows.map(asAsked), nextCursor: page.nextCursor }
    },

    async adjustments(query) {
      const { budgetKey, usageId } = query
      const found = [...rows.adjustments.values()].filter(
        (row) =>
          (budgetKey === undefined || row.budgetKey === storableText(budgetKey)) &&
          (usageId === undefined || row.usageId === storableText(usageId)),
      )
      return memoryPage(found, query, (row) => ({ at: row.createdAt, id: row.id }))
    },

    async quality(query) {
      return qualityOf(rows, query)
    },

    async price(version) {
      return rows.prices.get(version) ?? null
    },

    async trace(traceId, tenantId) {
      const query = { traceId, ...(tenantId === null ? {} : { tenantId }) }
      const requests = matching(rows.requests.values(), query).sort(byTime)
      const usage = matching(rows.usage.values(), query).sort(byTime)
      const spans = matching(rows.spans.values(), query).sort((left, right) => left.start - right.start)
      if (requests.length + usage.length + spans.length === 0) return null
      const newest = requests.at(-1)
      return { request: newest ? withoutId(newest) : null, usage, spans }
    },
  }
}

function matching<Row extends { readonly tenantId: string; readonly traceId: string; readonly status: string }>(
  rows: Iterable<Row>,
  query: Pick<EventsQuery, 'tenantId' | 'traceId' | 'status'>,
): Row[] {
  const agrees = (wanted: string | undefined, found: string) => wanted === undefined || storableText(wanted) === found
  return [...rows].filter(
    (row) =>
      agrees(query.tenantId, row.tenantId) && agrees(query.traceId, row.traceId) && agrees(query.status, row.status),
  )
}

function isWithin(row: UsageRow, query: UsageQuery): boolean {
  if (query.tenantId !== undefined && storableText(query.tenantId) !== row.tenantId) return false
  return row.createdAt >= (query.from ?? 0) && row.createdAt < (query.to ?? Number.POSITIVE_INFINITY)
}

function usageGroups(rows: readonly UsageRow[], query: UsageQuery): readonly UsageGroupRow[] {
  const columns = groupColumns(query)
  const groups = new Map<string, UsageGroupRow>()
  if (columns.length === 0) groups.set('{}', emptyGroup({}))
  for (const row of rows) {
    const stored = encodeRow(USAGE_COLUMNS, row)
    const group: Record<string, string | null> = {}
    for (const column of columns) {
      const value = column === 'interval' ? intervalStart(row.createdAt, query.interval) : stored[column]
      group[column] = value === null || value === undefined ? null : String(value)
    }
    const name = JSON.stringify(group)
    groups.set(name, withRow(groups.get(name) ?? emptyGroup(group), row))
  }
  return [...groups.values()].sort(byNewestAndDearest)
}

function intervalStart(ms: number, interval: UsageQuery['interval']): string {
  const iso = new Date(ms).toISOString()
  return interval === 'hour' ? `${iso.slice(0, 13)}:00:00Z` : `${iso.slice(0, 10)}T00:00:00Z`
}

function emptyGroup(group: UsageGroupRow['group']): UsageGroupRow {
  const none = { inputTokens: 0, outputTokens: 0, cachedTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 }
  return { group, calls: 0, ...none, cost: 0n, charge: 0n }
}

function withRow(sum: UsageGroupRow, row: UsageRow): UsageGroupRow {
  return {
    group: sum.group,
    calls: sum.calls + 1,
    inputTokens: sum.inputTokens + row.inputTokens,
    outputTokens: sum.outputTokens + row.outputTokens,
    cachedTokens: sum.cachedTokens + row.cachedTokens,
    cacheWriteTokens: sum.cacheWriteTokens + row.cacheWriteTokens,
    reasoningTokens: sum.reasoningTokens + row.reasoningTokens,
    cost: sum.cost + row.cost,
    charge: sum.charge + (row.charge ?? row.cost),
  }
}

function byTime(left: { readonly createdAt: number; readonly id: string }, right: typeof left): number {
  return left.createdAt - right.createdAt || (left.id < right.id ? -1 : 1)
}

function withoutId({ id: _id, ...request }: IdentifiedRequest): RequestRow {
  return request
}

function asAsked(row: IdentifiedRequest): AskedRequest {
  const fields = Object.keys(ASKED_COLUMNS) as (keyof AskedRequest)[]
  return Object.fromEntries(fields.map((field) => [field, row[field]])) as unknown as AskedRequest
}
