import type { ProviderDefinition } from './provider.ts'

/**
 * DeepSeek. The base URL has no `/v1`. Thinking is on by default, and a turn with tool calls is refused with 400 in later
 * requests unless its `reasoning_content` comes back; in other turns the field is ignored. Responses is offered without state
 * (https://api-docs.deepseek.com/guides/responses_api). A closed stream ends the bill
 * (https://openrouter.ai/docs/api-reference/streaming).
 */
export const deepseek: ProviderDefinition = {
  type: 'deepseek',
  title: 'DeepSeek',
  dialects: ['openai-chat', 'openai-responses'],
  baseUrl: 'https://api.deepseek.com',
  auth: { kind: 'bearer' },
  keyVariable: 'DEEPSEEK_API_KEY',
  quirks: { reasoningField: 'reasoning_content' },
  abortStopsBilling: true,
  suggestedModels: { small: 'deepseek-v4-flash', large: 'deepseek-v4-pro' },
  source: { url: 'https://api-docs.deepseek.com/guides/thinking_mode', date: '2026-11-21' },
}
