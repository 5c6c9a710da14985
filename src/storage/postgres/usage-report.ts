import { type RawBuilder, sql } from 'kysely'
import { nanoUsdFrom } from '../../canonical/money.ts'
import { instantText } from '../columns/column.ts'
import type { UsageGroupRow, UsageQuery } from '../contracts/ledger-reader.ts'
import { byNewestAndDearest, groupColumns } from '../protocol/usage-groups.ts'
import type { Queries } from './database.ts'
import { allOf, equalities, type StoredRecord } from './page.ts'

/** Sums of `llm_usage_events` by group; see `LedgerReader.usage`. Column names come from a fixed list, values are bound. */
export async function readUsage(queries: Queries, query: UsageQuery): Promise<readonly UsageGroupRow[]> {
  const columns = groupColumns(query)
  const keys = columns.map((column) => (column === 'interval' ? intervalStart(query.interval) : sql.ref(column)))
  const named = keys.map((key, index) => sql`${key} as ${sql.ref(columns[index] ?? '')},`)
  const { rows } = await sql<StoredRecord>`
    select ${sql.join(named, sql` `)}
      count(*) as calls,
      coalesce(sum(input_tokens), 0) as input_tokens,
      coalesce(sum(output_tokens), 0) as output_tokens,
      coalesce(sum(cached_tokens), 0) as cached_tokens,
      coalesce(sum(cache_write_tokens), 0) as cache_write_tokens,
      coalesce(sum(reasoning_tokens), 0) as reasoning_tokens,
      coalesce(sum(cost_usd), 0) as cost_usd,
      coalesce(sum(coalesce(charge_usd, cost_usd)), 0) as charge_usd
    from llm_usage_events
    where ${allOf(conditionsOf(query))}
    ${keys.length > 0 ? sql`group by ${sql.join(keys)}` : sql``}`.execute(queries)
  return rows.map((row) => usageGroup(columns, row)).sort(byNewestAndDearest)
}

/** The start of the hour or day in UTC that a row falls in, as ISO text. */
function intervalStart(interval: UsageQuery['interval']): RawBuilder<unknown> {
  const unit = sql.lit(interval === 'hour' ? 'hour' : 'day')
  return sql`to_char(date_trunc(${unit}, created_at at time zone 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`
}

function conditionsOf(query: UsageQuery): readonly RawBuilder<unknown>[] {
  const conditions = equalities({ tenant_id: query.tenantId })
  if (query.from !== undefined) conditions.push(sql`created_at >= ${instantText(query.from)}::timestamptz`)
  if (query.to !== undefined) conditions.push(sql`created_at < ${instantText(query.to)}::timestamptz`)
  return conditions
}

function usageGroup(columns: readonly string[], row: StoredRecord): UsageGroupRow {
  const group: Record<string, string | null> = {}
  for (const column of columns) group[column] = row[column] === null ? null : String(row[column])
  return {
    group,
    calls: Number(row.calls),
    inputTokens: Number(row.input_tokens),
    outputTokens: Number(row.output_tokens),
    cachedTokens: Number(row.cached_tokens),
    cacheWriteTokens: Number(row.cache_write_tokens),
    reasoningTokens: Number(row.reasoning_tokens),
    cost: nanoUsdFrom(String(row.cost_usd)),
    charge: nanoUsdFrom(String(row.charge_usd)),
  }
}
