import type { ProviderDefinition } from './provider.ts'

/**
 * Hugging Face's router to inference providers; `MODEL:PROVIDER` picks one, and each has its own price. A closed stream does not end the bill
 * (https://openrouter.ai/docs/api-reference/streaming).
 */
export const huggingface: ProviderDefinition = {
  type: 'huggingface',
  title: 'Hugging Face Inference Providers',
  dialects: ['openai-chat'],
  baseUrl: 'https://router.huggingface.co/v1',
  auth: { kind: 'bearer' },
  keyVariable: 'HF_TOKEN',
  quirks: { maxTokensField: 'max_tokens' },
  abortStopsBilling: false,
  source: {
    url: 'https://github.com/anomalyco/models.dev/blob/dev/providers/huggingface/provider.toml',
    date: '2026-11-21',
  },
}
