import type { ProviderDefinition } from './provider.ts'

/**
 * xAI, as a page that repeats its field list describes it. Reasoning models answer `stop`, `presence_penalty` and `frequency_penalty` with 400; which of a caller's models reason
 * is not known here, so the fields are passed on. Responses is its newer API (https://docs.x.ai/developers/model-capabilities/text/comparison). A closed stream ends the bill (https://openrouter.ai/docs/api-reference/streaming).
 */
export const xai: ProviderDefinition = {
  type: 'xai',
  title: 'xAI',
  dialects: ['openai-chat', 'openai-responses'],
  baseUrl: 'https://api.x.ai/v1',
  auth: { kind: 'bearer' },
  keyVariable: 'XAI_API_KEY',
  priceProvider: 'x-ai',
  quirks: { maxTokensField: 'max_completion_tokens', maxStops: 4 },
  abortStopsBilling: true,
  suggestedModels: { small: 'grok-4-1-fast-non-reasoning', large: 'grok-4.3' },
  source: { url: 'https://docs.outcode.biz/en/apps/ai/xai/actions/create-text-completion', date: '2026-11-21' },
}
