import type { ProviderDefinition } from './provider.ts'

/**
 * A GPUStack server, which runs vLLM and llama-box. Its base URL ends in `/v1`. A closed connection aborts the request in the engine.
 */
export const gpustack: ProviderDefinition = {
  type: 'gpustack',
  title: 'GPUStack',
  dialects: ['openai-chat', 'openai-embeddings'],
  auth: { kind: 'bearer' },
  quirks: { maxTokensField: 'max_tokens', topK: true },
  abortStopsBilling: true,
  source: { url: 'https://github.com/crmne/ruby_llm/blob/main/lib/ruby_llm/providers/gpustack.rb', date: '2026-11-21' },
}
