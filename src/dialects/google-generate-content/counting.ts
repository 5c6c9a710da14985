import { isObject } from '../../lib/json.ts'
import type { Counting } from '../dialect.ts'

/**
 * Gemini's countTokens (https://ai.google.dev/api/tokens, 2026-11-21). The prompt alone stands in `contents`; instructions and tools are counted only
 * as parts of a whole call in `generateContentRequest`, so that is what is asked. It is free.
 */
export const counting: Counting = {
  pathOf: ({ model }) => `/v1beta/models/${encodeURIComponent(model)}:countTokens`,
  callIn: (body) => (isObject(body.generateContentRequest) ? body.generateContentRequest : body),
  question: (body, model) => ({ generateContentRequest: { ...body, model: `models/${model}` } }),
  tokensIn: (reply) => (isObject(reply) && typeof reply.totalTokens === 'number' ? reply.totalTokens : null),
  answer: (tokens) => ({ totalTokens: tokens }),
}
