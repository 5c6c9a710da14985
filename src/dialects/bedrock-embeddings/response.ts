import type { CanonicalResponse } from '../../canonical/response.ts'
import { inputTokens } from '../../canonical/usage.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { decodeResponse as decodeCohere } from '../cohere-embeddings/response.ts'
import { vectorIn } from '../embedding-format.ts'

/**
 * Reads the vectors of either maker; Cohere's older models give them without their type. Throws GatewayError `upstream_invalid_response`
 * when there are none.
 */
export function decodeResponse(body: JsonValue): CanonicalResponse {
  if (!isObject(body) || body.embedding === undefined) {
    const untyped = isObject(body) && Array.isArray(body.embeddings)
    return decodeCohere(untyped ? { ...body, embeddings: { float: body.embeddings ?? null } } : body)
  }
  const tokens = body.inputTextTokenCount
  return {
    content: [],
    embeddings: [vectorIn(body.embedding, 0)],
    finishReason: 'stop',
    ...(typeof tokens === 'number' ? { usage: { inputUncached: tokens, raw: { inputTextTokenCount: tokens } } } : {}),
  }
}

/** Writes a vector as Titan does, and several as Cohere does. */
export function encodeResponse({ embeddings = [], usage }: CanonicalResponse): JsonObject {
  const [first = []] = embeddings
  if (embeddings.length > 1) return { embeddings: { float: embeddings.map((vector) => [...vector]) } }
  return { embedding: [...first], ...(usage ? { inputTextTokenCount: inputTokens(usage) } : {}) }
}
