import type { Dialect, PathAsk } from '../dialect.ts'
import { counting } from './counting.ts'
import { decodeError, encodeError, encodeStreamError } from './error.ts'
import { DIALECT } from './extensions.ts'
import { priceAsks } from './price-asks.ts'
import { unreadIn } from './read-fields.ts'
import { relayEdits } from './relay.ts'
import { GeminiRelayScanner } from './relay-scanner.ts'
import { decodeRequest, encodeRequest } from './request.ts'
import { decodeResponse, encodeResponse } from './response.ts'
import { GeminiStreamDecoder } from './stream.ts'
import { GeminiStreamEncoder } from './stream-encoder.ts'

/** Google's Gemini API, `POST /v1beta/models/{model}:generateContent` and `:streamGenerateContent`. */
export const googleGenerateContent: Dialect = {
  name: DIALECT,
  counting,
  pathOf,
  decodeRequest,
  encodeRequest,
  unreadIn,
  priceAsks,
  decodeResponse,
  encodeResponse,
  streamDecoder: () => new GeminiStreamDecoder(),
  streamEncoder: (options) => new GeminiStreamEncoder(options),
  decodeError,
  encodeError,
  encodeStreamError,
  relayEdits,
  relayScanner: (options) => new GeminiRelayScanner(options),
}

/** Tuned models have a collection of their own. Without `alt=sse` a stream would come as one JSON list. */
function pathOf({ model, stream }: PathAsk): string {
  const [, collection = 'models', name = model] = /^(models|tunedModels)\/(.+)$/.exec(model) ?? []
  const method = stream ? 'streamGenerateContent?alt=sse' : 'generateContent'
  return `/v1beta/${collection}/${encodeURIComponent(name)}:${method}`
}
