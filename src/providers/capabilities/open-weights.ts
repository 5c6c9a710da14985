import type { CapabilityRow } from './row.ts'

const catalogue = (path: string): CapabilityRow['source'] => ({
  url: `https://github.com/anomalyco/models.dev/tree/dev/models/${path}`,
  date: '2026-11-21',
})

/**
 * Open weights and their relatives: what they can be shown. Tools, schemas and files are the work of the host, which many do for any model.
 */
export const OPEN_WEIGHTS_ROWS: readonly CapabilityRow[] = [
  {
    title: 'Llama 2, 3, 3.1, 3.3, and the small ones of 3.2',
    models:
      /^(?:meta-)?llama-?v?(?:2|3(?:[.p-][13](?!b))?)(?![\dp.]|-2-)(?!.*(?:vision|vl|llava))|^(?:meta-)?llama-?v?3[.p-]2(?:-|:)[13]b|^llama3\.2(?:$|:latest)/,
    examples: [
      'meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo',
      'llama-3.3-70b-versatile',
      'llama3-8b-8192',
      'llama3.1:8b',
      'us.meta.llama3-1-8b-instruct-v1:0',
      'us.meta.llama3-2-1b-instruct-v1:0',
      'meta-llama/Llama-3.2-1B-Instruct',
      'accounts/fireworks/models/llama-v3p1-8b-instruct',
      'meta/llama-3.1-405b-instruct-maas',
      'meta.llama2-13b-chat-v1',
    ],
    lacks: ['images', 'audio'],
    source: catalogue('meta'),
  },
  {
    title: 'Llama 3.2 with eyes, Llama 4',
    models: /^(?:meta-)?llama-?v?(?:3[.p-]2-(?:11|90)b|4-)/,
    examples: ['us.meta.llama3-2-90b-instruct-v1:0', 'meta-llama/llama-4-scout-17b-16e-instruct'],
    lacks: ['audio'],
    source: catalogue('meta'),
  },
  {
    // Not V4 Flash: at DeepSeek that name means V4.1, which sees.
    title: 'DeepSeek V2, V3, V4 Pro, R1',
    models: /^deepseek-(?:v2|v3|v4-pro|r1)(?!\d|.*(?:vision|vl|ocr))/,
    examples: [
      'deepseek-v3.2',
      'deepseek-v4-pro',
      'deepseek-ai/DeepSeek-R1',
      'deepseek-r1-distill-llama-70b',
      'us.deepseek.r1-v1:0',
      'deepseek/deepseek-r1:free',
    ],
    lacks: ['images', 'audio'],
    source: catalogue('deepseek'),
  },
  {
    title: 'Qwen 1.5 to 3 by size, Max, Coder and Next; QwQ',
    models: /^(?:qwen-?(?:1[.-]5|2|2[.-]5|3)-(?:max|coder|next|\d+(?:\.\d+)?b)(?!.*(?:vl|omni|audio))|qwq-)/,
    examples: [
      'qwen/qwen3-32b',
      'Qwen/Qwen2.5-72B-Instruct',
      'qwen-3-coder-480b',
      'qwen3-max',
      'qwen.qwen3-32b-v1:0',
      'qwq-32b',
    ],
    lacks: ['images', 'audio'],
    source: catalogue('alibaba'),
  },
  {
    title: 'Kimi K2, before K2.5',
    models: /^kimi-k2(?![.p\d]|-\d(?!\d))/,
    examples: ['kimi-k2-0905-preview', 'moonshotai/Kimi-K2-Instruct-0905:groq', 'moonshot.kimi-k2-thinking', 'kimi-k2'],
    lacks: ['images', 'audio'],
    source: catalogue('moonshotai'),
  },
  {
    title: 'GLM 4 to 5.3 without a V',
    models: /^(?:zai-)?glm-(?!.*\dv)(?:4(?:[.p-][567])?|5(?:[.p-][123])?)(?![\dp.])/,
    examples: ['glm-4.7-flash', 'zai-glm-4.7', 'z-ai/glm-5-turbo', 'zai-org/GLM-4.6', 'glm-5.3', 'glm-4-plus'],
    lacks: ['images', 'audio'],
    source: catalogue('zhipuai'),
  },
  {
    title: 'Gemma 1 and 2',
    models: /^gemma(?:2?(?=$|:)|-?[12]?-\d+b|2-)/,
    examples: ['google/gemma-2-9b-it', 'gemma2-9b-it', 'gemma-7b-it', 'gemma2'],
    lacks: ['images', 'audio'],
    source: { url: 'https://github.com/steelefit/gemma-cookbook', date: '2026-11-21' },
  },
]
