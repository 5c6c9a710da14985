import { sql } from 'kysely'
import type { TokenGrowthQuery, TokenGrowthRow } from '../contracts/ledger-reader.ts'
import { TOKEN_SCOPES, WINDOWS_BEFORE } from '../protocol/token-scopes.ts'
import type { Queries } from './database.ts'
import type { StoredRecord } from './page.ts'

/** See `LedgerReader.tokenGrowth`. Column names come from a fixed list, values are bound. */
export async function readTokenGrowth(
  queries: Queries,
  { per, windowMs, factor }: TokenGrowthQuery,
): Promise<readonly TokenGrowthRow[]> {
  const names = TOKEN_SCOPES[per]
  const columns = names.map(([, column]) => sql.ref(column))
  const ago = (windows: number) => sql`now() - ${windows * windowMs}::float8 * interval '1 millisecond'`
  const { rows } = await sql<StoredRecord>`
    select * from (
      select ${sql.join(columns)},
        coalesce(sum(input_tokens + output_tokens) filter (where created_at > ${ago(1)}), 0)::float8 as last,
        coalesce(sum(input_tokens + output_tokens) filter (where created_at <= ${ago(1)}), 0)::float8 as before
      from llm_usage_events
      where created_at > ${ago(WINDOWS_BEFORE + 1)}
      group by ${sql.join(columns)}
    ) as sums
    where before > 0 and last * ${WINDOWS_BEFORE} > before * ${factor}::float8
      and ${sql.join(
        columns.map((column) => sql`${column} is not null`),
        sql` and `,
      )}`.execute(queries)
  return rows.map((row) => ({
    scope: Object.fromEntries(names.map(([name, column]) => [name, String(row[column])])),
    tokens: Number(row.last),
    usualTokens: Number(row.before) / WINDOWS_BEFORE,
  }))
}
