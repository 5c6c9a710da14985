import type { ProviderDefinition } from './provider.ts'

/**
 * A LiteLLM proxy. Whether a closed stream ends the bill depends on the host behind it, so we count on none.
 */
export const litellmProxy: ProviderDefinition = {
  type: 'litellm-proxy',
  title: 'LiteLLM proxy',
  dialects: ['openai-chat', 'openai-embeddings'],
  auth: { kind: 'bearer' },
  quirks: { maxTokensField: 'max_tokens', topK: true, reasoningField: 'reasoning_content' },
  abortStopsBilling: false,
  source: {
    url: 'https://github.com/BerriAI/litellm/blob/main/docs/my-website/docs/providers/litellm_proxy.md',
    date: '2026-11-21',
  },
}
