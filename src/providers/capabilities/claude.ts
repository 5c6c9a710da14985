import type { CapabilityRow } from './row.ts'

/** Who runs Claude and refuses what it does not take. */
const AT = ['anthropic', 'vertex', 'bedrock']

/** Models of Anthropic. */
export const CLAUDE_ROWS: readonly CapabilityRow[] = [
  {
    title: 'Claude',
    models: /^claude-(?:instant|v?[1-4](?!\d)|(?:opus|sonnet|haiku|fable|mythos)-[45](?!\d))/,
    examples: [
      'claude-3-5-haiku-latest',
      'anthropic/claude-haiku-4.5',
      'us.anthropic.claude-opus-4-6-v1',
      'claude-fable-5',
    ],
    lacks: ['audio'],
    source: { url: 'https://platform.claude.com/docs/claude/docs/models-overview', date: '2026-11-21' },
  },
  {
    title: 'Claude 2 and older',
    models: /^claude-(?:instant|v?[12](?!\d))/,
    examples: ['claude-2.1', 'anthropic.claude-v2:1', 'claude-instant-1.2'],
    lacks: ['tools', 'images'],
    source: {
      url: 'https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html',
      date: '2026-11-21',
    },
  },
  {
    title: 'Claude before 3.7',
    models: /^claude-(?:instant|v?[12](?!\d)|3(?![.-]7))/,
    examples: [
      'claude-3-haiku-20240307',
      'claude-3-5-sonnet@20240620',
      'anthropic.claude-3-haiku-20240307-v1:0',
      'claude-2.1',
    ],
    at: AT,
    lacks: ['reasoning'],
    source: { url: 'https://github.com/anthropics/claude-code/issues/2245', date: '2026-11-21' },
  },
  {
    title: 'Claude before 4.5, but for Opus 4.1',
    models:
      /^claude-(?:instant|v?[123](?!\d)|(?:sonnet|haiku)-4(?:[.-][0-4](?!\d))?(?![.\d]|-\d{1,2}(?!\d))|opus-4(?:[.-]0)?(?![.\d]|-\d{1,2}(?!\d)))/,
    examples: ['claude-3-7-sonnet@20250219', 'claude-sonnet-4-20250514', 'claude-sonnet-4-0', 'claude-opus-4@20250514'],
    at: AT,
    lacks: ['json_schema'],
    source: {
      url: 'https://website.claude.com/blog/structured-outputs-on-the-claude-developer-platform',
      date: '2026-11-21',
    },
  },
  {
    title: 'Claude Opus 4.1',
    models: /^claude-opus-4[.-]1(?!\d)/,
    examples: ['us.anthropic.claude-opus-4-1-20250805-v1:0'],
    at: ['bedrock'],
    lacks: ['json_schema'],
    source: { url: 'https://github.com/langchain-ai/langchain-aws/issues/883', date: '2026-11-21' },
  },
  {
    title: 'Claude from 4.6 on',
    models: /^claude-(?:opus|sonnet|haiku|fable|mythos)-(?:4[.-][6-9]|5)(?!\d)/,
    examples: [
      'claude-opus-4-6',
      'anthropic/claude-sonnet-4.6',
      'eu.anthropic.claude-opus-4-8',
      'claude-sonnet-5',
      'claude-haiku-5-5',
    ],
    lacks: ['prefill'],
    source: { url: 'https://github.com/QwenLM/qwen-code/issues/8039', date: '2026-11-21' },
  },
]
