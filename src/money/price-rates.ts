import type { ModelPrice as ListedPrice, ModelInfo } from '@pydantic/genai-prices'
import { nanoUsdFrom } from '../canonical/money.ts'
import type { ModelPrice, PriceTier } from '../providers/deployment.ts'

/*
 * From a row of the price data to a price with every rate set.
 *
 * The data says some things that one fixed price cannot: rates that start at a date (the one in force is taken) and rates by the hour of the day (the
 * dearest is taken, so that a cost is never too low). A fee that a call always pays and that is not by the token cannot be said at all: such a row gives
 * no price, because a price that leaves out the larger part of the bill would be worse than none.
 */

type Rates = Omit<ModelPrice, 'version' | 'tiers'>

/** What a row says about the price in force. */
export interface ListedRates {
  readonly rates: Rates
  readonly tiers: readonly PriceTier[]
  /** The date from which these rates hold, when the row has several. */
  readonly since: string | null
  /** The rates change with the hour and these are the dearest. */
  readonly peak: boolean
}

const UNSUPPORTED = ['requests_kcount', 'output_citation_mtok'] as const

/** The rates of a row at an instant (ms since 1970), or null when it has no price by the token. */
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
  return { rates: dearest.rates, tiers: tiersOf(dearest.list, row.id), since, peak: lists.length > 1 }
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

/** Every rate for a prompt of so many tokens; null when the list has no token price or has a fee that cannot be said. */
function fill(list: ListedPrice, promptTokens: number, id: string): Rates | null {
  const rate = (key: string): bigint | null => {
    const price = list[key]
    if (price === undefined) return null
    if (typeof price === 'number') return nanoUsdFrom(price)
    const tier = price.tiers.filter((one) => promptTokens > one.start).at(-1)
    return nanoUsdFrom(tier ? tier.price : price.base)
  }
  const input = rate('input_mtok')
  if (input === null || UNSUPPORTED.some((key) => list[key] !== undefined)) return null
  const output = rate('output_mtok') ?? input
  // Anthropic: a cache write costs 1.25 times the input price for five minutes, twice for an hour.
  // https://platform.claude.com/docs/en/build-with-claude/prompt-caching#pricing (2026-11-21)
  const claude = id.includes('claude')
  const cacheWrite5m = rate('cache_write_mtok') ?? (claude ? roundedUp(input * 5n, 4n) : input)
  return {
    input,
    output,
    cacheRead: rate('cache_read_mtok') ?? input,
    cacheWrite5m,
    cacheWrite1h: rate('cache_write_1h_mtok') ?? (claude ? input * 2n : cacheWrite5m),
    reasoning: rate('output_reasoning_mtok') ?? output,
    inputAudio: rate('input_audio_mtok') ?? input,
    outputAudio: rate('output_audio_mtok') ?? output,
  }
}

function roundedUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by
}
