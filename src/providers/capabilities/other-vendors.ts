import type { CapabilityRow } from './row.ts'

/** Models of Google, xAI, DeepSeek and Cohere. */
export const OTHER_VENDOR_ROWS: readonly CapabilityRow[] = [
  {
    title: 'Gemma 3 at Google',
    models: /^gemma-3/,
    examples: ['gemma-3-27b-it', 'gemma-3-1b-it'],
    at: ['google'],
    lacks: ['tools', 'json_schema'],
    source: { url: 'https://github.com/BerriAI/litellm/issues/10313', date: '2026-11-21' },
  },
  {
    title: 'Grok 3, Grok Code Fast',
    models: /^grok-(?:3(?![.\d])|code-fast-1)/,
    examples: ['grok-3', 'x-ai/grok-3-mini', 'grok-code-fast-1'],
    lacks: ['images'],
    source: { url: 'https://github.com/anomalyco/models.dev/tree/dev/providers/xai/models', date: '2026-11-21' },
  },
  {
    title: 'Grok that thinks as it likes, or not: 3 (not Mini), 4 up to 4.20, Code Fast',
    models: /^grok-(?:3(?!-mini|[.\d])|4(?:$|-0709|-latest|-fast|[.-]1-fast)|4[.-]20(?!-multi)|code-fast-1)/,
    examples: ['grok-3', 'grok-4-0709', 'grok-4-fast-reasoning', 'grok-4-1-fast', 'grok-4.20-0309-reasoning'],
    at: ['xai'],
    lacks: ['reasoning'],
    source: {
      url: 'https://git.cosmolan.fr/mirrors/hermes-agent/commit/d6e1fadbf59085214e3f97e231d3c7f0d1643941',
      date: '2026-11-21',
    },
  },
  {
    // Of Chat Completions, the format in which it is called: its Responses take a schema.
    title: 'DeepSeek V4 Pro at DeepSeek',
    models: /^deepseek-v4-pro/,
    examples: ['deepseek-v4-pro'],
    at: ['deepseek'],
    lacks: ['json_schema'],
    source: { url: 'https://github.com/llm-exe/llm-exe/issues/662', date: '2026-11-21' },
  },
  {
    title: 'Cohere Command without eyes, Aya Expanse',
    models: /^(?:command(?:$|-(?:text|light|nightly|r|a-(?:0|reasoning)))|c4ai-(?:command-r|aya-(?:expanse|23)))/,
    examples: [
      'command-r-08-2024',
      'command-r-plus',
      'command-r7b-12-2024',
      'command-a-03-2025',
      'command-a-reasoning-08-2025',
      'cohere.command-r-v1:0',
      'c4ai-aya-expanse-32b',
    ],
    lacks: ['images'],
    source: { url: 'https://docs.cohere.com/docs/command-a-vision.md', date: '2026-11-21' },
  },
  {
    title: 'Cohere: its API has no sounds and no documents but text',
    models: /^(?:command|c4ai-)/,
    examples: ['command-a-plus-05-2026', 'command-a-vision-07-2025', 'command-r-08-2024', 'c4ai-aya-vision-32b'],
    at: ['cohere'],
    lacks: ['audio', 'files'],
    source: { url: 'https://docs.cohere.com/reference/chat', date: '2026-11-21' },
  },
  {
    title: 'Cohere Command A Vision',
    models: /^command-a-vision/,
    examples: ['command-a-vision-07-2025'],
    at: ['cohere'],
    lacks: ['tools'],
    source: { url: 'https://github.com/anomalyco/models.dev/tree/dev/providers/cohere/models', date: '2026-11-21' },
  },
]
