import { readAnthropic } from './anthropic-meaning.ts'
import type { Ending, Format } from './format.ts'

const ENDINGS: Readonly<Record<string, Ending>> = {
  end_turn: 'stop',
  stop_sequence: 'stop-sequence',
  pause_turn: 'pause',
  max_tokens: 'length',
  model_context_window_exceeded: 'context',
  tool_use: 'calls',
  refusal: 'filter',
}

const WORDS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(ENDINGS).map(([word, ending]) => [ending, word]),
)

/** Anthropic's Messages. It has no field for a refusal, so it is text there, and takes objects alone as arguments of a whole answer. */
export const anthropicFormat: Format = {
  dialect: 'anthropic-messages',
  apis: ['anthropic.messages'],
  provider: 'anthropic',
  read: readAnthropic,
  ending: ({ finish }) => (finish === null ? 'stop' : (ENDINGS[finish] ?? finish)),
  counting: {
    api: 'anthropic.count_tokens',
    path: () => '/v1/messages/count_tokens',
    question: ({ max_tokens: _, stream: __, ...body }, model) => ({ ...body, model }),
    callIn: (body) => body,
    tokensIn: ({ input_tokens: tokens }) => (typeof tokens === 'number' ? tokens : null),
  },
  client: {
    path: () => '/v1/messages',
    minimal: (model, stream) => ({
      model,
      max_tokens: 32_000,
      messages: [{ role: 'user', content: 'Say it again.' }],
      stream,
    }),
    word: (ending) => WORDS[ending] ?? ending,
    refusalIsText: true,
    rawArguments: 'whole-answers',
    quirks: {},
  },
}
