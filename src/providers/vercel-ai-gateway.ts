import type { ProviderDefinition } from './provider.ts'

/**
 * Vercel's AI Gateway. Reasoning comes back in `reasoning_details`, blocks unchanged and in order. Whether a closed stream ends the bill depends on the
 * host behind it, so we count on none.
 */
export const vercelAiGateway: ProviderDefinition = {
  type: 'vercel-ai-gateway',
  title: 'Vercel AI Gateway',
  dialects: ['openai-chat'],
  baseUrl: 'https://ai-gateway.vercel.sh/v1',
  auth: { kind: 'bearer' },
  keyVariable: 'AI_GATEWAY_API_KEY',
  quirks: { reasoningField: 'reasoning_details' },
  abortStopsBilling: false,
  source: { url: 'https://vercel.com/docs/ai-gateway/sdks-and-apis/openai-chat-completions', date: '2026-11-21' },
}
