import type { ProviderDefinition } from './provider.ts'

/**
 * Avian. Every reply says what it cost. A closed stream ends the bill
 * (https://openrouter.ai/docs/api-reference/streaming).
 */
export const avian: ProviderDefinition = {
  type: 'avian',
  title: 'Avian',
  dialects: ['openai-chat'],
  baseUrl: 'https://api.avian.io/v1',
  auth: { kind: 'bearer' },
  keyVariable: 'AVIAN_API_KEY',
  quirks: { maxTokensField: 'max_tokens', reasoningField: 'reasoning_content' },
  abortStopsBilling: true,
  suggestedModels: { small: 'deepseek/deepseek-v4-flash', large: 'moonshotai/kimi-k2.6' },
  source: {
    url: 'https://github.com/charmbracelet/catwalk/blob/main/internal/providers/configs/avian.json',
    date: '2026-11-21',
  },
}
