import type { ProviderDefinition } from './provider.ts'

/**
 * OpenAI. `max_tokens` is deprecated and rejected by reasoning models. A closed stream ends generation and the bill
 * (https://openrouter.ai/docs/api-reference/streaming).
 */
export const openai: ProviderDefinition = {
  type: 'openai',
  title: 'OpenAI',
  dialects: ['openai-chat', 'openai-responses', 'openai-embeddings'],
  baseUrl: 'https://api.openai.com/v1',
  auth: { kind: 'bearer' },
  keyVariable: 'OPENAI_API_KEY',
  quirks: { maxTokensField: 'max_completion_tokens', promptCacheKey: true, developerRole: true, maxStops: 4 },
  abortStopsBilling: true,
  suggestedModels: { small: 'gpt-5.4-mini', large: 'gpt-5.4' },
  source: {
    url: 'https://github.com/openai/openai-node/blob/master/src/resources/chat/completions/completions.ts',
    date: '2026-11-21',
  },
}
