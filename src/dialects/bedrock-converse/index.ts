import { AWS_EVENT_STREAM } from '../../lib/aws-event-stream.ts'
import type { Dialect } from '../dialect.ts'
import { decodeError, encodeError, encodeStreamError } from './error.ts'
import { priceAsks } from './price-asks.ts'
import { relayEdits } from './relay.ts'
import { BedrockRelayScanner } from './relay-scanner.ts'
import { decodeRequest, encodeRequest } from './request.ts'
import { decodeResponse, encodeResponse } from './response.ts'
import { BedrockStreamDecoder } from './stream.ts'
import { BedrockStreamEncoder } from './stream-encoder.ts'

/**
 * Amazon Bedrock's Converse and ConverseStream, `POST /model/ID/converse` and `/model/ID/converse-stream`, to providers alone. The id may be that of a
 * model or of an inference profile, or an ARN.
 */
export const bedrockConverse: Dialect = {
  name: 'bedrock-converse',
  streamType: AWS_EVENT_STREAM,
  pathOf: ({ model, stream }) => `/model/${encodeURIComponent(model)}/converse${stream ? '-stream' : ''}`,
  decodeRequest,
  encodeRequest,
  priceAsks,
  decodeResponse,
  encodeResponse,
  streamDecoder: () => new BedrockStreamDecoder(),
  streamEncoder: () => new BedrockStreamEncoder(),
  decodeError,
  encodeError,
  encodeStreamError,
  relayEdits,
  relayScanner: () => new BedrockRelayScanner(),
}
