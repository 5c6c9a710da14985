import type { Fraction } from './served-price.ts'

/*
 * What other ways of being served cost, as a fraction of the ordinary price. The price data knows ordinary prices only; these were read on the providers' own
 * pages. A provider that is here, but whose model is not, refuses to guess: asking for such a tier is asking for an unknown price. `flex` and `batch`
 * are never dearer than the ordinary price, which then counts.
 *
 * Pages were read as stored copies, of the day that `date` names or a few weeks before it.
 */

/** Models of a provider that are served in another way at another price. */
export interface ListedServiceTier {
  /** Provider id in the price data. */
  readonly provider: string
  /** The provider's word in `service_tier`. */
  readonly tier: string
  /** Row ids of the price data, or names of corrections; `*` is every model. */
  readonly models: readonly string[]
  /** Of every token rate. */
  readonly factor: Fraction
  /** Prompt tokens that a cache served cost as much as others: the two discounts do not add up. */
  readonly cachedAsInput?: boolean
  /** USD per million of them, where the page does not keep to the fraction. */
  readonly cachedInputPerMtok?: number
  readonly source: string
  /** When it was read. */
  readonly date: string
}

const OPENAI = { provider: 'openai', source: 'https://developers.openai.com/api/docs/pricing', date: '2026-11-21' }
const ANTHROPIC = {
  provider: 'anthropic',
  source: 'https://platform.claude.com/docs/en/about-claude/pricing',
  date: '2026-11-21',
}
const GOOGLE = { provider: 'google', source: 'https://ai.google.dev/gemini-api/docs/pricing', date: '2026-11-21' }
const GROQ = { provider: 'groq', source: 'https://console.groq.com/docs/service-tiers', date: '2026-11-21' }

const HALF: Fraction = [1n, 2n]
const TWICE: Fraction = [2n, 1n]

const GPT_6 = ['gpt-6-astra', 'gpt-6-sol', 'gpt-6-luna', 'gpt-6.1-sol']
const GPT_5_6 = ['gpt-5.6-sol', 'gpt-5.6-terra', 'gpt-5.6-luna']
const HALVED = [
  ...GPT_6,
  ...GPT_5_6,
  ...['gpt-5.5', 'gpt-5.5-pro', 'gpt-5.4-mini', 'gpt-5.4-nano', 'gpt-5.4-pro'],
  ...['gpt-5.2', 'gpt-5.1', 'gpt-5', 'gpt-5-mini', 'gpt-5-nano'],
]

/** All tiers that are known. */
export const SERVICE_TIERS: readonly ListedServiceTier[] = [
  // `priority` is what the page calls Fast mode since 2026-07-30.
  {
    ...OPENAI,
    tier: 'priority',
    models: [
      ...GPT_6,
      ...GPT_5_6,
      ...['gpt-5.4', 'gpt-5.4-mini', 'gpt-5.3-codex', 'gpt-5.2', 'gpt-5.1', 'gpt-5', 'gpt-4.1-nano'],
    ],
    factor: TWICE,
  },
  { ...OPENAI, tier: 'priority', models: ['gpt-5.5'], factor: [5n, 2n] },
  { ...OPENAI, tier: 'priority', models: ['gpt-5-mini'], factor: [9n, 5n] },
  { ...OPENAI, tier: 'priority', models: ['gpt-4.1', 'gpt-4.1-mini', 'gpt-4o-2024-05-13', 'o3'], factor: [7n, 4n] },
  { ...OPENAI, tier: 'priority', models: ['gpt-4o'], factor: [17n, 10n] },
  { ...OPENAI, tier: 'priority', models: ['gpt-4o-mini'], factor: [5n, 3n] },
  { ...OPENAI, tier: 'priority', models: ['o4-mini'], factor: [20n, 11n] },
  { ...OPENAI, tier: 'ultrafast', models: ['gpt-6-astra', 'gpt-6.1-sol'], factor: [6n, 1n] },
  { ...OPENAI, tier: 'flex', models: [...HALVED, 'o3'], factor: HALF },
  { ...OPENAI, tier: 'flex', models: ['gpt-5.4'], factor: HALF, cachedInputPerMtok: 0.13 },
  { ...OPENAI, tier: 'flex', models: ['o4-mini'], factor: HALF, cachedInputPerMtok: 0.138 },
  { ...OPENAI, tier: 'batch', models: [...HALVED, 'gpt-5.2-pro', 'gpt-5-pro'], factor: HALF },
  { ...OPENAI, tier: 'batch', models: ['gpt-5.4'], factor: HALF, cachedInputPerMtok: 0.13 },
  {
    ...OPENAI,
    tier: 'batch',
    models: [
      ...['gpt-4.1', 'gpt-4.1-mini', 'gpt-4.1-nano', 'gpt-4o', 'gpt-4o-2024-05-13', 'gpt-4o-mini'],
      ...['o1', 'o1-pro', 'o3', 'o3-pro', 'o3-mini', 'o4-mini', 'gpt-4-turbo', 'gpt-4', 'gpt-3.5-turbo'],
    ],
    factor: HALF,
    cachedAsInput: true,
  },
  { ...ANTHROPIC, tier: 'batch', models: ['*'], factor: HALF },
  { ...ANTHROPIC, tier: 'fast', models: ['claude-opus-5-5', 'claude-opus-5', 'claude-opus-4-8'], factor: TWICE },
  ...['batch', 'flex'].map((tier) => ({
    ...GOOGLE,
    tier,
    models: ['gemini-3.5-flash', 'gemini-3.5-flash-lite', 'gemini-3.6-flash', 'gemini-3.7-flash', 'gemini-3.8-flash'],
    factor: HALF,
  })),
  { ...GOOGLE, tier: 'batch', models: ['gemini-2.5-pro', 'gemini-3-flash-preview'], factor: HALF },
  { ...GOOGLE, tier: 'priority', models: ['gemini-3.7-flash', 'gemini-3.8-flash'], factor: [9n, 5n] },
  { ...GROQ, tier: 'flex', models: ['*'], factor: [1n, 1n] },
  {
    ...GROQ,
    tier: 'batch',
    models: ['*'],
    factor: HALF,
    cachedAsInput: true,
    source: 'https://console.groq.com/docs/batch',
  },
  {
    provider: 'x-ai',
    tier: 'priority',
    models: ['*'],
    factor: TWICE,
    source: 'https://docs.x.ai/developers/pricing',
    date: '2026-11-21',
  },
  {
    provider: 'fireworks',
    tier: 'priority',
    models: ['kimi-k3'],
    factor: [5n, 4n],
    source: 'https://docs.fireworks.ai/serverless/pricing',
    date: '2026-11-21',
  },
]

/** Hosts that pass a tier on to others, at prices that only their bill tells. */
const PASSES_ON: ReadonlySet<string> = new Set(['openrouter'])

/** The tiers of a model, by the provider's word; null when the provider has one way to serve. */
export function listedServiceTiers(provider: string, model: string): ReadonlyMap<string, ListedServiceTier> | null {
  const ofProvider = SERVICE_TIERS.filter((one) => one.provider === provider)
  if (ofProvider.length === 0 && !PASSES_ON.has(provider)) return null
  const found = ofProvider.filter(({ models }) => models.includes(model) || models.includes('*'))
  return new Map(found.map((one) => [one.tier, one]))
}
