import { type NanoUsd, nanoUsdFrom } from '../canonical/money.ts'
import { FEE_COUNTERS, type FeeCounter, inputTokens, outputTokens, type Usage } from '../canonical/usage.ts'
import type { ModelPrice, Rates } from '../providers/deployment.ts'

/** Rates are per this many units. */
export const UNITS_PER_RATE = 1_000_000n

/** The token counters of a usage and the rate that each is charged at. */
export const COUNTERS = [
  ['inputUncached', 'input'],
  ['cacheRead', 'cacheRead'],
  ['cacheReadAudio', 'cacheReadAudio'],
  ['cacheWrite5m', 'cacheWrite5m'],
  ['cacheWrite1h', 'cacheWrite1h'],
  ['inputAudio', 'inputAudio'],
  ['outputText', 'output'],
  ['reasoning', 'reasoning'],
  ['outputAudio', 'outputAudio'],
  ['outputImage', 'outputImage'],
] as const satisfies readonly (readonly [keyof Usage, keyof Rates])[]

/** One thing that a bill names: tokens of a kind, tools of a kind, or the call itself. */
export type BilledThing = (typeof COUNTERS)[number][0] | FeeCounter | 'calls'

/** One counter of a usage with what it cost. */
export interface CostLine {
  readonly counter: BilledThing
  readonly units: number
  readonly cost: NanoUsd
}

/** What a usage costs, exactly: the sum of its lines. */
export interface Cost {
  readonly total: NanoUsd
  /** The part of the total that is paid by the piece. */
  readonly toolFees: NanoUsd
}

/** The rates for a call whose whole prompt has so many tokens: the base rates, or those of the highest tier it reaches. */
export function ratesFor(price: ModelPrice, promptTokens: number): Rates {
  let rates: Rates = price
  let reached = -1
  for (const tier of price.tiers) {
    if (tier.fromInputTokens > promptTokens || tier.fromInputTokens <= reached) continue
    rates = { ...price, ...tier.rates }
    reached = tier.fromInputTokens
  }
  return rates
}

/** What so many units cost at a rate per million, rounded up to a whole nano-USD. */
export function lineCost(units: number, rate: NanoUsd): NanoUsd {
  return (BigInt(units) * rate + UNITS_PER_RATE - 1n) / UNITS_PER_RATE
}

/**
 * The cost of a usage at a price, however the call was served (see `served-price.ts`). Absent counters cost nothing; the tier is chosen on the whole
 * prompt, cached tokens included. A call that used no token at all pays no fee for being made. Who wants to see the lines hands in a list for them.
 */
export function cost(price: ModelPrice, usage: Usage, lines?: CostLine[]): Cost {
  const prompt = inputTokens(usage)
  const rates = ratesFor(price, prompt)
  let total = 0n
  for (const [counter, rate] of COUNTERS) {
    const units = usage[counter]
    if (!units) continue
    const line = lineCost(units, rates[rate])
    lines?.push({ counter, units, cost: line })
    total += line
  }
  const { fees } = price
  if (!fees) return { total, toolFees: 0n }
  const tokensCost = total
  for (const counter of FEE_COUNTERS) {
    const units = usage[counter]
    if (!units) continue
    const line = lineCost(units, fees[counter] ?? 0n)
    lines?.push({ counter, units, cost: line })
    total += line
  }
  if (fees.calls && prompt + outputTokens(usage) > 0) {
    const line = lineCost(1, fees.calls)
    lines?.push({ counter: 'calls', units: 1, cost: line })
    total += line
  }
  return { total, toolFees: total - tokensCost }
}

/** The cost that a provider itself states, in USD. */
export function statedCost(usd: number): Cost {
  return { total: nanoUsdFrom(usd), toolFees: 0n }
}
