import type { ProviderDefinition } from './provider.ts'

/**
 * Fireworks AI. Models have long names (`accounts/fireworks/models/…`); an absent cap may mean 200 tokens, so one is always
 * written. Usage comes in the last chunk of every stream. A closed stream ends the bill
 * (https://openrouter.ai/docs/api-reference/streaming).
 */
export const fireworks: ProviderDefinition = {
  type: 'fireworks',
  title: 'Fireworks AI',
  dialects: ['openai-chat', 'openai-embeddings'],
  baseUrl: 'https://api.fireworks.ai/inference/v1',
  auth: { kind: 'bearer' },
  keyVariable: 'FIREWORKS_API_KEY',
  quirks: { topK: true, maxTokensField: 'max_tokens', defaultMaxTokens: 4096 },
  abortStopsBilling: true,
  suggestedModels: {
    small: 'accounts/fireworks/models/gpt-oss-20b',
    large: 'accounts/fireworks/models/gpt-oss-120b',
  },
  source: { url: 'https://docs.fireworks.ai/api-reference/post-chatcompletions', date: '2026-11-21' },
}
