import type { PriceOverride } from './price-override.ts'

/*
 * Rows of the price data that are known to be wrong for the models that a provider serves today. Each says what is right, where that was read
 * and when. A correction beats the price data and loses against the config. Delete a row when the price data has caught up.
 *
 * Where a price changes with the time of day or an alias may mean one of two models, the dearer figure is taken: a budget may then stop a little
 * early, never late.
 */

/** The right price of some models, with its source. */
export interface PriceCorrection {
  /** Provider id in the price data. */
  readonly provider: string
  /** Exact model names. */
  readonly models: readonly string[]
  readonly price: PriceOverride
  readonly contextTokens?: number
  readonly reason: string
  readonly source: string
  /** When it was read. */
  readonly date: string
}

/** All corrections. A model is in at most one. */
export const PRICE_CORRECTIONS: readonly PriceCorrection[] = [
  {
    provider: 'deepseek',
    models: [
      'deepseek-flash',
      'deepseek-v4-flash',
      'deepseek-v4-flash-vision-exp',
      'deepseek-v4.1-flash',
      'deepseek-chat',
      'deepseek-reasoner',
    ],
    price: { inputPerMtok: 0.3, cachedInputPerMtok: 0.006, outputPerMtok: 1.2 },
    contextTokens: 1_000_000,
    reason:
      'Since 2026-09-10 all Flash names are served and billed as V4.1 Flash, and deepseek-chat and deepseek-reasoner were aliases of Flash before they were retired. Peak rates; half of them off peak.',
    source: 'https://api-docs.deepseek.com/quick_start/pricing',
    date: '2026-11-21',
  },
  {
    provider: 'mistral',
    models: ['mistral-large', 'mistral-large-latest', 'mistral-large-4', 'mistral-large-4-0'],
    price: { inputPerMtok: 1.36, outputPerMtok: 4.18 },
    contextTokens: 262_144,
    reason:
      'The price data still means Large 2 (2/6). The alias has moved to Large 3 (0.5/1.5) and may move to Large 4 (list price 1.36/4.18); the dearer of the two.',
    source: 'https://docs.mistral.ai/models/mistral-large-4-0',
    date: '2026-11-21',
  },
  {
    provider: 'mistral',
    models: ['mistral-small-latest', 'magistral-small-latest'],
    price: { inputPerMtok: 0.15, outputPerMtok: 0.6 },
    contextTokens: 262_144,
    reason: 'Both aliases have moved to Mistral Small 4.',
    source: 'https://mistral.ai/pricing/api',
    date: '2026-11-21',
  },
  {
    provider: 'mistral',
    models: ['mistral-medium'],
    price: { inputPerMtok: 1.5, cachedInputPerMtok: 0.15, outputPerMtok: 7.5 },
    contextTokens: 262_144,
    reason: 'The bare name has moved to Mistral Medium 3.5, as mistral-medium-latest has.',
    source: 'https://mistral.ai/pricing/api',
    date: '2026-11-21',
  },
]
