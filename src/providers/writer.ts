import type { ProviderDefinition } from './provider.ts'

/**
 * Writer (Palmyra). Its path for chats is `/chat`. Nothing is said about the bill of a closed stream, so we count on it going on.
 */
export const writer: ProviderDefinition = {
  type: 'writer',
  title: 'Writer',
  dialects: ['openai-chat'],
  baseUrl: 'https://api.writer.com/v1',
  auth: { kind: 'bearer' },
  keyVariable: 'WRITER_API_KEY',
  pathOf: () => '/chat',
  quirks: { maxTokensField: 'max_tokens' },
  abortStopsBilling: false,
  source: { url: 'https://dev.writer.com/home/model-delegation', date: '2026-11-21' },
}
