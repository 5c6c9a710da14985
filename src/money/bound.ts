import type { CallExtras } from '../canonical/call-extras.ts'
import type { NanoUsd } from '../canonical/money.ts'
import { FEE_COUNTERS } from '../canonical/usage.ts'
import type { ModelPrice, PriceTier, Rates } from '../providers/deployment.ts'
import { lineCost, UNITS_PER_RATE } from './cost.ts'
import type { CallSize } from './reservation.ts'
import { possiblePrices } from './served-price.ts'

/*
 * The most that one attempt can cost, given its size. Before a call nobody knows how a provider will split the prompt between its cache and the rest, or
 * the answer between text and reasoning, so every prompt token counts at the dearest rate a prompt token can have, and every answer token likewise, over
 * the base rates and all tiers that the prompt may reach. Audio in the prompt is the exception: it counts at the text rates, because its bytes already
 * count as text, many times over. Tools that the provider runs count as often as the call allows, and of the ways it may be served the dearest counts.
 */

const INPUT_RATES = ['input', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h'] as const satisfies readonly (keyof Rates)[]
const OUTPUT_RATES = ['output', 'reasoning', 'outputAudio', 'outputImage'] as const satisfies readonly (keyof Rates)[]

/** The dearest rate of the prompt or of the answer. */
interface SideRate {
  readonly rate: NanoUsd
  /**
   * Each line of a bill is rounded up for itself, so a side that is split over several lines may cost a few nano-USD more than in one. At a whole
   * number of nano-USD a token, as nearly all prices are, a cheaper line cannot round past it.
   */
  readonly slack: NanoUsd
}

interface DearestRates {
  readonly input: SideRate
  readonly output: SideRate
}

/** The worst-case cost of an attempt of this size; null when it asks for something that has no known price. */
export function bound(price: ModelPrice, size: CallSize, asked: CallExtras = {}): NanoUsd | null {
  const fees = feeBound(price, asked)
  if (fees === null) return null
  const { serviceTier, geography } = asked
  if (serviceTier === undefined && geography === undefined) return tokensBound(price, size) + fees
  const prices = possiblePrices(price, asked)
  if (!prices) return null
  let most = 0n
  for (const one of prices) {
    const tokens = tokensBound(one, size)
    if (tokens > most) most = tokens
  }
  return most + fees
}

/** The most output tokens that `limit` pays for after a prompt of so many tokens; 0 when not even the prompt fits, or something has no known price. */
export function affordableOutput(
  price: ModelPrice,
  promptTokens: number,
  limit: NanoUsd,
  asked: CallExtras = {},
): number {
  const prices = possiblePrices(price, asked)
  const fees = feeBound(price, asked)
  if (!prices || fees === null) return 0
  return Math.min(...prices.map((one) => affordableAt(one, promptTokens, limit - fees)))
}

function affordableAt(price: ModelPrice, promptTokens: number, limit: NanoUsd): number {
  const { input, output } = dearestRates(price, promptTokens)
  const rest = limit - sideBound(promptTokens, input)
  if (rest < 0n) return 0
  const { rate, slack } = output
  if (rate === 0n) return Number.MAX_SAFE_INTEGER
  if (rest <= slack) return 0
  const tokens = ((rest - slack) * UNITS_PER_RATE) / rate
  return tokens > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(tokens)
}

/** What is paid by the piece, at most; null when a tool that may be used has no known price. */
function feeBound({ fees }: ModelPrice, { toolUses }: CallExtras): NanoUsd | null {
  let total = fees?.calls ? lineCost(1, fees.calls) : 0n
  if (!toolUses) return total
  for (const counter of FEE_COUNTERS) {
    const uses = toolUses[counter]
    if (!uses) continue
    const fee = fees?.[counter]
    if (fee === undefined) return null
    total += lineCost(uses, fee)
  }
  return total
}

function tokensBound(price: ModelPrice, { inputTokens, maxOutputTokens }: CallSize): NanoUsd {
  const { input, output } = dearestRates(price, inputTokens)
  return sideBound(inputTokens, input) + sideBound(maxOutputTokens, output)
}

function sideBound(tokens: number, { rate, slack }: SideRate): NanoUsd {
  return tokens === 0 ? 0n : lineCost(tokens, rate) + slack
}

const NO_TIERS: readonly PriceTier[] = []

/** Of prices that calls were bound at, for prompts that reach no tier. */
const ofShortPrompts = new WeakMap<ModelPrice, DearestRates>()

function dearestRates(price: ModelPrice, promptTokens: number): DearestRates {
  const reached =
    price.tiers.length === 0 ? NO_TIERS : price.tiers.filter(({ fromInputTokens }) => fromInputTokens <= promptTokens)
  const known = reached.length === 0 ? ofShortPrompts.get(price) : undefined
  if (known) return known
  const lists = [price, ...reached.map(({ rates }) => rates)]
  const rates = { input: sideRate(lists, INPUT_RATES), output: sideRate(lists, OUTPUT_RATES) }
  if (reached.length === 0) ofShortPrompts.set(price, rates)
  return rates
}

function sideRate(lists: readonly Partial<Rates>[], names: readonly (keyof Rates)[]): SideRate {
  let most = 0n
  for (const list of lists) {
    for (const name of names) {
      const rate = list[name] ?? 0n
      if (rate > most) most = rate
    }
  }
  return { rate: most, slack: most % UNITS_PER_RATE === 0n ? 0n : BigInt(names.length - 1) }
}
