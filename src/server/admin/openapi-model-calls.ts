import { list, type Operation, object, text } from './openapi-operation.ts'

/** The model calls. */
export const MODEL_CALLS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/chat/completions',
    summary:
      'A model call in the format of OpenAI Chat Completions. `model` is a task, a logical model or provider/model.',
    keys: 'virtual',
    body: object(['model', 'messages'], {
      model: text,
      messages: list({ type: 'object' }),
      stream: { type: 'boolean' },
    }),
    gives: 'call',
  },
  {
    method: 'post',
    path: '/v1/responses',
    summary: 'A model call in the format of OpenAI Responses, without state: nothing is stored. `model` as above.',
    keys: 'virtual',
    body: object(['model', 'input'], {
      model: text,
      input: { anyOf: [text, list({ type: 'object' })] },
      stream: { type: 'boolean' },
    }),
    gives: 'call',
  },
  {
    method: 'post',
    path: '/v1beta/models/{model}:generateContent',
    summary: 'A model call in the format of Gemini. The model in the address is as above.',
    keys: 'virtual',
    body: object(['contents'], { contents: list({ type: 'object' }), generationConfig: { type: 'object' } }),
  },
  {
    method: 'post',
    path: '/v1beta/models/{model}:streamGenerateContent',
    summary: 'The same as a stream.',
    keys: 'virtual',
    body: object(['contents'], { contents: list({ type: 'object' }), generationConfig: { type: 'object' } }),
    query: ['alt'],
    gives: 'call',
  },
  {
    method: 'post',
    path: '/v1beta/models/{model}:countTokens',
    summary:
      'How many tokens the prompt of such a call has; `x-headgate-token-count` says whether the provider counted.',
    keys: 'virtual',
    body: object([], { contents: list({ type: 'object' }), generateContentRequest: { type: 'object' } }),
  },
  {
    method: 'post',
    path: '/v1/messages',
    summary: 'A model call in the format of Anthropic Messages. `model` as above.',
    keys: 'virtual',
    body: object(['model', 'messages'], {
      model: text,
      messages: list({ type: 'object' }),
      max_tokens: { type: 'integer' },
      stream: { type: 'boolean' },
    }),
    gives: 'call',
  },
  {
    method: 'post',
    path: '/v1/messages/count_tokens',
    summary:
      'How many tokens the prompt of such a call has; `x-headgate-token-count` says whether the provider counted.',
    keys: 'virtual',
    body: object(['model', 'messages'], { model: text, messages: list({ type: 'object' }) }),
  },
  {
    method: 'post',
    path: '/v1/embeddings',
    summary: 'Vectors for texts, in the format of OpenAI embeddings. `model` as above.',
    keys: 'virtual',
    body: object(['model', 'input'], {
      model: text,
      input: { anyOf: [text, list(text)] },
      dimensions: { type: 'integer' },
      encoding_format: text,
    }),
    gives: 'call',
  },
]
