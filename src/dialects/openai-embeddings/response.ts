import type { CanonicalRequest } from '../../canonical/request.ts'
import type { CanonicalResponse } from '../../canonical/response.ts'
import { inputTokens } from '../../canonical/usage.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { base64Of, noVectors, vectorIn } from '../embedding-format.ts'

/** Reads vectors, in the order of their texts. Throws GatewayError `upstream_invalid_response` when there are none. */
export function decodeResponse(body: JsonValue): CanonicalResponse {
  if (!isObject(body) || !Array.isArray(body.data)) throw noVectors(body)
  const placed = body.data.filter(isObject).map((item, at) => ({
    at: typeof item.index === 'number' ? item.index : at,
    vector: vectorIn(item.embedding, at),
  }))
  const usage = isObject(body.usage) ? body.usage : null
  const tokens = usage?.prompt_tokens ?? usage?.total_tokens
  return {
    ...(typeof body.model === 'string' ? { model: body.model } : {}),
    content: [],
    embeddings: placed.sort((left, right) => left.at - right.at).map(({ vector }) => vector),
    finishReason: 'stop',
    ...(usage && typeof tokens === 'number' ? { usage: { inputUncached: tokens, raw: usage } } : {}),
  }
}

/** Writes vectors as the caller asked for them: as numbers, or as 32-bit floats in base64. */
export function encodeResponse(response: CanonicalResponse, request?: CanonicalRequest): JsonObject {
  const { embeddings = [], model, usage } = response
  const base64 = request?.embedding?.encoding === 'base64'
  const tokens = usage ? inputTokens(usage) : 0
  return {
    object: 'list',
    data: embeddings.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: base64 ? base64Of(vector) : [...vector],
    })),
    model: model ?? '',
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  }
}
