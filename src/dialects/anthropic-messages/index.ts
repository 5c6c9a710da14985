import type { Dialect } from '../dialect.ts'
import { counting } from './counting.ts'
import { decodeError, encodeError, encodeStreamError } from './error.ts'
import { priceAsks } from './price-asks.ts'
import { unreadIn } from './read-fields.ts'
import { relayEdits } from './relay.ts'
import { AnthropicRelayScanner } from './relay-scanner.ts'
import { decodeRequest, encodeRequest } from './request.ts'
import { decodeResponse, encodeResponse } from './response.ts'
import { AnthropicStreamDecoder } from './stream.ts'
import { AnthropicStreamEncoder } from './stream-encoder.ts'

/** Anthropic's Messages API, `POST /v1/messages`. */
export const anthropicMessages: Dialect = {
  name: 'anthropic-messages',
  counting,
  pathOf: () => '/v1/messages',
  decodeRequest,
  encodeRequest,
  unreadIn,
  priceAsks,
  decodeResponse,
  encodeResponse,
  streamDecoder: () => new AnthropicStreamDecoder(),
  streamEncoder: (options) => new AnthropicStreamEncoder(options),
  decodeError,
  encodeError,
  encodeStreamError,
  relayEdits,
  relayScanner: () => new AnthropicRelayScanner(),
}
