import { readCohere } from './cohere-meaning.ts'
import type { Ending, Format } from './format.ts'

const ENDINGS: Readonly<Record<string, Ending>> = {
  COMPLETE: 'stop',
  STOP_SEQUENCE: 'stop-sequence',
  MAX_TOKENS: 'length',
  TOOL_CALL: 'calls',
  ERROR_TOXIC: 'filter',
  ERROR_LIMIT: 'context',
}

/** Cohere's Chat, version 2. Nobody calls Headgate in it. */
export const cohereFormat: Format = {
  dialect: 'cohere-chat',
  apis: ['cohere.chat_v2'],
  provider: 'cohere',
  read: readCohere,
  ending: ({ finish, calls }) => {
    if (finish === null) return calls.length > 0 ? 'calls' : 'stop'
    return ENDINGS[finish] ?? finish
  },
  client: null,
}
