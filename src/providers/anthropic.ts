import type { ProviderDefinition } from './provider.ts'

/**
 * Anthropic. The base URL is the bare origin: the dialect's path begins with `/v1`. The version is the one that knows
 * `temperature`, `top_p` and `top_k`; 2026-10-21 answers them with 400. A closed stream ends generation and the bill
 * (https://openrouter.ai/docs/api-reference/streaming).
 */
export const anthropic: ProviderDefinition = {
  type: 'anthropic',
  title: 'Anthropic',
  dialects: ['anthropic-messages'],
  baseUrl: 'https://api.anthropic.com',
  auth: { kind: 'header', name: 'x-api-key' },
  headers: { 'anthropic-version': '2023-06-01' },
  keyVariable: 'ANTHROPIC_API_KEY',
  abortStopsBilling: true,
  suggestedModels: { small: 'claude-haiku-4-5', large: 'claude-sonnet-5' },
  source: { url: 'https://platform.claude.com/docs/en/api/versioning', date: '2026-11-21' },
}
