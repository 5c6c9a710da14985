import type { CallExtras } from '../canonical/call-extras.ts'
import type { NanoUsd } from '../canonical/money.ts'
import { FEE_COUNTERS } from '../canonical/usage.ts'
import type { ModelPrice, Rates } from '../providers/deployment.ts'
import { lineCost, UNITS_PER_RATE } from './cost.ts'
import type { CallSize } from './reservation.ts'
import { possiblePrices } from './served-price.ts'

/*
 * The most that one attempt can cost, given its size. Before a call nobody knows how a provider will split the prompt between its cache and the rest, or
 * the answer between text and reasoning, so every prompt token counts at the dearest rate a prompt token can have, and every answer token likewise, over
 * the base rates and all tiers that the prompt may reach. Audio in the prompt is the exception: it counts at the text rates, because its bytes already
 * count as text, many times over. Tools that the provider runs count as often as the call allows, and of the ways it may be served the dearest counts.
 */

/** The prompt or the answer. */
interface Side {
  /** What its tokens may be charged at. */
  readonly rates: readonly (keyof Rates)[]
  /** The dearest of these, for prices that were asked for. */
  readonly known: WeakMap<ModelPrice, NanoUsd>
}

const INPUT: Side = { rates: ['input', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h'], known: new WeakMap() }
const OUTPUT: Side = { rates: ['output', 'reasoning', 'outputAudio', 'outputImage'], known: new WeakMap() }

/** The worst-case cost of an attempt of this size; null when it asks for something that has no known price. */
export function bound(price: ModelPrice, size: CallSize, asked: CallExtras = {}): NanoUsd | null {
  const prices = possiblePrices(price, asked)
  const fees = feeBound(price, asked)
  if (!prices || fees === null) return null
  let most = 0n
  for (const one of prices) {
    const tokens =
      sideBound(size.inputTokens, one, INPUT, size.inputTokens) +
      sideBound(size.maxOutputTokens, one, OUTPUT, size.inputTokens)
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
  const rest = limit - sideBound(promptTokens, price, INPUT, promptTokens)
  if (rest < 0n) return 0
  const rate = dearest(price, OUTPUT, promptTokens)
  if (rate === 0n) return Number.MAX_SAFE_INTEGER
  const slack = splitSlack(rate, OUTPUT.rates.length)
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

function sideBound(tokens: number, price: ModelPrice, side: Side, promptTokens: number): NanoUsd {
  if (tokens === 0) return 0n
  const rate = dearest(price, side, promptTokens)
  return lineCost(tokens, rate) + splitSlack(rate, side.rates.length)
}

/**
 * Each line of a bill is rounded up for itself, so a side that is split over several lines may cost a few nano-USD more than in one. At a whole
 * number of nano-USD a token, as nearly all prices are, a cheaper line cannot round past it.
 */
function splitSlack(rate: NanoUsd, lines: number): NanoUsd {
  return rate % UNITS_PER_RATE === 0n ? 0n : BigInt(lines - 1)
}

function dearest(price: ModelPrice, { rates: names, known }: Side, promptTokens: number): NanoUsd {
  let most = known.get(price)
  if (most === undefined) {
    most = dearestIn(price, names)
    known.set(price, most)
  }
  for (const { fromInputTokens, rates } of price.tiers) {
    if (fromInputTokens > promptTokens) continue
    const rate = dearestIn(rates, names)
    if (rate > most) most = rate
  }
  return most
}

function dearestIn(rates: Partial<Rates>, names: readonly (keyof Rates)[]): NanoUsd {
  let most = 0n
  for (const name of names) {
    const rate = rates[name] ?? 0n
    if (rate > most) most = rate
  }
  return most
}
