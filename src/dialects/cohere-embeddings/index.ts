import type { Dialect } from '../dialect.ts'
import { embeddingFormat } from '../embedding-format.ts'
import { decodeError, encodeError } from '../openai-chat/error.ts'
import { decodeRequest, encodeRequest } from './request.ts'
import { decodeResponse, encodeResponse } from './response.ts'

/** Cohere's embed, version 2. Nobody calls Headgate in it, so nothing is relayed. */
export const cohereEmbeddings: Dialect = embeddingFormat({
  name: 'cohere-embeddings',
  pathOf: () => '/v2/embed',
  decodeRequest,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  decodeError,
  encodeError,
  relayEdits: () => null,
})
