import type { ProviderDefinition } from './provider.ts'

/**
 * llama.cpp's server on the operator's machine. It needs a key only when started with `--api-key`; a closed connection ends the generation.
 */
export const llamaCpp: ProviderDefinition = {
  type: 'llama-cpp',
  title: 'llama.cpp',
  dialects: ['openai-chat', 'openai-embeddings'],
  baseUrl: 'http://127.0.0.1:8080/v1',
  auth: { kind: 'bearer' },
  quirks: { maxTokensField: 'max_tokens', topK: true, reasoningField: 'reasoning_content' },
  abortStopsBilling: true,
  source: { url: 'https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md', date: '2026-11-21' },
}
