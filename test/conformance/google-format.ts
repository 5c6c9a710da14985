import { isObject } from '../../src/lib/json.ts'
import type { Ending, Format } from './format.ts'
import { readGoogle } from './google-meaning.ts'

const ENDINGS: Readonly<Record<string, Ending>> = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'filter',
  RECITATION: 'filter',
  BLOCKLIST: 'filter',
  PROHIBITED_CONTENT: 'filter',
  SPII: 'filter',
  IMAGE_SAFETY: 'filter',
  OTHER: 'OTHER',
}

/** There is one word for every good end, and one for every kind of fullness. */
const WORDS: Readonly<Record<string, string>> = {
  stop: 'STOP',
  'stop-sequence': 'STOP',
  pause: 'STOP',
  calls: 'STOP',
  length: 'MAX_TOKENS',
  context: 'MAX_TOKENS',
  filter: 'SAFETY',
}

/** Gemini's generateContent. The address names the model and whether to stream; a refusal is text, and arguments are objects. */
export const googleFormat: Format = {
  dialect: 'google-generate-content',
  apis: ['google.generate_content'],
  provider: 'google',
  read: readGoogle,
  ending({ finish, calls }) {
    const said = finish === null ? 'stop' : (ENDINGS[finish] ?? finish)
    return said === 'stop' && calls.length > 0 ? 'calls' : said
  },
  counting: {
    api: 'google.count_tokens',
    path: (model) => `/v1beta/models/${encodeURIComponent(model)}:countTokens`,
    question: (body) => ({ generateContentRequest: body }),
    callIn: (body) => (isObject(body.generateContentRequest) ? body.generateContentRequest : body),
    tokensIn: ({ totalTokens: tokens }) => (typeof tokens === 'number' ? tokens : null),
  },
  client: {
    path: (model, stream) => `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    minimal: () => ({ contents: [{ role: 'user', parts: [{ text: 'Say it again.' }] }] }),
    asksByAddress: true,
    word: (ending) => WORDS[ending] ?? ending,
    refusalIsText: true,
    rawArguments: 'always',
    quirks: {},
    hasMarker: false,
  },
}
