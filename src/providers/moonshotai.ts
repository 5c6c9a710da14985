import type { ProviderDefinition } from './provider.ts'

/**
 * Moonshot AI (Kimi), outside China. A turn with tool calls is refused with 400 in later requests unless its `reasoning_content` comes back
 * (https://www.librechat.ai/docs/configuration/librechat_yaml/ai_endpoints/moonshot), and its newer models fix the sampling fields
 * (https://java.agentscope.io/v2/en/integration/model/kimi). Nothing is said about the bill of a closed stream, so we count on it going on.
 */
export const moonshotai: ProviderDefinition = {
  type: 'moonshotai',
  title: 'Moonshot AI',
  dialects: ['openai-chat'],
  baseUrl: 'https://api.moonshot.ai/v1',
  auth: { kind: 'bearer' },
  keyVariable: 'MOONSHOT_API_KEY',
  quirks: { maxTokensField: 'max_completion_tokens', promptCacheKey: true, reasoningField: 'reasoning_content' },
  abortStopsBilling: false,
  suggestedModels: { small: 'kimi-k2.6', large: 'kimi-k3' },
  source: {
    url: 'https://github.com/anomalyco/models.dev/blob/dev/providers/moonshotai/provider.toml',
    date: '2026-11-21',
  },
}
