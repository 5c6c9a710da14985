import type { CanonicalResponse } from '../../canonical/response.ts'
import { inputTokens } from '../../canonical/usage.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { noVectors, vectorIn } from '../embedding-format.ts'

/** Reads vectors. Throws GatewayError `upstream_invalid_response` when there are none. */
export function decodeResponse(body: JsonValue): CanonicalResponse {
  const vectors = isObject(body) && isObject(body.embeddings) ? body.embeddings.float : undefined
  if (!isObject(body) || !Array.isArray(vectors)) throw noVectors(body)
  const billed = isObject(body.meta) && isObject(body.meta.billed_units) ? body.meta.billed_units : null
  const tokens = billed?.input_tokens
  return {
    ...(typeof body.id === 'string' ? { id: body.id } : {}),
    content: [],
    embeddings: vectors.map(vectorIn),
    finishReason: 'stop',
    ...(billed && typeof tokens === 'number' ? { usage: { inputUncached: tokens, raw: billed } } : {}),
  }
}

/** Writes vectors. */
export function encodeResponse({ id, embeddings = [], usage }: CanonicalResponse): JsonObject {
  return {
    ...(id === undefined ? {} : { id }),
    embeddings: { float: embeddings.map((vector) => [...vector]) },
    response_type: 'embeddings_by_type',
    ...(usage ? { meta: { billed_units: { input_tokens: inputTokens(usage) } } } : {}),
  }
}
