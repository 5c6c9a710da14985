import type { CapabilityRow } from './row.ts'

const MODELS = { url: 'https://github.com/anomalyco/models.dev/tree/dev/models/mistral', date: '2026-11-21' }

/** Models of Mistral AI. Files are no need of them: Mistral reads documents to every model. */
export const MISTRAL_ROWS: readonly CapabilityRow[] = [
  {
    title: 'Mistral: models that read text only',
    models:
      /^(?:codestral|open-(?:mi[sx]tral|codestral)|mathstral|mistral-(?:7b|nemo|saba|tiny)|mixtral|mistral-large-(?:instruct-)?24|mistral-small-(?:2402|2409|2501|24b-instruct-2501)|mistral-medium-2312|ministral-[38]b-(?:instruct-)?2410|magistral-(?:small|medium)-250[67]|devstral-(?:(?:small|medium)-250[57]|2512|2-123b))/,
    examples: [
      'codestral-2508',
      'open-mistral-nemo',
      'mistral.mistral-7b-instruct-v0:2',
      'mistralai/Mixtral-8x7B-Instruct-v0.1',
      'mistral-large-2411',
      'mistral-small-2501',
      'ministral-8b-2410',
      'magistral-medium-2507',
      'devstral-2512',
    ],
    lacks: ['images', 'audio'],
    source: MODELS,
  },
  {
    title: 'Mistral: models that see and do not hear',
    models: /^(?:pixtral|mistral-(?:small-(?:2503|2506)|medium-(?:2505|2508)|large-2512)|ministral-(?:3|8|14)b-2512)/,
    examples: ['pixtral-12b-2409', 'us.mistral.pixtral-large-2502-v1:0', 'mistral-large-2512', 'mistral-small-2506'],
    lacks: ['audio'],
    source: MODELS,
  },
  {
    title: 'Mistral: models that do not think',
    models: /^(?:codestral|open-(?:mi[sx]tral|codestral)|mistral-nemo|ministral|pixtral|mistral-large-(?:24|2512))/,
    examples: ['codestral-latest', 'ministral-8b-latest', 'mistral-large-2512', 'pixtral-12b', 'open-mistral-nemo'],
    at: ['mistral'],
    lacks: ['reasoning'],
    source: { url: 'https://github.com/NousResearch/hermes-agent/issues/11243', date: '2026-11-21' },
  },
]
