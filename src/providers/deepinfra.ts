import type { ProviderDefinition } from './provider.ts'

/**
 * DeepInfra. Its OpenAI-like base URL ends in `/openai`. A closed stream ends the bill
 * (https://openrouter.ai/docs/api-reference/streaming).
 */
export const deepinfra: ProviderDefinition = {
  type: 'deepinfra',
  title: 'DeepInfra',
  dialects: ['openai-chat', 'openai-embeddings'],
  baseUrl: 'https://api.deepinfra.com/v1/openai',
  auth: { kind: 'bearer' },
  keyVariable: 'DEEPINFRA_API_KEY',
  quirks: { maxTokensField: 'max_tokens', topK: true },
  abortStopsBilling: true,
  source: {
    url: 'https://github.com/anomalyco/models.dev/blob/dev/providers/deepinfra/provider.toml',
    date: '2026-11-21',
  },
}
