import type { ProviderDefinition } from './provider.ts'

/**
 * Mistral. Unknown fields, also inside messages, are answered with 422 (https://github.com/BerriAI/litellm/issues/30835), ids of tool calls of
 * another kind with 400 (https://github.com/nearai/ironclaw/issues/1241). Usage comes in every stream. A closed stream does not end
 * the bill (https://openrouter.ai/docs/api-reference/streaming).
 */
export const mistral: ProviderDefinition = {
  type: 'mistral',
  title: 'Mistral AI',
  dialects: ['openai-chat', 'openai-embeddings'],
  baseUrl: 'https://api.mistral.ai/v1',
  auth: { kind: 'bearer' },
  keyVariable: 'MISTRAL_API_KEY',
  quirks: {
    maxTokensField: 'max_tokens',
    streamUsage: false,
    promptCacheKey: true,
    reasoningField: 'thinking',
    efforts: ['none', 'high'],
    seedField: 'random_seed',
    nineLetterIds: true,
    documentUrls: true,
    prefixFlag: true,
    messageNames: false,
    rejects: [
      ...['logit_bias', 'logprobs', 'modalities', 'audio', 'reasoning', 'safety_identifier', 'service_tier', 'store'],
      ...['top_logprobs', 'user', 'verbosity', 'web_search_options'],
    ],
  },
  abortStopsBilling: false,
  suggestedModels: { small: 'mistral-small-latest', large: 'mistral-medium-latest' },
  source: {
    url: 'https://github.com/mistralai/client-python/blob/main/src/mistralai/client/models/chatcompletionrequest.py',
    date: '2026-11-21',
  },
}
