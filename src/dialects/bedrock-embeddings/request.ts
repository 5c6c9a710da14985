import type { CanonicalRequest } from '../../canonical/request.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { JsonObject } from '../../lib/json.ts'
import { decodeRequest as decodeCohere, encodeRequest as encodeCohere } from '../cohere-embeddings/request.ts'
import type { EncodedRequest, EncodeTarget, PathAsk } from '../dialect.ts'
import { extensionsOf, textsOf } from '../embedding-format.ts'
import { optionalInteger, requiredString } from '../openai-chat/fields.ts'

/** Reads a request of either maker. The model is in the address. */
export function decodeRequest(body: JsonObject, asked?: PathAsk): CanonicalRequest {
  const model = asked?.model ?? ''
  if (Array.isArray(body.texts)) return decodeCohere({ ...body, model })
  const dimensions = optionalInteger(body, 'dimensions', 1)
  return {
    model,
    messages: [{ role: 'user', content: [{ type: 'text', text: requiredString(body, 'inputText') }] }],
    embedding: { encoding: 'float', ...(dimensions === undefined ? {} : { dimensions }) },
    stream: false,
  }
}

/** Writes a request in the words of the model's maker. Throws GatewayError `unsupported_parameter` for more texts than Titan takes. */
export function encodeRequest(request: CanonicalRequest, target: EncodeTarget): EncodedRequest {
  if (/(^|\.)cohere\./.test(target.model)) {
    const { body, dropped } = encodeCohere(request, target)
    const { model: _, ...rest } = body
    return { body: rest, dropped }
  }
  const { texts, asked } = textsOf(request)
  const [text = ''] = texts
  if (texts.length > 1) {
    throw new GatewayError('unsupported_parameter', `${target.model} takes one text a call, not ${texts.length}.`, {
      param: 'input',
    })
  }
  return {
    body: { inputText: text, ...(asked.dimensions === undefined ? {} : { dimensions: asked.dimensions }) },
    dropped: [
      ...extensionsOf(request),
      ...(asked.purpose === undefined ? [] : ['input_type']),
      ...(request.endUser === undefined ? [] : ['user']),
    ],
  }
}
