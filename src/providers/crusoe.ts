import type { ProviderDefinition } from './provider.ts'

/**
 * Crusoe's managed inference. Nothing is said about the bill of a closed stream, so we count on it going on.
 */
export const crusoe: ProviderDefinition = {
  type: 'crusoe',
  title: 'Crusoe Cloud',
  dialects: ['openai-chat'],
  baseUrl: 'https://api.inference.crusoecloud.com/v1',
  auth: { kind: 'bearer' },
  keyVariable: 'CRUSOE_API_KEY',
  quirks: { maxTokensField: 'max_tokens', reasoningField: 'reasoning' },
  abortStopsBilling: false,
  source: {
    url: 'https://github.com/anomalyco/models.dev/blob/dev/providers/crusoe/provider.toml',
    date: '2026-11-21',
  },
}
