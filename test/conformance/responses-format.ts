import type { Ending, Format } from './format.ts'
import { readResponses } from './responses-meaning.ts'

/** Why an answer is incomplete; one that is whole has no reason. */
const ENDINGS: Readonly<Record<string, Ending>> = {
  completed: 'stop',
  waits: 'calls',
  max_output_tokens: 'length',
  content_filter: 'filter',
}

const WORDS: Readonly<Record<string, string>> = {
  stop: 'completed',
  'stop-sequence': 'completed',
  pause: 'completed',
  calls: 'completed',
  length: 'max_output_tokens',
  context: 'max_output_tokens',
  filter: 'content_filter',
}

/** OpenAI's Responses. */
export const responsesFormat: Format = {
  dialect: 'openai-responses',
  apis: ['openai.responses'],
  provider: 'openai',
  versionedBase: true,
  model: { api: 'responses' },
  read: readResponses,
  ending({ finish, calls, refusal }) {
    const said = finish === null ? 'stop' : (ENDINGS[finish] ?? finish)
    if (said !== 'stop') return said
    if (calls.length > 0) return 'calls'
    return refusal === '' ? 'stop' : 'filter'
  },
  client: {
    path: () => '/v1/responses',
    minimal: (model, stream) => ({ model, input: 'Say it again.', stream }),
    word: (ending) => WORDS[ending] ?? ending,
    refusalIsText: false,
    rawArguments: 'never',
    quirks: {},
  },
}
