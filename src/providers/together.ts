import type { ProviderDefinition } from './provider.ts'

/** Together AI. A closed stream ends the bill (https://openrouter.ai/docs/api-reference/streaming). */
export const together: ProviderDefinition = {
  type: 'together',
  title: 'Together AI',
  dialects: ['openai-chat', 'openai-embeddings'],
  baseUrl: 'https://api.together.ai/v1',
  auth: { kind: 'bearer' },
  keyVariable: 'TOGETHER_API_KEY',
  quirks: { topK: true, maxTokensField: 'max_tokens' },
  abortStopsBilling: true,
  suggestedModels: {
    small: 'meta-llama/Llama-3.3-70B-Instruct-Turbo',
    large: 'meta-llama/Llama-3.3-70B-Instruct-Turbo',
  },
  source: { url: 'https://docs.together.ai/docs/inference/openai-compatibility', date: '2026-11-21' },
}
