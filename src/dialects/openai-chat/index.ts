import type { Dialect } from '../dialect.ts'
import { decodeError, encodeError, encodeStreamError } from './error.ts'
import { priceAsks } from './price-asks.ts'
import { unreadIn } from './read-fields.ts'
import { relayEdits } from './relay.ts'
import { relayScanner } from './relay-scanner.ts'
import { decodeRequest, encodeRequest } from './request.ts'
import { decodeResponse, encodeResponse } from './response.ts'
import { streamDecoder } from './stream.ts'
import { streamEncoder } from './stream-encoder.ts'

/** OpenAI's Chat Completions, as OpenAI speaks it and the many hosts that took it over. */
export const openaiChat: Dialect = {
  name: 'openai-chat',
  pathOf: () => '/chat/completions',
  decodeRequest,
  encodeRequest,
  unreadIn,
  priceAsks,
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
