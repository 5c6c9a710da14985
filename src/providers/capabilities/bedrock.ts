import type { CapabilityRow } from './row.ts'

const AT = ['bedrock']
const FEATURES = {
  url: 'https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html',
  date: '2026-11-21',
}

/** Amazon's own models, and what Bedrock does not do with those of others. Converse reads documents to most models itself. */
export const BEDROCK_ROWS: readonly CapabilityRow[] = [
  {
    title: 'Amazon Nova Micro',
    models: /^nova-micro/,
    examples: ['amazon.nova-micro-v1:0', 'us.amazon.nova-micro-v1:0'],
    lacks: ['images', 'audio', 'files'],
    source: FEATURES,
  },
  {
    title: 'Amazon Nova Lite, Pro and Premier',
    models: /^nova-(?:lite|pro|premier)/,
    examples: ['amazon.nova-lite-v1:0', 'eu.amazon.nova-pro-v1:0'],
    lacks: ['audio'],
    source: { url: 'https://docs.aws.amazon.com/nova/latest/userguide/modalities.html', date: '2026-11-21' },
  },
  {
    title: 'Amazon Titan Text',
    models: /^titan-t(?:ext|g1)-/,
    examples: ['amazon.titan-text-express-v1', 'amazon.titan-text-lite-v1', 'amazon.titan-tg1-large'],
    lacks: ['tools', 'images', 'audio'],
    source: FEATURES,
  },
  {
    title: 'Bedrock: models without tools',
    models:
      /^(?:llama2-|llama3-(?:8b|70b)|llama3-2-[13]b|mistral-7b|mixtral-8x7b|command-(?:light-)?text|jamba-instruct|j2-)/,
    examples: [
      'meta.llama3-70b-instruct-v1:0',
      'us.meta.llama3-2-1b-instruct-v1:0',
      'mistral.mistral-7b-instruct-v0:2',
      'cohere.command-light-text-v14',
    ],
    at: AT,
    lacks: ['tools'],
    source: FEATURES,
  },
  {
    title: 'Bedrock: DeepSeek R1',
    models: /^deepseek-r1-v/,
    examples: ['us.deepseek.r1-v1:0'],
    at: AT,
    lacks: ['tools'],
    source: { url: 'https://github.com/langchain-ai/langchain-aws/issues/447', date: '2026-11-21' },
  },
  {
    title: 'Bedrock: models that get no documents',
    models: /^(?:titan-text-premier|command-light-text|jamba-instruct|j2-)/,
    examples: ['amazon.titan-text-premier-v1:0', 'cohere.command-light-text-v14', 'ai21.jamba-instruct-v1:0'],
    at: AT,
    lacks: ['files'],
    source: FEATURES,
  },
  {
    title: 'Bedrock: Claude 3.5 Haiku',
    models: /^claude-3-5-haiku/,
    examples: ['us.anthropic.claude-3-5-haiku-20241022-v1:0'],
    at: AT,
    lacks: ['images'],
    source: FEATURES,
  },
  {
    title: 'Bedrock: models that are not held to schemas (Claude: see there)',
    models:
      /^(?:nova-|titan-t|llama|command-|jamba-|j2-|mistral-7b|mixtral-|mistral-(?:large|small)-24|pixtral-|deepseek-r1-)/,
    examples: [
      'amazon.nova-lite-v1:0',
      'amazon.titan-text-express-v1',
      'us.meta.llama3-1-8b-instruct-v1:0',
      'cohere.command-r-v1:0',
      'mistral.mistral-large-2407-v1:0',
      'us.mistral.pixtral-large-2502-v1:0',
      'us.deepseek.r1-v1:0',
    ],
    at: AT,
    lacks: ['json_schema'],
    source: { url: 'https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html', date: '2026-11-21' },
  },
]
