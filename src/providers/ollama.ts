import type { ProviderDefinition } from './provider.ts'

/** Ollama on the operator's machine. It needs no key; one is sent when given (a proxy in front, or Ollama's cloud). */
export const ollama: ProviderDefinition = {
  type: 'ollama',
  title: 'Ollama',
  dialects: ['openai-chat', 'openai-embeddings'],
  baseUrl: 'http://127.0.0.1:11434/v1',
  auth: { kind: 'bearer' },
  quirks: { maxTokensField: 'max_tokens' },
  abortStopsBilling: true,
  source: { url: 'https://docs.ollama.com/api/openai-compatibility', date: '2026-11-21' },
}
