import type { CallExtras } from '../canonical/call-extras.ts'
import type { NanoUsd } from '../canonical/money.ts'
import type { ModelPrice, PriceTier, Rates } from '../providers/deployment.ts'

/*
 * One model has several prices: providers serve the same call faster for more (`priority`, `fast`), slower for less (`flex`, `batch`), or in a place that costs
 * more. Which one applies is known for certain only from the answer: what was served beats what was asked. Before the call, the
 * dearest that may come of what was asked is held.
 */

/** Words for the ordinary way, which a price describes itself. Capacity that was bought ahead (`scale`, `performance`) is charged at list price here. */
const ORDINARY: ReadonlySet<string> = new Set([
  'auto',
  'default',
  'standard',
  'standard_only',
  'on_demand',
  'scale',
  'performance',
])
/** Ways that exist to be cheaper: where their price is not known, the ordinary one is high enough. */
const CHEAPER: ReadonlySet<string> = new Set(['flex', 'batch'])
/** OpenAI takes both words for the same thing: https://developers.openai.com/api/docs/guides/fast-mode (2026-11-21) */
const SAME: Readonly<Record<string, string>> = { fast: 'priority' }

/** The price of a call that was served in this way at this place. A way that is not known costs as much as the dearest that is. */
export function servedPrice(price: ModelPrice, tier: string | undefined, place: string | undefined): ModelPrice {
  return upliftedPrice(tierPrice(price, tier) ?? guessedPrice(price), place)
}

/** The prices that a call may come to, given what it asks for; null when it asks for a way of being served that has no known price. */
export function possiblePrices(
  price: ModelPrice,
  { serviceTier, geography }: CallExtras,
): readonly [ModelPrice, ...ModelPrice[]] | null {
  const ordinary = upliftedPrice(price, geography)
  if (price.serviceTiers === undefined || serviceTier === undefined) return [ordinary]
  if (serviceTier === 'auto') {
    return [ordinary, ...Object.values(price.serviceTiers).map((one) => upliftedPrice(one, geography))]
  }
  const asked = tierPrice(price, serviceTier)
  if (!asked) return null
  return asked === price ? [ordinary] : [ordinary, upliftedPrice(asked, geography)]
}

/** The dearest of some prices, by what they ask for an answer. */
export function dearestPrice([first, ...others]: readonly [ModelPrice, ...ModelPrice[]]): ModelPrice {
  return others.reduce((best, one) => (one.output > best.output ? one : best), first)
}

function tierPrice(price: ModelPrice, tier: string | undefined): ModelPrice | null {
  const tiers = price.serviceTiers
  if (!tiers || tier === undefined) return price
  const found = Object.hasOwn(tiers, tier) ? tiers[tier] : tiers[SAME[tier] ?? '']
  if (found) return found
  return ORDINARY.has(tier) || CHEAPER.has(tier) ? price : null
}

const guesses = new WeakMap<ModelPrice, ModelPrice>()

/** Served in a way that nobody asked for and nobody knows: the dearest that is known, marked in its version. */
function guessedPrice(price: ModelPrice): ModelPrice {
  let guess = guesses.get(price)
  if (!guess) {
    const dearest = dearestPrice([price, ...Object.values(price.serviceTiers ?? {})])
    guess = { ...dearest, version: `${dearest.version}~tier` }
    guesses.set(price, guess)
  }
  return guess
}

const uplifted = new WeakMap<ModelPrice, Map<string, ModelPrice>>()

/** The price at a place where tokens cost more; fees are the same everywhere. */
function upliftedPrice(price: ModelPrice, place: string | undefined): ModelPrice {
  if (place === undefined || !price.uplifts || !Object.hasOwn(price.uplifts, place)) return price
  const known = uplifted.get(price) ?? new Map<string, ModelPrice>()
  uplifted.set(price, known)
  let found = known.get(place)
  if (!found) {
    found = raisedPrice(price, price.uplifts[place] ?? 0n, `${price.version}@${place}`)
    known.set(place, found)
  }
  return found
}

/** A price whose token rates are so many percent higher, each rounded up to a whole nano-USD per million. */
export function raisedPrice(price: ModelPrice, percent: bigint, version: string): ModelPrice {
  return scaledPrice(price, [100n + percent, 100n], version)
}

/** A price whose token rates are multiplied by a fraction, each rounded up to a whole nano-USD per million; fees stay. */
export function scaledPrice(price: ModelPrice, factor: Fraction, version: string): ModelPrice {
  const scale = (rates: Partial<Rates>): Partial<Rates> => {
    const scaled: { -readonly [name in keyof Rates]?: NanoUsd } = {}
    for (const name of RATE_NAMES) {
      const rate = rates[name]
      if (rate !== undefined) scaled[name] = (rate * factor[0] + factor[1] - 1n) / factor[1]
    }
    return scaled
  }
  const tiers: PriceTier[] = price.tiers.map((tier) => ({ ...tier, rates: scale(tier.rates) }))
  return { ...price, ...scale(price), tiers, version }
}

/** Numerator and denominator. */
export type Fraction = readonly [bigint, bigint]

/** The names of all rates. */
export const RATE_NAMES = [
  'input',
  'output',
  'cacheRead',
  'cacheReadAudio',
  'cacheWrite5m',
  'cacheWrite1h',
  'reasoning',
  'inputAudio',
  'outputAudio',
  'outputImage',
] as const satisfies readonly (keyof Rates)[]
