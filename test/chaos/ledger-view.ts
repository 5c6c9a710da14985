import type { BudgetUnit } from '../../src/canonical/amounts.ts'
import { nanoUsdFrom } from '../../src/canonical/money.ts'
import { readBudgetKey } from '../../src/money/budget-key.ts'
import type { Database, Question, Row } from './database.ts'

/** A row of `llm_usage_events`, as far as it is looked at. Money in nano-USD. */
export interface LedgerRow {
  readonly name: string
  readonly attempt: number
  readonly provider: string | null
  readonly status: string
  readonly inputTokens: number
  readonly outputTokens: number
  /** Whether the gateway counted the tokens itself. */
  readonly estimated: boolean
  readonly cost: bigint
  /** Whether its stream was ended, in good order, because the money ran out. */
  readonly cut: boolean
  /** By how much that was too much, once the truth about a presumed row became known; null when it never did. */
  readonly correction: bigint | null
}

/** One budget over all its windows: what its books say, and what the rows of its calls add up to. Billionths of its unit. */
export interface BudgetBooks {
  readonly key: string
  readonly posted: bigint
  readonly sliced: bigint
  /** The sum of its rows in `budget_slices`. */
  readonly slices: bigint
  /** What its calls used, less the credits and plus the charges of adjustment rows. */
  readonly used: bigint
  /** How far its fullest window is beyond its limit; below zero where there is room. */
  readonly beyond: bigint
  /** Calls that say that they used more than was held for them. */
  readonly passed: number
  /** What was presumed of attempts after the first: a dead instance's call is booked at its bound for each attempt, and only one of them was held. */
  readonly presumedTwice: bigint
}

/** The rows of one tenant. */
export async function rowsOf(database: Database, tenant: string): Promise<readonly LedgerRow[]> {
  const [rows = []] = await database.ask({
    text: `select trace_id, attempt, provider, status, input_tokens, output_tokens, usage_estimated, cost_usd, amount as correction,
        exists (select from llm_requests r where r.trace_id = u.trace_id and 'budget_cut' = any(r.flags)) as cut
      from llm_usage_events u left join ledger_adjustments a on a.usage_id = u.id and a.budget_key is null
      where tenant_id = $1`,
    values: [tenant],
  })
  return rows.map((row) => ({
    name: String(row.trace_id),
    attempt: Number(row.attempt),
    provider: row.provider === null ? null : String(row.provider),
    status: String(row.status),
    inputTokens: Number(row.input_tokens),
    outputTokens: Number(row.output_tokens),
    estimated: row.usage_estimated === true,
    cost: nanoUsdFrom(String(row.cost_usd)),
    cut: row.cut === true,
    correction: row.correction === null ? null : nanoUsdFrom(String(row.correction)),
  }))
}

const BUDGETS: Question = {
  text: `select b.key, sum(b.posted_amount) as posted, sum(b.sliced_amount) as sliced, sum(coalesce(s.amount, 0)) as slices,
      max(b.posted_amount + b.sliced_amount - b.limit_amount) as beyond
    from budgets b left join (
      select budget_key, window_id, sum(amount) as amount from budget_slices group by 1, 2
    ) s on s.budget_key = b.key and s.window_id = b.window_id
    group by b.key`,
}

const ADJUSTED: Question = {
  text: `select budget_key as key, sum(amount) as amount from ledger_adjustments where budget_key is not null group by 1`,
}

const TWICE = `status = 'presumed_spent' and attempt > 1`

/** What calls used, by everything that a budget here can be for. */
const USED: Question = {
  text: `select tenant_id as tenant, user_id as "user", feature,
      sum(cost_usd) as usd,
      sum(input_tokens + output_tokens) filter (where attempt > 0) as tokens,
      count(distinct trace_id) filter (where attempt > 0) as requests,
      sum(cost_usd) filter (where ${TWICE}) as usd_twice,
      sum(input_tokens + output_tokens) filter (where ${TWICE}) as tokens_twice,
      count(distinct trace_id) filter (where passed) as passed
    from (
      select u.*, exists (select from llm_requests r where r.trace_id = u.trace_id and 'hold_passed' = any(r.flags)) as passed
      from llm_usage_events u
    ) as events group by 1, 2, 3`,
}

/** The books of all budgets at one moment. */
export async function readBooks(database: Database): Promise<readonly BudgetBooks[]> {
  const [budgets = [], used = [], adjusted = []] = await database.ask(BUDGETS, USED, ADJUSTED)
  const credits = new Map(adjusted.map((row) => [row.key, nanoUsdFrom(String(row.amount))]))
  return budgets.map((budget) => {
    const key = String(budget.key)
    const { unit, rows } = countedBy(key, used)
    return {
      key,
      posted: nanoUsdFrom(String(budget.posted)),
      sliced: nanoUsdFrom(String(budget.sliced)),
      slices: nanoUsdFrom(String(budget.slices)),
      beyond: nanoUsdFrom(String(budget.beyond)),
      used: sumOf(rows, unit) - (credits.get(key) ?? 0n),
      passed: rows.reduce((sum, row) => sum + Number(row.passed), 0),
      presumedTwice: unit === 'requests' ? 0n : sumOf(rows, `${unit}_twice`),
    }
  })
}

/** Keys of budgets that have money lent. */
export async function lent(database: Database): Promise<readonly string[]> {
  const [rows = []] = await database.ask({
    text: `select key from budgets where sliced_amount <> 0
      union select budget_key from budget_slices`,
  })
  return rows.map(({ key }) => String(key))
}

/** The unit of a budget, and the rows of the calls that it counts. */
function countedBy(key: string, used: readonly Row[]): { readonly unit: BudgetUnit; readonly rows: readonly Row[] } {
  const parts = readBudgetKey(key)
  if (!parts) throw new Error(`not a budget's key: ${key}`)
  const values = Object.entries(parts.scope).filter(([, value]) => value !== true)
  return { unit: parts.unit, rows: used.filter((row) => values.every(([field, value]) => row[field] === value)) }
}

/** The sum of a column, in billionths. Dollars come with nine decimals, tokens and requests as whole numbers. */
function sumOf(rows: readonly Row[], column: string): bigint {
  return rows.reduce((sum, row) => sum + nanoUsdFrom(String(row[column] ?? 0)), 0n)
}
