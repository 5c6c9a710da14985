import type { ProviderDefinition } from './provider.ts'

/**
 * A vLLM server. It needs a key only when started with `--api-key`; `parallel_tool_calls` and `user` are ignored.
 * A closed connection aborts the request in the engine.
 */
export const vllm: ProviderDefinition = {
  type: 'vllm',
  title: 'vLLM',
  dialects: ['openai-chat', 'openai-embeddings'],
  auth: { kind: 'bearer' },
  quirks: { topK: true, maxTokensField: 'max_tokens' },
  abortStopsBilling: true,
  source: { url: 'https://docs.vllm.ai/en/stable/serving/openai_compatible_server/', date: '2026-11-21' },
}
