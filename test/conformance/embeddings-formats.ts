import { cohereVectors, googleVectors, openAiVectors, readVectors } from './embeddings-meaning.ts'
import type { Format } from './format.ts'

const ending = () => 'stop'

/** OpenAI's embeddings, and those of the hosts that took them over. */
export const openAiEmbeddingsFormat: Format = {
  dialect: 'openai-embeddings',
  apis: ['openai.embeddings', 'mistral.embeddings'],
  provider: 'openai-compatible',
  versionedBase: true,
  read: (reply) => readVectors(reply, openAiVectors),
  ending,
  client: {
    path: () => '/v1/embeddings',
    minimal: (model) => ({ model, input: 'Say it again.' }),
    word: (word) => word,
    refusalIsText: false,
    rawArguments: 'never',
    quirks: {},
  },
}

/** Gemini's batchEmbedContents. */
export const googleEmbeddingsFormat: Format = {
  dialect: 'google-embeddings',
  apis: ['google.embeddings'],
  provider: 'google',
  read: (reply) => readVectors(reply, googleVectors),
  ending,
  client: null,
}

/** Cohere's embed. */
export const cohereEmbeddingsFormat: Format = {
  dialect: 'cohere-embeddings',
  apis: ['cohere.embeddings'],
  provider: 'cohere',
  read: (reply) => readVectors(reply, cohereVectors),
  ending,
  client: null,
}
