import type { Dialect } from '../dialect.ts'
import { embeddingFormat } from '../embedding-format.ts'
import { decodeError, encodeError } from '../openai-chat/error.ts'
import { keeping, only, unreadFields } from '../unread-fields.ts'
import { relayEdits } from './relay.ts'
import { decodeRequest, encodeRequest } from './request.ts'
import { decodeResponse, encodeResponse } from './response.ts'

/** OpenAI's embeddings, as OpenAI speaks them and most hosts that took its formats over. */
export const openaiEmbeddings: Dialect = embeddingFormat({
  name: 'openai-embeddings',
  pathOf: () => '/embeddings',
  decodeRequest,
  encodeRequest,
  unreadIn: (body) => unreadFields(body, keeping({ metadata: only() })),
  decodeResponse,
  encodeResponse,
  decodeError,
  encodeError,
  relayEdits,
})
