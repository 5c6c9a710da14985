import type { Dialect } from '../dialect.ts'
import { decodeError, encodeError, encodeStreamError } from './error.ts'
import { relayEdits } from './relay.ts'
import { relayScanner } from './relay-scanner.ts'
import { decodeRequest, encodeRequest } from './request.ts'
import { decodeResponse, encodeResponse } from './response.ts'
import { streamDecoder } from './stream.ts'
import { streamEncoder } from './stream-encoder.ts'

/** Cohere's Chat, version 2. Nobody calls Headgate in it; providers are. No parameter of it changes the price. */
export const cohereChat: Dialect = {
  name: 'cohere-chat',
  pathOf: () => '/v2/chat',
  decodeRequest,
  encodeRequest,
  priceAsks: () => ({}),
  decodeResponse,
  encodeResponse,
  streamDecoder,
  streamEncoder,
  decodeError,
  encodeError,
  encodeStreamError,
  relayEdits,
  relayScanner,
}
