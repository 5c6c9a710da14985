import type { ProviderDefinition } from './provider.ts'

/**
 * LM Studio's server on the operator's machine. It needs no key; a closed connection ends the generation.
 */
export const lmStudio: ProviderDefinition = {
  type: 'lm-studio',
  title: 'LM Studio',
  dialects: ['openai-chat', 'openai-embeddings'],
  baseUrl: 'http://127.0.0.1:1234/v1',
  auth: { kind: 'bearer' },
  quirks: { maxTokensField: 'max_tokens', topK: true },
  abortStopsBilling: true,
  source: {
    url: 'https://github.com/anomalyco/models.dev/blob/dev/providers/lmstudio/provider.toml',
    date: '2026-11-21',
  },
}
