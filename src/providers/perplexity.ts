import type { ProviderDefinition } from './provider.ts'

/**
 * Perplexity. The base URL has no `/v1`: chat completions are an alias of its own address. Every call searches the web and pays for it; what it all
 * cost is in the usage, which comes in every chunk. A closed stream does not end the bill
 * (https://openrouter.ai/docs/api-reference/streaming).
 */
export const perplexity: ProviderDefinition = {
  type: 'perplexity',
  title: 'Perplexity',
  dialects: ['openai-chat'],
  baseUrl: 'https://api.perplexity.ai',
  auth: { kind: 'bearer' },
  keyVariable: 'PERPLEXITY_API_KEY',
  quirks: { maxTokensField: 'max_tokens', streamUsage: false, topK: true },
  abortStopsBilling: false,
  suggestedModels: { small: 'sonar', large: 'sonar-pro' },
  source: { url: 'https://docs.perplexity.ai/docs/sonar/openai-compatibility', date: '2026-11-21' },
}
