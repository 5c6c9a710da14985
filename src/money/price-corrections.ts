import type { PriceOverride } from './price-override.ts'

/*
 * Rows of the price data that are known to be wrong for the models that a provider serves today, or to be missing. Each says what is right, where that was
 * read and when. A correction beats the price data and loses against the config. Delete a row when the price data has caught up.
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
  /** What prompts of at least so many tokens cost. */
  readonly longPrompt?: { readonly fromInputTokens: number; readonly price: PriceOverride }
  /** What is paid by the piece, in USD per thousand. Default: what the price data says. */
  readonly feesPerThousand?: { readonly calls?: number; readonly webSearches?: number }
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
  {
    provider: 'anthropic',
    models: ['claude-sonnet-5-5'],
    price: {
      inputPerMtok: 2,
      cachedInputPerMtok: 0.2,
      cacheWritePerMtok: 2.5,
      cacheWrite1hPerMtok: 4,
      outputPerMtok: 10,
    },
    feesPerThousand: { webSearches: 10 },
    contextTokens: 1_000_000,
    reason: 'Newer than the price data, which takes it for Sonnet 5.',
    source: 'https://platform.claude.com/docs/en/about-claude/pricing#model-pricing',
    date: '2026-11-21',
  },
  {
    provider: 'anthropic',
    models: ['claude-haiku-5-5'],
    price: {
      inputPerMtok: 0.1,
      cachedInputPerMtok: 0.01,
      cacheWritePerMtok: 0.125,
      cacheWrite1hPerMtok: 0.2,
      outputPerMtok: 0.5,
    },
    longPrompt: {
      fromInputTokens: 100_001,
      price: {
        inputPerMtok: 0.5,
        cachedInputPerMtok: 0.05,
        cacheWritePerMtok: 0.625,
        cacheWrite1hPerMtok: 1,
        outputPerMtok: 2.5,
      },
    },
    feesPerThousand: { webSearches: 10 },
    contextTokens: 1_000_000,
    reason: 'Newer than the price data. Prompts of more than 100,000 tokens cost five times as much.',
    source: 'https://platform.claude.com/docs/en/about-claude/pricing#model-pricing',
    date: '2026-11-21',
  },
  {
    provider: 'openai',
    models: ['gpt-6.1-sol'],
    price: { inputPerMtok: 2, cachedInputPerMtok: 0.1, cacheWritePerMtok: 2.5, outputPerMtok: 10 },
    longPrompt: {
      fromInputTokens: 272_001,
      price: { inputPerMtok: 4, cachedInputPerMtok: 0.2, cacheWritePerMtok: 5, outputPerMtok: 15 },
    },
    feesPerThousand: { webSearches: 10 },
    contextTokens: 1_050_000,
    reason: 'Newer than the price data. Prompts of more than 272,000 tokens are long.',
    source: 'https://developers.openai.com/api/docs/models/gpt-6.1-sol',
    date: '2026-11-21',
  },
  {
    provider: 'openai',
    models: ['gpt-4o-search-preview', 'gpt-4o-search-preview-2025-03-11'],
    price: { inputPerMtok: 2.5, outputPerMtok: 10 },
    feesPerThousand: { calls: 25, webSearches: 0 },
    contextTokens: 128_000,
    reason:
      'In Chat Completions it searches before every answer, at $25 per thousand calls; the price data leaves that out.',
    source: 'https://developers.openai.com/api/docs/pricing',
    date: '2026-11-21',
  },
  {
    provider: 'openai',
    models: ['gpt-4o-mini-search-preview', 'gpt-4o-mini-search-preview-2025-03-11'],
    price: { inputPerMtok: 0.15, outputPerMtok: 0.6 },
    feesPerThousand: { calls: 25, webSearches: 0 },
    contextTokens: 128_000,
    reason:
      'In Chat Completions it searches before every answer, at $25 per thousand calls; the price data takes it for GPT-4o mini.',
    source: 'https://developers.openai.com/api/docs/pricing',
    date: '2026-11-21',
  },
  {
    provider: 'openai',
    models: ['gpt-5-search-api', 'gpt-5-search-api-2025-10-14'],
    price: { inputPerMtok: 1.25, cachedInputPerMtok: 0.125, outputPerMtok: 10 },
    feesPerThousand: { calls: 10, webSearches: 0 },
    contextTokens: 128_000,
    reason:
      'In Chat Completions it searches before every answer, at $10 per thousand calls; the price data does not have it.',
    source: 'https://developers.openai.com/api/docs/pricing',
    date: '2026-11-21',
  },
]
