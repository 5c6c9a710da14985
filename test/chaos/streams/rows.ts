import { nanoUsdFrom } from '../../../src/canonical/money.ts'
import type { House } from '../../../src/gateway/house.ts'
import type { Database } from '../database.ts'

/** A row of `llm_usage_events`, as far as it is looked at. Money in nano-USD. */
export interface StreamRow {
  readonly name: string
  readonly attempt: number
  readonly provider: string | null
  readonly status: string
  readonly errorCode: string | null
  readonly inputTokens: number
  readonly outputTokens: number
  readonly estimated: boolean
  readonly cost: bigint
  /** Whether its stream was ended, in good order, because the money ran out. */
  readonly cut: boolean
  /** Whether its call says that it used more than was held for it. */
  readonly passed: boolean
}

/** The rows of some streams, asked of the database itself. */
export async function rowsInDatabase(database: Database, names: readonly string[]): Promise<readonly StreamRow[]> {
  const [rows = []] = await database.ask({
    text: `select trace_id, attempt, provider, status, error_code, input_tokens, output_tokens, usage_estimated, cost_usd,
        exists (select from llm_requests r where r.trace_id = u.trace_id and 'budget_cut' = any(r.flags)) as cut,
        exists (select from llm_requests r where r.trace_id = u.trace_id and 'hold_passed' = any(r.flags)) as passed
      from llm_usage_events u where trace_id = any($1)`,
    values: [names],
  })
  return rows.map((row) => ({
    name: String(row.trace_id),
    attempt: Number(row.attempt),
    provider: row.provider === null ? null : String(row.provider),
    status: String(row.status),
    errorCode: row.error_code === null ? null : String(row.error_code),
    inputTokens: Number(row.input_tokens),
    outputTokens: Number(row.output_tokens),
    estimated: row.usage_estimated === true,
    cost: nanoUsdFrom(String(row.cost_usd)),
    cut: row.cut === true,
    passed: row.passed === true,
  }))
}

const PAGE = 1_000

/** The rows of some streams in the ledger of a gateway in this process. */
export async function rowsInHouse({ storage }: House, names: ReadonlySet<string>): Promise<readonly StreamRow[]> {
  const found: StreamRow[] = []
  let cursor: string | undefined
  const flags = await flagsByTrace(storage.reader)
  do {
    const page = await storage.reader.events({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) })
    for (const row of page.rows) {
      const {
        traceId: name,
        attempt,
        provider,
        status,
        errorCode,
        inputTokens,
        outputTokens,
        usageEstimated,
        cost,
      } = row
      if (!names.has(name)) continue
      found.push({
        name,
        attempt,
        provider,
        status,
        errorCode,
        inputTokens,
        outputTokens,
        estimated: usageEstimated,
        cost,
        cut: flags.get(name)?.includes('budget_cut') === true,
        passed: flags.get(name)?.includes('hold_passed') === true,
      })
    }
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return found
}

async function flagsByTrace(reader: House['storage']['reader']): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>()
  let cursor: string | undefined
  do {
    const page = await reader.requests({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) })
    for (const { traceId, flags } of page.rows) if (flags.length > 0) found.set(traceId, flags)
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return found
}
