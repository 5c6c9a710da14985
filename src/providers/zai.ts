import type { ProviderDefinition } from './provider.ts'

/**
 * Z.AI (GLM). The base URL ends in `/v4`; subscribers of the coding plan have `/api/coding/paas/v4`. One stop text
 * (https://docs.spring.io/spring-ai/reference/api/chat/zhipuai-chat.html), and thinking is switched with `thinking`.
 * Nothing is said about the bill of a closed stream, so we count on it going on.
 */
export const zai: ProviderDefinition = {
  type: 'zai',
  title: 'Z.AI',
  dialects: ['openai-chat'],
  baseUrl: 'https://api.z.ai/api/paas/v4',
  auth: { kind: 'bearer' },
  keyVariable: 'ZAI_API_KEY',
  quirks: { maxTokensField: 'max_tokens', maxStops: 1, reasoningField: 'reasoning_content' },
  abortStopsBilling: false,
  suggestedModels: { small: 'glm-5.3-flash', large: 'glm-5.3' },
  source: { url: 'https://ai-sdk.dev/providers/ai-sdk-providers/zai', date: '2026-11-21' },
}
