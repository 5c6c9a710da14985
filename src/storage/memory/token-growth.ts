import { encodeRow } from '../columns/encode-rows.ts'
import { USAGE_COLUMNS } from '../columns/usage-columns.ts'
import type { TokenGrowthQuery, TokenGrowthRow } from '../contracts/ledger-reader.ts'
import type { UsageRow } from '../contracts/ledger-store.ts'
import { TOKEN_SCOPES, WINDOWS_BEFORE } from '../protocol/token-scopes.ts'

/** See `LedgerReader.tokenGrowth`. */
export function tokenGrowthOf(
  rows: Iterable<UsageRow>,
  { per, windowMs, factor }: TokenGrowthQuery,
  nowMs: number,
): readonly TokenGrowthRow[] {
  const sums = new Map<string, { readonly scope: Record<string, string>; last: number; before: number }>()
  for (const row of rows) {
    const age = nowMs - row.createdAt
    if (age >= (WINDOWS_BEFORE + 1) * windowMs) continue
    const stored = encodeRow(USAGE_COLUMNS, row)
    const values = TOKEN_SCOPES[per].map(([name, column]) => [name, stored[column] ?? null] as const)
    if (values.some(([, value]) => value === null)) continue
    const scope = Object.fromEntries(values.map(([name, value]) => [name, String(value)]))
    const name = JSON.stringify(scope)
    const sum = sums.get(name) ?? { scope, last: 0, before: 0 }
    sums.set(name, sum)
    sum[age < windowMs ? 'last' : 'before'] += row.inputTokens + row.outputTokens
  }
  return [...sums.values()]
    .filter(({ last, before }) => before > 0 && last * WINDOWS_BEFORE > before * factor)
    .map(({ scope, last, before }) => ({ scope, tokens: last, usualTokens: before / WINDOWS_BEFORE }))
}
