import type { ProviderDefinition } from './provider.ts'

/**
 * Alibaba Cloud Model Studio (Qwen), Singapore; other regions and workspaces have addresses of their own. Thinking is switched with
 * `enable_thinking` and `thinking_budget`. A closed stream does not end the bill
 * (https://openrouter.ai/docs/api-reference/streaming).
 */
export const alibaba: ProviderDefinition = {
  type: 'alibaba',
  title: 'Alibaba Cloud Model Studio',
  dialects: ['openai-chat'],
  baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
  auth: { kind: 'bearer' },
  keyVariable: 'DASHSCOPE_API_KEY',
  quirks: { maxTokensField: 'max_tokens', topK: true },
  abortStopsBilling: false,
  source: {
    url: 'https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope',
    date: '2026-11-21',
  },
}
