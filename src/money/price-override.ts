import { createHash } from 'node:crypto'
import { type NanoUsd, nanoUsdFrom, usdText } from '../canonical/money.ts'
import type { ModelPrice } from '../providers/deployment.ts'

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
}

/** The price that an override means, with every rate set. Throws RangeError when a figure is not an amount of USD. */
export function priceFromOverride(override: PriceOverride, version: string): ModelPrice {
  const input = nano(override.inputPerMtok)
  const output = nano(override.outputPerMtok)
  const rate = (amount: PerMtok | undefined, otherwise: NanoUsd): NanoUsd =>
    amount === undefined ? otherwise : nano(amount)
  const cacheWrite5m = rate(override.cacheWritePerMtok, input)
  return {
    version,
    input,
    output,
    cacheRead: rate(override.cachedInputPerMtok, input),
    cacheWrite5m,
    cacheWrite1h: rate(override.cacheWrite1hPerMtok, cacheWrite5m),
    reasoning: rate(override.reasoningPerMtok, output),
    inputAudio: input,
    outputAudio: output,
    tiers: [],
  }
}

/** A version that changes when the price does, and only then: `config:1f09a2c4`. */
export function overrideVersion(override: PriceOverride): string {
  const { version: _, tiers: __, ...rates } = priceFromOverride(override, '')
  const text = Object.values(rates).map(usdText).join(' ')
  return `config:${createHash('sha256').update(text).digest('hex').slice(0, 8)}`
}

function nano(amount: PerMtok): NanoUsd {
  return typeof amount === 'bigint' ? amount : nanoUsdFrom(amount)
}
