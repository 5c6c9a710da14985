import type { ProviderDefinition } from './provider.ts'

/**
 * Any host that speaks OpenAI's chat format: a server of one's own (llama.cpp, SGLang, TGI) or a vendor without a file here.
 * These servers notice a closed connection and stop; a host that does not should get a type of its own.
 */
export const openaiCompatible: ProviderDefinition = {
  type: 'openai-compatible',
  title: 'OpenAI-compatible host',
  dialects: ['openai-chat', 'openai-embeddings'],
  auth: { kind: 'bearer' },
  quirks: { topK: true, extraContent: true },
  abortStopsBilling: true,
  source: {
    url: 'https://github.com/openai/openai-node/blob/master/src/resources/chat/completions/completions.ts',
    date: '2026-11-21',
  },
}
