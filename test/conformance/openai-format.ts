import { isObject } from '../../src/lib/json.ts'
import type { Ending, Format } from './format.ts'
import { readOpenAi } from './openai-meaning.ts'

/** OpenAI's finish reasons, and those that its hosts pass through. */
const ENDINGS: Readonly<Record<string, Ending>> = {
  stop: 'stop',
  end_turn: 'stop',
  eos: 'stop',
  length: 'length',
  max_tokens: 'length',
  tool_calls: 'calls',
  tool_use: 'calls',
  function_call: 'calls',
  content_filter: 'filter',
  safety: 'filter',
  sensitive: 'filter',
  refusal: 'filter',
  stop_sequence: 'stop-sequence',
  model_length: 'context',
}

/** There is none for a pause or a full window, and a stop text and a natural end are called the same. */
const WORDS: Readonly<Record<string, string>> = {
  stop: 'stop',
  'stop-sequence': 'stop',
  pause: 'stop',
  length: 'length',
  context: 'length',
  calls: 'tool_calls',
  filter: 'content_filter',
}

/** Chat Completions. */
export const openAiFormat: Format = {
  dialect: 'openai-chat',
  apis: ['openai.chat', 'mistral.chat'],
  provider: 'openai-compatible',
  versionedBase: true,
  model: { api: 'chat' },
  read: readOpenAi,
  ending({ finish, calls, refusal, stopText }) {
    const said = finish === null ? 'stop' : (ENDINGS[finish.toLowerCase()] ?? finish)
    if (said !== 'stop') return said
    // Hosts say `stop` after tool calls; a refusal is a field here; vLLM names the stop text.
    if (calls.length > 0) return 'calls'
    if (refusal !== '') return 'filter'
    return stopText === null ? 'stop' : 'stop-sequence'
  },
  client: {
    path: () => '/v1/chat/completions',
    minimal: (model, stream) => ({
      model,
      messages: [{ role: 'user', content: 'Say it again.' }],
      stream,
      ...(stream ? { stream_options: { include_usage: true } } : {}),
    }),
    isOwedUsage: ({ stream, stream_options: options }) =>
      stream !== true || (isObject(options) && options.include_usage === true),
    word: (ending) => WORDS[ending] ?? ending,
    refusalIsText: false,
    rawArguments: 'never',
    quirks: { reasoningField: 'reasoning_details' },
  },
}
