import type { Dialect } from '../dialect.ts'
import { embeddingFormat } from '../embedding-format.ts'
import { decodeError, encodeError } from '../openai-chat/error.ts'
import { decodeRequest, encodeRequest } from './request.ts'
import { decodeResponse, encodeResponse } from './response.ts'

/** Gemini's batchEmbedContents: all texts of a call at once. Nobody calls Headgate in it, so nothing is relayed. */
export const googleEmbeddings: Dialect = embeddingFormat({
  name: 'google-embeddings',
  pathOf: ({ model }) => `/v1beta/models/${encodeURIComponent(model)}:batchEmbedContents`,
  decodeRequest,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  decodeError,
  encodeError,
  relayEdits: () => null,
})
