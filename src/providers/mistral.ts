import type { ProviderDefinition } from './provider.ts'

/**
 * Mistral. Unknown fields are answered with 422: OpenAI's `seed` is called `random_seed` there, and usage comes in every
 * stream without `stream_options` (https://github.com/openai/openai-agents-python/issues/442). A closed stream does not
 * end the bill (https://openrouter.ai/docs/api-reference/streaming).
 */
export const mistral: ProviderDefinition = {
  type: 'mistral',
  title: 'Mistral AI',
  dialects: ['openai-chat'],
  baseUrl: 'https://api.mistral.ai/v1',
  auth: { kind: 'bearer' },
  keyVariable: 'MISTRAL_API_KEY',
  quirks: {
    maxTokensField: 'max_tokens',
    streamUsage: false,
    promptCacheKey: true,
    rejects: ['logit_bias', 'logprobs', 'seed', 'service_tier', 'store', 'stream_options', 'top_logprobs', 'user'],
  },
  abortStopsBilling: false,
  suggestedModels: { small: 'mistral-small-latest', large: 'mistral-medium-latest' },
  source: { url: 'https://docs.mistral.ai/inference/conversations/advanced/prompt-caching', date: '2026-11-21' },
}
