import type { ProviderDefinition } from './provider.ts'

/**
 * Cohere, in its own formats. The base URL is the bare origin: their paths begin with `/v2`. Fields that it does not know are answered with 422
 * (https://github.com/OpenRouterTeam/openrouter-examples/issues/71). What is charged for is `billed_units`, not `tokens`. A closed stream ends the bill
 * (https://openrouter.ai/docs/api-reference/streaming).
 */
export const cohere: ProviderDefinition = {
  type: 'cohere',
  title: 'Cohere',
  dialects: ['cohere-chat', 'cohere-embeddings'],
  baseUrl: 'https://api.cohere.com',
  auth: { kind: 'bearer' },
  keyVariable: 'CO_API_KEY',
  abortStopsBilling: true,
  suggestedModels: { small: 'command-r7b-12-2024', large: 'command-a-03-2025' },
  source: { url: 'https://docs.cohere.com/reference/chat', date: '2026-11-21' },
}
