import type { ModelPrice as ListedPrice, ModelInfo } from '@pydantic/genai-prices'
import { type NanoUsd, nanoUsdFrom } from '../canonical/money.ts'
import type { Fees, PriceTier, Rates } from '../providers/deployment.ts'

/*
 * From a row of the price data to a price with every rate set.
 *
 * The data says some things that one fixed price cannot: rates that start at a date (the one in force is taken) and rates by the hour of the day (the
 * dearest is taken, so that a cost is never too low). A row that names a unit which no usage counts for us (pages, hours of audio, citations) gives no
 * price, because a price that leaves out a part of the bill would be worse than none.
 */

/** What a row says about the price in force. */
export interface ListedRates {
  readonly rates: Rates
  readonly tiers: readonly PriceTier[]
  readonly fees: Fees
  /** The date from which these rates hold, when the row has several. */
  readonly since: string | null
  /** The rates change with the hour and these are the dearest. */
  readonly peak: boolean
}

/** Units by the token: the price data's name for each rate. */
const TOKEN_UNITS: Readonly<Record<keyof Rates, string>> = {
  input: 'input_mtok',
  output: 'output_mtok',
  cacheRead: 'cache_read_mtok',
  cacheReadAudio: 'cache_audio_read_mtok',
  cacheWrite5m: 'cache_write_mtok',
  cacheWrite1h: 'cache_write_1h_mtok',
  reasoning: 'output_reasoning_mtok',
  inputAudio: 'input_audio_mtok',
  outputAudio: 'output_audio_mtok',
  outputImage: 'output_image_mtok',
}

/** Units by the piece, in USD per thousand. */
const FEE_UNITS = {
  webSearches: 'web_searches_kcount',
  fileSearches: 'storage_searches_kcount',
  calls: 'requests_kcount',
} as const satisfies Readonly<Partial<Record<keyof Fees, string>>>

const COUNTED: ReadonlySet<string> = new Set([...Object.values(TOKEN_UNITS), ...Object.values(FEE_UNITS)])

/** Fees are in USD per thousand, rates in nano-USD per million. */
const THOUSANDS = 1000n

/** The rates of a row at an instant (ms since 1970), or null when it has no price by the token, or one that cannot be counted. */
export function ratesOf(row: ModelInfo, atMs: number): ListedRates | null {
  const { lists, since } = inForce(row, atMs)
  const priced = lists.flatMap((list) => {
    const rates = fill(list, 0, row.id)
    return rates ? [{ list, rates }] : []
  })
  const dearest = priced.reduce<(typeof priced)[number] | null>(
    (best, one) => (best && best.rates.output >= one.rates.output ? best : one),
    null,
  )
  if (!dearest || priced.length < lists.length) return null
  return {
    rates: dearest.rates,
    tiers: tiersOf(dearest.list, row.id),
    fees: feesOf(dearest.list),
    since,
    peak: lists.length > 1,
  }
}

/** The lists that apply: the last one whose date has come, and those that hold for some hours of the day. */
function inForce(row: ModelInfo, atMs: number): { lists: readonly ListedPrice[]; since: string | null } {
  if (!Array.isArray(row.prices)) return { lists: [row.prices], since: null }
  let base: ListedPrice | null = null
  let since: string | null = null
  const hourly: ListedPrice[] = []
  for (const { constraint, prices } of row.prices) {
    if (constraint?.type === 'time_of_date') hourly.push(prices)
    else if (!constraint) base = prices
    else if (Date.parse(constraint.start_date) <= atMs) {
      base = prices
      since = constraint.start_date
    }
  }
  return { lists: base ? [base, ...hourly] : hourly, since }
}

function tiersOf(list: ListedPrice, id: string): readonly PriceTier[] {
  const starts = new Set<number>()
  for (const price of Object.values(list)) {
    if (typeof price === 'object') for (const tier of price.tiers) starts.add(tier.start)
  }
  // The data applies a tier to prompts of more than `start` tokens.
  return [...starts]
    .sort((a, b) => a - b)
    .flatMap((start) => {
      const rates = fill(list, start + 1, id)
      return rates ? [{ fromInputTokens: start + 1, rates }] : []
    })
}

function feesOf(list: ListedPrice): Fees {
  const fees: { -readonly [name in keyof Fees]: Fees[name] } = {}
  for (const name of ['webSearches', 'fileSearches', 'calls'] as const) {
    const fee = list[FEE_UNITS[name]]
    if (typeof fee === 'number') fees[name] = nanoUsdFrom(fee) * THOUSANDS
  }
  return fees
}

/** Every rate for a prompt of so many tokens; null when the list has no token price or has a unit that no usage counts. */
function fill(list: ListedPrice, promptTokens: number, id: string): Rates | null {
  const rate = (name: keyof Rates): NanoUsd | null => {
    const price = list[TOKEN_UNITS[name]]
    if (price === undefined) return null
    if (typeof price === 'number') return nanoUsdFrom(price)
    const tier = price.tiers.filter((one) => promptTokens > one.start).at(-1)
    return nanoUsdFrom(tier ? tier.price : price.base)
  }
  const input = rate('input')
  if (input === null || Object.keys(list).some((unit) => list[unit] !== undefined && !COUNTED.has(unit))) return null
  const output = rate('output') ?? input
  // Anthropic: a cache write costs 1.25 times the input price for five minutes, twice for an hour.
  // https://platform.claude.com/docs/en/build-with-claude/prompt-caching#pricing (2026-11-21)
  const claude = id.includes('claude')
  const cacheRead = rate('cacheRead') ?? input
  const cacheWrite5m = rate('cacheWrite5m') ?? (claude ? roundedUp(input * 5n, 4n) : input)
  return {
    input,
    output,
    cacheRead,
    cacheReadAudio: rate('cacheReadAudio') ?? cacheRead,
    cacheWrite5m,
    cacheWrite1h: rate('cacheWrite1h') ?? (claude ? input * 2n : cacheWrite5m),
    reasoning: rate('reasoning') ?? output,
    inputAudio: rate('inputAudio') ?? input,
    outputAudio: rate('outputAudio') ?? output,
    outputImage: rate('outputImage') ?? output,
  }
}

function roundedUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by
}
