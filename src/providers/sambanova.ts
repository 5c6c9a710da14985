import type { ProviderDefinition } from './provider.ts'

/**
 * SambaNova. A closed stream does not end the bill
 * (https://openrouter.ai/docs/api-reference/streaming).
 */
export const sambanova: ProviderDefinition = {
  type: 'sambanova',
  title: 'SambaNova',
  dialects: ['openai-chat', 'openai-embeddings'],
  baseUrl: 'https://api.sambanova.ai/v1',
  auth: { kind: 'bearer' },
  keyVariable: 'SAMBANOVA_API_KEY',
  quirks: { maxTokensField: 'max_tokens', topK: true },
  abortStopsBilling: false,
  source: {
    url: 'https://github.com/anomalyco/models.dev/blob/dev/providers/sambanova/provider.toml',
    date: '2026-11-21',
  },
}
