import type { CapabilityRow } from './row.ts'

/** Both answer 400 to what a model does not take; OpenRouter leaves it out instead, and reads files itself. */
const AT = ['openai', 'azure-openai']

const MODELS = { url: 'https://github.com/anomalyco/models.dev/tree/dev/models/openai', date: '2026-11-21' }

/** Models of OpenAI. */
export const OPENAI_ROWS: readonly CapabilityRow[] = [
  {
    title: 'GPT-3.5, and GPT-4 before GPT-4 Turbo',
    models: /^gpt-(?:3\.?5|4(?:-32k)?(?:-\d{4})?(?:-preview)?(?![\w.-])|4-turbo-preview)/,
    examples: ['gpt-3.5-turbo', 'gpt-35-turbo', 'gpt-4', 'gpt-4-0613', 'gpt-4-32k', 'gpt-4-1106-preview'],
    lacks: ['images', 'audio'],
    source: MODELS,
  },
  {
    title: 'GPT models that read no pictures: they read no pages',
    models: /^gpt-(?:3\.?5|4(?:-32k)?(?:-\d{4})?(?:-preview)?(?![\w.-])|4-turbo-preview)|^o1-(?:mini|preview)|^o3-mini/,
    examples: ['gpt-3.5-turbo-0125', 'gpt-4', 'o3-mini', 'o3-mini-2025-01-31'],
    at: AT,
    lacks: ['files'],
    source: { url: 'https://developers.openai.com/docs/guides/pdf-files', date: '2026-11-21' },
  },
  {
    title: 'GPT-3.5 and GPT-4, up to the first GPT-4o',
    models: /^gpt-(?:3\.?5|4(?![o.\d]|-[15](?!\d))|4o-2024-05-13)/,
    examples: ['gpt-3.5-turbo', 'gpt-4', 'gpt-4-turbo-2024-04-09', 'gpt-4o-2024-05-13'],
    at: AT,
    lacks: ['json_schema'],
    source: {
      url: 'https://reference.langchain.com/javascript/langchain-openai/ChatOpenAI/withStructuredOutput',
      date: '2026-11-21',
    },
  },
  {
    title: 'GPT-3.5, GPT-4, GPT-4o, GPT-4.1, GPT-4.5',
    models: /^(?:chatgpt-4o|gpt-(?:3\.?5|4(?:o|[.-][15](?!\d)|-turbo|-32k|-\d{4}|(?![\w.-]))))/,
    examples: [
      'gpt-4o',
      'gpt-4o-mini-2024-07-18',
      'gpt-4.1-nano',
      'gpt-4',
      'gpt-4-turbo',
      'ft:gpt-4o-mini-2024-07-18:a::b',
    ],
    at: AT,
    lacks: ['reasoning'],
    source: { url: 'https://github.com/generative-computing/mellea/issues/270', date: '2026-11-21' },
  },
  {
    title: 'GPT-4 Turbo, GPT-4o, GPT-4.1, GPT-4.5, GPT-5, GPT-6, but for those that hear',
    models:
      /^(?:chatgpt-4o|gpt-(?:4-turbo|4o|4[.-][15](?!\d)|5(?:\.[1-6])?(?![.\d])|6(?![.\d])))(?!.*(?:audio|realtime|live|transcribe|tts))/,
    examples: ['gpt-4-turbo', 'gpt-4o', 'gpt-4.1-mini', 'gpt-5', 'gpt-5.4-mini', 'gpt-5.6-sol', 'gpt-6-astra'],
    lacks: ['audio'],
    source: MODELS,
  },
  {
    title: 'GPT-4o Search',
    models: /^gpt-4o-(?:mini-)?search/,
    examples: ['gpt-4o-search-preview', 'gpt-4o-mini-search-preview-2025-03-11'],
    lacks: ['tools'],
    source: MODELS,
  },
  {
    title: 'o1-mini, o1-preview',
    models: /^o1-(?:mini|preview)/,
    examples: ['o1-mini', 'o1-preview-2024-09-12'],
    lacks: ['tools', 'images', 'audio'],
    source: MODELS,
  },
  {
    title: 'o3-mini',
    models: /^o3-mini/,
    examples: ['o3-mini', 'o3-mini-2025-01-31'],
    lacks: ['images', 'audio'],
    source: MODELS,
  },
  {
    title: 'o1, o3, o4-mini',
    models: /^(?:o1(?!-mini|-preview)|o3(?!-mini)|o4-mini)(?![\w])/,
    examples: ['o1', 'o1-pro', 'o3-2025-04-16', 'o3-deep-research', 'o4-mini'],
    lacks: ['audio'],
    source: MODELS,
  },
  {
    title: 'GPT-OSS',
    models: /^gpt-oss/,
    examples: ['openai/gpt-oss-20b', 'gpt-oss:120b', 'openai.gpt-oss-120b-1:0', 'gpt-oss-safeguard-20b'],
    lacks: ['images', 'audio'],
    source: MODELS,
  },
]
