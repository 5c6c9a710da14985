import type { ProviderDefinition } from './provider.ts'

/**
 * Groq. Log probabilities and logit bias are answered with 400, as are `messages[].name` and `n` above 1.
 * A closed stream does not end the bill (https://openrouter.ai/docs/api-reference/streaming).
 */
export const groq: ProviderDefinition = {
  type: 'groq',
  title: 'Groq',
  dialects: ['openai-chat'],
  baseUrl: 'https://api.groq.com/openai/v1',
  auth: { kind: 'bearer' },
  keyVariable: 'GROQ_API_KEY',
  quirks: { rejects: ['logit_bias', 'logprobs', 'top_logprobs'] },
  abortStopsBilling: false,
  suggestedModels: { small: 'openai/gpt-oss-20b', large: 'openai/gpt-oss-120b' },
  source: { url: 'https://console.groq.com/docs/openai', date: '2026-11-21' },
}
