import type { ProviderDefinition } from './provider.ts'

/**
 * OpenRouter. Reasoning comes back in `reasoning_details`, blocks unchanged and in order. Responses is offered without state
 * (https://openrouter.ai/docs/api/reference/responses/overview). Whether a closed stream ends the
 * bill depends on the host behind it (Groq, Google, Bedrock and Mistral go on), so we count on none of them.
 */
export const openrouter: ProviderDefinition = {
  type: 'openrouter',
  title: 'OpenRouter',
  dialects: ['openai-chat', 'openai-responses', 'openai-embeddings'],
  baseUrl: 'https://openrouter.ai/api/v1',
  auth: { kind: 'bearer' },
  keyVariable: 'OPENROUTER_API_KEY',
  quirks: { topK: true, reasoningField: 'reasoning_details' },
  abortStopsBilling: false,
  suggestedModels: { small: 'openai/gpt-5.4-mini', large: 'anthropic/claude-sonnet-4.6' },
  source: { url: 'https://openrouter.ai/docs/api-reference/streaming', date: '2026-11-21' },
}
