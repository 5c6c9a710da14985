import type { Dialect } from '../dialect.ts'
import { decodeError, encodeError } from '../openai-chat/error.ts'
import { encodeStreamError } from './error.ts'
import { priceAsks } from './price-asks.ts'
import { unreadIn } from './read-fields.ts'
import { relayEdits } from './relay.ts'
import { relayScanner } from './relay-scanner.ts'
import { decodeRequest, encodeRequest } from './request.ts'
import { decodeResponse, encodeResponse } from './response.ts'
import { streamDecoder } from './stream.ts'
import { streamEncoder } from './stream-encoder.ts'

/** OpenAI's Responses, without state: docs/decisions/0005-responses-without-state.md */
export const openaiResponses: Dialect = {
  name: 'openai-responses',
  pathOf: () => '/responses',
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
