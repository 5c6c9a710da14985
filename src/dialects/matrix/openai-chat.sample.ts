import type { JsonObject } from '../../lib/json.ts'
import type { MatrixSample } from './sample.ts'

const chunk = (delta: JsonObject, finish: string | null = null): JsonObject => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1700000000,
  model: 'gpt-4o-mini-2024-07-18',
  choices: [{ index: 0, delta, finish_reason: finish }],
})
const call = (index: number, fields: JsonObject) => chunk({ tool_calls: [{ index, ...fields }] })

/** The rich conversation and the rich answer, as Chat Completions says them. */
export const openaiChatSample: MatrixSample = {
  dialect: 'openai-chat',
  model: 'gpt-4o-mini',
  request: {
    model: 'support',
    max_completion_tokens: 2000,
    temperature: 1.4,
    stop: ['END', '\n'],
    seed: 7,
    user: 'user-1',
    parallel_tool_calls: false,
    tool_choice: 'auto',
    tools: [
      {
        type: 'function',
        function: {
          name: 'weather',
          description: 'Weather of a place.',
          parameters: { type: 'object', properties: { at: { type: 'string' } } },
        },
      },
    ],
    messages: [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Where is this, and how is the weather?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
        ],
      },
      {
        role: 'assistant',
        content: 'I look it up.',
        reasoning_content: 'A bridge in Prague.',
        tool_calls: [
          { id: 'functions.weather:0', type: 'function', function: { name: 'weather', arguments: '{"at":"Praha"}' } },
          { id: 'call_2', type: 'function', function: { name: 'weather', arguments: '{"at":' } },
        ],
      },
      { role: 'tool', tool_call_id: 'functions.weather:0', content: 'Sunny' },
      { role: 'tool', tool_call_id: 'call_2', content: 'Bad arguments' },
      { role: 'system', content: 'Answer in Czech.' },
      { role: 'user', content: 'Well?' },
    ],
  },
  stream: [
    chunk({ role: 'assistant', content: '' }),
    chunk({ reasoning_content: 'Two places.' }),
    chunk({ content: 'Dobře ' }),
    chunk({ content: '👍' }),
    call(0, { id: 'call_a', type: 'function', function: { name: 'weather', arguments: '' } }),
    call(1, { id: 'call_b', type: 'function', function: { name: 'weather', arguments: '{"at":' } }),
    call(0, { function: { arguments: '{"at":"Praha"}' } }),
    call(1, { function: { arguments: '"Brno"}' } }),
    chunk({}, 'tool_calls'),
    {
      ...chunk({}),
      choices: [],
      usage: {
        prompt_tokens: 30,
        completion_tokens: 12,
        total_tokens: 42,
        prompt_tokens_details: { cached_tokens: 10 },
        completion_tokens_details: { reasoning_tokens: 4 },
      },
    },
  ],
}
