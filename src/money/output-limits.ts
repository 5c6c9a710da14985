import { withoutSnapshot } from './price-match.ts'

/*
 * The most tokens a model generates, where a provider lets the caller leave it out and the price data does not say. Only models whose page was read are
 * here; a figure that is too low would make a hold too small. https://platform.openai.com/docs/models (2025-11-20)
 */
const MAX_OUTPUT_TOKENS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  openai: {
    'gpt-3.5-turbo': 4_096,
    'gpt-4': 8_192,
    'gpt-4-turbo': 4_096,
    'gpt-4o': 16_384,
    'gpt-4o-mini': 16_384,
    'chatgpt-4o-latest': 16_384,
    'gpt-4.1': 32_768,
    'gpt-4.1-mini': 32_768,
    'gpt-4.1-nano': 32_768,
    o1: 100_000,
    o3: 100_000,
    'o3-mini': 100_000,
    'o4-mini': 100_000,
    'gpt-5': 128_000,
    'gpt-5-mini': 128_000,
    'gpt-5-nano': 128_000,
    'gpt-5.1': 128_000,
  },
}

/** The most a model generates in one answer, in tokens; null when not known. */
export function maxOutputTokensOf(provider: string, model: string): number | null {
  const limits = MAX_OUTPUT_TOKENS[provider]
  return limits?.[model] ?? limits?.[withoutSnapshot(model)] ?? null
}
