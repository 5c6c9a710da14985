import type { ProviderDefinition } from './provider.ts'

/**
 * Google's Gemini API, as opened with a key of AI Studio. The base URL is the bare origin: the dialect's path begins with `/v1beta`, where alone thinking
 * and schemas in JSON Schema are taken. Google does not promise that a closed stream ends the bill, and is not on the list of hosts where it does
 * (https://openrouter.ai/docs/api-reference/streaming).
 */
export const google: ProviderDefinition = {
  type: 'google',
  title: 'Google Gemini',
  dialects: ['google-generate-content', 'google-embeddings'],
  baseUrl: 'https://generativelanguage.googleapis.com',
  auth: { kind: 'header', name: 'x-goog-api-key' },
  keyVariable: 'GEMINI_API_KEY',
  abortStopsBilling: false,
  suggestedModels: { small: 'gemini-3.5-flash-lite', large: 'gemini-3.8-flash' },
  source: { url: 'https://ai.google.dev/api/generate-content', date: '2026-11-21' },
}
