import type { MadeCall } from './call.ts'
import type { BudgetBooks, LedgerRow } from './ledger-view.ts'

/*
 * The judge. Three witnesses are heard: the callers, the wall (what providers were asked and would bill) and the ledger. What they say must agree, whatever
 * happened. Pure, so that a test can plant each kind of lie and see it found.
 */

/** What the wall knows of one upstream call. */
export interface UpstreamCall {
  readonly name: string
  readonly provider: string
  /** Whether a whole good answer was written. */
  readonly completed: boolean
  readonly inputTokens: number
  readonly outputTokens: number
}

/** Nano-USD per token. */
export interface Prices {
  readonly input: bigint
  readonly output: bigint
}

/** All that is known of some calls. */
export interface Testimony {
  readonly made: readonly MadeCall[]
  readonly upstream: readonly UpstreamCall[]
  readonly rows: readonly LedgerRow[]
}

/** Upstream calls that have no row yet. */
export function withoutRow({ upstream, rows }: Pick<Testimony, 'upstream' | 'rows'>): readonly UpstreamCall[] {
  const booked = new Set(rows.map(placeOf))
  return upstream.filter((call) => !booked.has(placeOf(call)))
}

/** What is wrong with the rows of calls that are all over; empty when nothing is. */
export function wrongRows({ made, upstream, rows }: Testimony, prices: Prices): string[] {
  const problems = withoutRow({ upstream, rows }).map(
    (call) => `${placeOf(call)}: the provider was called and no row says so`,
  )
  const asked = new Map(upstream.map((call) => [placeOf(call), call]))
  const metered = new Set(made.filter(isMetered).map(({ name }) => name))
  const seen = new Set<string>()
  for (const row of rows.filter(({ attempt }) => attempt > 0)) {
    const place = placeOf(row)
    if (seen.has(place)) problems.push(`${place}: two rows for one attempt`)
    seen.add(place)
    problems.push(
      ...wrongMoney(row, asked.get(place), prices, metered.has(row.name)).map(
        (problem) => `${place} (${row.status}): ${problem}`,
      ),
    )
  }
  // A call whose instance was taken for dead, and lived, is presumed first and corrected when it ends.
  const ended = rows.filter(({ status, correction, cut }) => status === 'completed' || correction !== null || cut)
  const charged = new Set(ended.map(({ name }) => name))
  const whole = upstream.filter((call) => call.completed)
  const answered = new Set([...whole, ...rows.filter(({ cut }) => cut)].map(({ name }) => name))
  for (const { name } of made.filter((call) => call.seen === 'whole')) {
    if (!charged.has(name)) problems.push(`${name}: the caller saw the end, and no row says completed`)
    if (!answered.has(name)) problems.push(`${name}: a broken answer passed for a whole one`)
  }
  return problems
}

/** Caps up to this are held whole, as are those of calls that are not streamed. */
const HELD_WHOLE_TOKENS = 128

/**
 * Whether a call holds no more than what was seen of its answer and a bit: when its gateway dies, what is on its way just then may be more than that, and nobody
 * knows of it but the provider.
 */
function isMetered({ stream, maxTokens }: MadeCall): boolean {
  return stream && maxTokens > HELD_WHOLE_TOKENS
}

function wrongMoney(row: LedgerRow, upstream: UpstreamCall | undefined, prices: Prices, metered: boolean): string[] {
  const problems: string[] = []
  if (row.status === 'presumed_spent') {
    const cost = row.cost - (row.correction ?? 0n)
    const billed = upstream ? priceOf(upstream, prices) : 0n
    if (row.correction === null ? cost < billed && !metered : upstream?.completed && cost !== billed)
      problems.push(`presumed to cost ${cost}, billed ${billed}`)
    return problems
  }
  if (!upstream && row.cost > 0n) problems.push('costs money, and the provider was never called')
  if (row.cost !== priceOf(row, prices))
    problems.push(`costs ${row.cost}, and its tokens are worth ${priceOf(row, prices)}`)
  if (row.status === 'completed' && upstream && !row.estimated && row.cost !== priceOf(upstream, prices))
    problems.push(`costs ${row.cost}, billed ${priceOf(upstream, prices)}`)
  return problems
}

/**
 * What is wrong with budgets at any moment, calls running or not. `eventCost` is what one stream event costs, in nano-USD: what a call may be beyond that says so
 * of itself. Here only budgets in dollars are ever that full.
 */
export function wrongBooks(books: readonly BudgetBooks[], eventCost: bigint): string[] {
  return books.flatMap(({ key, posted, sliced, slices, used, beyond, passed, presumedTwice }) => {
    const problems: string[] = []
    if (posted !== used) problems.push(`${key}: posted ${posted}, and its rows add up to ${used}`)
    if (sliced !== slices) problems.push(`${key}: sliced ${sliced}, and its slices add up to ${slices}`)
    const allowed = BigInt(passed) * eventCost + presumedTwice
    if (beyond > 0n && beyond > allowed) problems.push(`${key}: ${beyond} beyond its limit, and ${allowed} may be`)
    return problems
  })
}

/** What tokens cost, in nano-USD. */
export function priceOf(
  { inputTokens, outputTokens }: Pick<LedgerRow, 'inputTokens' | 'outputTokens'>,
  { input, output }: Prices,
): bigint {
  return BigInt(inputTokens) * input + BigInt(outputTokens) * output
}

function placeOf({ name, provider }: { readonly name: string; readonly provider: string | null }): string {
  return `${name} at ${provider}`
}
