import type { Dialect } from '../dialect.ts'
import { embeddingFormat } from '../embedding-format.ts'
import { decodeError, encodeError } from '../openai-chat/error.ts'
import { decodeRequest, encodeRequest } from './request.ts'
import { decodeResponse, encodeResponse } from './response.ts'

/**
 * Vectors from Bedrock's InvokeModel, whose body is the model maker's own: Amazon's Titan (one text a call) and Cohere. Nobody calls Headgate in
 * it, so nothing is relayed.
 */
export const bedrockEmbeddings: Dialect = embeddingFormat({
  name: 'bedrock-embeddings',
  pathOf: ({ model }) => `/model/${encodeURIComponent(model)}/invoke`,
  decodeRequest,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  decodeError,
  encodeError,
  relayEdits: () => null,
})
