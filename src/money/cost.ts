import type { NanoUsd } from '../canonical/money.ts'
import { inputTokens, type Usage } from '../canonical/usage.ts'
import type { ModelPrice } from '../providers/deployment.ts'

/** Rates are per this many units. */
export const UNITS_PER_RATE = 1_000_000n

/** The rates of a price that apply to one call. */
export type Rates = Omit<ModelPrice, 'version' | 'tiers'>

/** The counters of a usage and the rate that each is charged at. */
export const COUNTERS = [
  ['inputUncached', 'input'],
  ['cacheRead', 'cacheRead'],
  ['cacheWrite5m', 'cacheWrite5m'],
  ['cacheWrite1h', 'cacheWrite1h'],
  ['inputAudio', 'inputAudio'],
  ['outputText', 'output'],
  ['reasoning', 'reasoning'],
  ['outputAudio', 'outputAudio'],
] as const satisfies readonly (readonly [keyof Usage, keyof Rates])[]

/** One counter of a usage with what it cost. */
export interface CostLine {
  readonly counter: (typeof COUNTERS)[number][0]
  readonly tokens: number
  readonly cost: NanoUsd
}

/** What a usage costs, exactly: the sum of its lines. */
export interface Cost {
  readonly total: NanoUsd
  readonly lines: readonly CostLine[]
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

/** The cost of a usage. Absent counters cost nothing; the tier is chosen on the whole prompt, cached tokens included. */
export function cost(price: ModelPrice, usage: Usage): Cost {
  const rates = ratesFor(price, inputTokens(usage))
  const lines: CostLine[] = []
  let total = 0n
  for (const [counter, rate] of COUNTERS) {
    const tokens = usage[counter]
    if (!tokens) continue
    const line = lineCost(tokens, rates[rate])
    lines.push({ counter, tokens, cost: line })
    total += line
  }
  return { total, lines }
}
