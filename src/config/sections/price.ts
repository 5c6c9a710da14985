import * as z from 'zod'

/** Prices the operator vouches for, in USD per million tokens as written. The price book fills what is missing and counts in nano-USD. */
export interface PriceConfig {
  readonly inputPerMtok: number
  readonly outputPerMtok: number
  /** Default: the input price. */
  readonly cachedInputPerMtok: number | undefined
  /** Default: the input price. */
  readonly cacheWritePerMtok: number | undefined
  /** Default: the price of the other cache writes. */
  readonly cacheWrite1hPerMtok: number | undefined
  /** Default: the output price. */
  readonly reasoningPerMtok: number | undefined
}

const usdPerMtok = z.number().min(0).max(1_000_000)

/** `providers.*.models.*.price` */
export const priceSection = z
  .strictObject({
    input_per_mtok: usdPerMtok.describe('USD per million prompt tokens.'),
    output_per_mtok: usdPerMtok.describe('USD per million generated tokens.'),
    cached_input_per_mtok: usdPerMtok
      .optional()
      .describe('USD per million prompt tokens read from the provider’s cache. Default: `input_per_mtok`.'),
    cache_write_per_mtok: usdPerMtok
      .optional()
      .describe('USD per million prompt tokens written to the provider’s cache. Default: `input_per_mtok`.'),
    cache_write_1h_per_mtok: usdPerMtok
      .optional()
      .describe('The same for entries that live an hour. Default: `cache_write_per_mtok`.'),
    reasoning_per_mtok: usdPerMtok.optional().describe('USD per million reasoning tokens. Default: `output_per_mtok`.'),
  })
  .transform(
    (section): PriceConfig => ({
      inputPerMtok: section.input_per_mtok,
      outputPerMtok: section.output_per_mtok,
      cachedInputPerMtok: section.cached_input_per_mtok,
      cacheWritePerMtok: section.cache_write_per_mtok,
      cacheWrite1hPerMtok: section.cache_write_1h_per_mtok,
      reasoningPerMtok: section.reasoning_per_mtok,
    }),
  )

/** What becomes of a call that has no known price. */
export type UnknownPrice = 'refuse' | 'ceiling' | 'flag'

/** `unknown_price` */
export const unknownPriceSection = z.enum(['refuse', 'ceiling', 'flag'])
