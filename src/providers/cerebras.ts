import type { ProviderDefinition } from './provider.ts'

/**
 * Cerebras. Penalties, logit bias, service tiers and `parallel_tool_calls` are answered with 400
 * (https://hexdocs.pm/req_llm/cerebras.html). Nothing is said about the bill of a closed stream, so we count on it going on.
 */
export const cerebras: ProviderDefinition = {
  type: 'cerebras',
  title: 'Cerebras',
  dialects: ['openai-chat'],
  baseUrl: 'https://api.cerebras.ai/v1',
  auth: { kind: 'bearer' },
  keyVariable: 'CEREBRAS_API_KEY',
  quirks: {
    maxTokensField: 'max_completion_tokens',
    reasoningField: 'reasoning',
    rejects: ['frequency_penalty', 'logit_bias', 'parallel_tool_calls', 'presence_penalty', 'service_tier'],
  },
  abortStopsBilling: false,
  suggestedModels: { small: 'gpt-oss-120b', large: 'zai-glm-4.7' },
  source: { url: 'https://inference-docs.cerebras.ai/resources/openai', date: '2026-11-21' },
}
