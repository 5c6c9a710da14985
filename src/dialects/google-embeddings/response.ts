import type { CanonicalResponse } from '../../canonical/response.ts'
import { inputTokens } from '../../canonical/usage.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { noVectors, vectorIn } from '../embedding-format.ts'

/** Reads vectors. Older models say nothing of their usage. Throws GatewayError `upstream_invalid_response` when there are none. */
export function decodeResponse(body: JsonValue): CanonicalResponse {
  if (!isObject(body) || !Array.isArray(body.embeddings)) throw noVectors(body)
  const usage = isObject(body.usageMetadata) ? body.usageMetadata : null
  const tokens = usage?.promptTokenCount
  return {
    content: [],
    embeddings: body.embeddings.map((item, at) => vectorIn(isObject(item) ? item.values : undefined, at)),
    finishReason: 'stop',
    ...(usage && typeof tokens === 'number' ? { usage: { inputUncached: tokens, raw: usage } } : {}),
  }
}

/** Writes vectors. */
export function encodeResponse({ embeddings = [], usage }: CanonicalResponse): JsonObject {
  return {
    embeddings: embeddings.map((vector) => ({ values: [...vector] })),
    ...(usage ? { usageMetadata: { promptTokenCount: inputTokens(usage) } } : {}),
  }
}
