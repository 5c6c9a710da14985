import type { ProviderDefinition } from './provider.ts'

/**
 * Novita AI. A closed stream ends the bill
 * (https://openrouter.ai/docs/api-reference/streaming).
 */
export const novita: ProviderDefinition = {
  type: 'novita',
  title: 'Novita AI',
  dialects: ['openai-chat'],
  baseUrl: 'https://api.novita.ai/openai/v1',
  auth: { kind: 'bearer' },
  keyVariable: 'NOVITA_API_KEY',
  quirks: { maxTokensField: 'max_tokens', topK: true },
  abortStopsBilling: true,
  suggestedModels: {
    small: 'meta-llama/llama-3.1-8b-instruct',
    large: 'meta-llama/llama-3.3-70b-instruct',
  },
  source: {
    url: 'https://github.com/anomalyco/models.dev/blob/dev/providers/novita-ai/provider.toml',
    date: '2026-11-21',
  },
}
