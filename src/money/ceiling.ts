import type { Fees, ModelPrice, Rates } from '../providers/deployment.ts'
import { type PriceOverride, priceFromOverride } from './price-override.ts'
import { RATE_NAMES } from './served-price.ts'
import { UNKNOWN_TOOL_USE } from './tool-fee-list.ts'

/*
 * What stands for a price that nobody knows, when such calls are to go on: more than it can reasonably be, never nothing.
 */

/** The version of a price that is not known. */
export const UNKNOWN_VERSION = 'unknown'

const CEILING_FEES: Fees = {
  webSearches: UNKNOWN_TOOL_USE,
  fileSearches: UNKNOWN_TOOL_USE,
  codeSessions: UNKNOWN_TOOL_USE,
  otherToolUses: UNKNOWN_TOOL_USE,
}

/** The dearest of some prices, rate by rate, long prompts included; null when there are none. */
export function dearestOf(prices: readonly ModelPrice[]): ModelPrice | null {
  const [first, ...others] = prices
  if (!first) return null
  const most: { -readonly [name in keyof Rates]: Rates[name] } = { ...first }
  const raise = (rates: Partial<Rates>): void => {
    for (const name of RATE_NAMES) {
      const rate = rates[name] ?? 0n
      if (rate > most[name]) most[name] = rate
    }
  }
  for (const price of [first, ...others]) {
    raise(price)
    for (const tier of price.tiers) raise(tier.rates)
  }
  const rates = Object.fromEntries(RATE_NAMES.map((name) => [name, most[name]])) as unknown as Rates
  return { version: UNKNOWN_VERSION, ...rates, tiers: [], fees: CEILING_FEES }
}

/** The ceiling that an operator named. */
export function ceilingFrom(override: PriceOverride): ModelPrice {
  return priceFromOverride(override, UNKNOWN_VERSION, { fees: CEILING_FEES })
}

/** A known price under which tools of unknown price may be used as well: each use counts at the ceiling. */
export function withToolCeiling(price: ModelPrice): ModelPrice {
  const raised = { ...price, fees: { ...CEILING_FEES, ...price.fees } }
  if (!price.serviceTiers) return raised
  const tiers = Object.entries(price.serviceTiers).map(([name, tier]) => [name, withToolCeiling(tier)])
  return { ...raised, serviceTiers: Object.fromEntries(tiers) }
}
