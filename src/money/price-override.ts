import { createHash } from 'node:crypto'
import { type NanoUsd, nanoUsdFrom, usdText } from '../canonical/money.ts'
import type { Fees, ModelPrice, PriceTier, Rates } from '../providers/deployment.ts'
import { RATE_NAMES } from './served-price.ts'

/** An amount per million tokens: USD as a number, nano-USD as a bigint. */
export type PerMtok = number | NanoUsd

/** A price per million tokens, as a config or a correction gives it. */
export interface PriceOverride {
  readonly inputPerMtok: PerMtok
  readonly outputPerMtok: PerMtok
  /** Default: the input price. */
  readonly cachedInputPerMtok?: PerMtok | undefined
  /** Default: the input price. */
  readonly cacheWritePerMtok?: PerMtok | undefined
  /** Default: the price of the other cache writes. */
  readonly cacheWrite1hPerMtok?: PerMtok | undefined
  /** Default: the output price. */
  readonly reasoningPerMtok?: PerMtok | undefined
  /** Default: the input price. */
  readonly inputAudioPerMtok?: PerMtok | undefined
  /** Default: the output price. */
  readonly outputAudioPerMtok?: PerMtok | undefined
}

/** A server of one's own charges for no tool. */
export const NO_FEES: Fees = { webSearches: 0n, fileSearches: 0n, codeSessions: 0n, otherToolUses: 0n }

/** The price that an override means, with every rate set. Throws RangeError when a figure is not an amount of USD. */
export function priceFromOverride(
  override: PriceOverride,
  version: string,
  more: { readonly tiers?: readonly PriceTier[]; readonly fees?: Fees } = {},
): ModelPrice {
  const { tiers = [], fees } = more
  return { version, ...ratesFromOverride(override), tiers, ...(fees ? { fees } : {}) }
}

/** Every rate that an override means. Throws RangeError when a figure is not an amount of USD. */
export function ratesFromOverride(override: PriceOverride): Rates {
  const input = nano(override.inputPerMtok)
  const output = nano(override.outputPerMtok)
  const rate = (amount: PerMtok | undefined, otherwise: NanoUsd): NanoUsd =>
    amount === undefined ? otherwise : nano(amount)
  const cacheRead = rate(override.cachedInputPerMtok, input)
  const cacheWrite5m = rate(override.cacheWritePerMtok, input)
  return {
    input,
    output,
    cacheRead,
    cacheReadAudio: cacheRead,
    cacheWrite5m,
    cacheWrite1h: rate(override.cacheWrite1hPerMtok, cacheWrite5m),
    reasoning: rate(override.reasoningPerMtok, output),
    inputAudio: rate(override.inputAudioPerMtok, input),
    outputAudio: rate(override.outputAudioPerMtok, output),
    outputImage: output,
  }
}

/** A version that changes when the price does, and only then: `config:1f09a2c4`. */
export function overrideVersion(override: PriceOverride, fees: Fees = {}): string {
  const rates = ratesFromOverride(override)
  const said = [
    ...RATE_NAMES.map((name) => usdText(rates[name])),
    ...Object.entries(fees)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, fee]) => `${name} ${usdText(fee)}`),
  ]
  return `config:${createHash('sha256').update(said.join(' ')).digest('hex').slice(0, 8)}`
}

function nano(amount: PerMtok): NanoUsd {
  return typeof amount === 'bigint' ? amount : nanoUsdFrom(amount)
}
