import type { CapabilityRow } from './row.ts'

const CATALOGUE = {
  url: 'https://github.com/BerriAI/litellm/blob/main/model_prices_and_context_window.json',
  date: '2026-11-21',
}

/** Models that do not answer a conversation in words. */
export const NO_CHAT_ROWS: readonly CapabilityRow[] = [
  {
    title: 'Models for embeddings',
    models: /embed|^(?:bge|e5|multilingual-e5|gte|all-minilm|voyage|jina-clip)-/,
    examples: [
      'text-embedding-3-small',
      'mistral-embed',
      'gemini-embedding-001',
      'amazon.titan-embed-text-v2:0',
      'cohere.embed-english-v3',
      'BAAI/bge-m3',
      'intfloat/e5-mistral-7b-instruct',
      'nomic-embed-text',
    ],
    lacks: ['chat'],
    source: {
      url: 'https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html',
      date: '2026-11-21',
    },
  },
  {
    title: 'Models that rank or judge',
    models: /rerank|^(?:omni|text)-moderation|^mistral-moderation/,
    examples: ['cohere.rerank-v3-5:0', 'rerank-v3.5', 'omni-moderation-latest'],
    lacks: ['chat'],
    source: CATALOGUE,
  },
  {
    title: 'Models that only hear, speak, or paint',
    models:
      /^(?:(?:distil-)?whisper|tts-1|gpt-(?:4o-)?(?:mini-)?(?:transcribe|tts|realtime)|dall-e|(?:gpt|chatgpt)-image|sora-|imagen-|veo-|nova-(?:canvas|reel|sonic|2-sonic)|titan-image|stable-diffusion|flux)/,
    examples: [
      'whisper-1',
      'tts-1-hd',
      'gpt-4o-mini-transcribe',
      'gpt-realtime',
      'dall-e-3',
      'gpt-image-1',
      'imagen-4.0-generate-001',
      'amazon.nova-canvas-v1:0',
    ],
    lacks: ['chat'],
    source: CATALOGUE,
  },
  {
    title: 'Models of the old Completions API',
    models: /^(?:gpt-3\.?5-turbo-instruct|(?:davinci|babbage)-002)/,
    examples: ['gpt-3.5-turbo-instruct', 'davinci-002', 'babbage-002'],
    lacks: ['chat'],
    source: { url: 'https://github.com/run-llama/llama_index/issues/1332', date: '2026-11-21' },
  },
]
