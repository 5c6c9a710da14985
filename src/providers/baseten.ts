import type { ProviderDefinition } from './provider.ts'

/**
 * Baseten's shared models; a deployment of one's own has an address of its own. Nothing is said about the bill of a closed stream, so we
 * count on it going on.
 */
export const baseten: ProviderDefinition = {
  type: 'baseten',
  title: 'Baseten',
  dialects: ['openai-chat'],
  baseUrl: 'https://inference.baseten.co/v1',
  auth: { kind: 'bearer' },
  keyVariable: 'BASETEN_API_KEY',
  quirks: { maxTokensField: 'max_tokens' },
  abortStopsBilling: false,
  suggestedModels: { small: 'openai/gpt-oss-120b', large: 'moonshotai/Kimi-K3' },
  source: {
    url: 'https://github.com/anomalyco/models.dev/blob/dev/providers/baseten/provider.toml',
    date: '2026-11-21',
  },
}
