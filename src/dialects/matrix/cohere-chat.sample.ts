import type { JsonObject } from '../../lib/json.ts'
import type { MatrixSample } from './sample.ts'

const content = (type: string, index: number, fields: JsonObject): JsonObject => ({
  type,
  index,
  delta: { message: { content: fields } },
})
const call = (type: string, index: number, fields: JsonObject): JsonObject => ({
  type,
  index,
  delta: { message: { tool_calls: fields } },
})

/** The rich conversation and the rich answer, as Cohere's Chat says them. */
export const cohereChatSample: MatrixSample = {
  dialect: 'cohere-chat',
  model: 'command-a-plus-05-2026',
  request: {
    model: 'support',
    max_tokens: 2000,
    temperature: 0.4,
    k: 5,
    p: 0.9,
    stop_sequences: ['END'],
    seed: 7,
    safety_mode: 'STRICT',
    tool_choice: 'REQUIRED',
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
        content: [
          { type: 'thinking', thinking: 'A bridge in Prague.' },
          { type: 'text', text: 'I look it up.' },
        ],
        tool_calls: [
          { id: 'weather_1a', type: 'function', function: { name: 'weather', arguments: '{"at":"Praha"}' } },
          { id: 'weather_2b', type: 'function', function: { name: 'weather', arguments: '{}' } },
        ],
      },
      {
        role: 'tool',
        tool_call_id: 'weather_1a',
        content: [{ type: 'document', document: { id: 'w', data: { sky: 'Sunny' } } }],
      },
      { role: 'tool', tool_call_id: 'weather_2b', content: 'Bad arguments' },
      { role: 'system', content: 'Answer in Czech.' },
      { role: 'user', content: 'Well?' },
    ],
  },
  stream: [
    {
      type: 'message-start',
      id: 'c14c80c3',
      delta: { message: { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] } },
    },
    { type: 'tool-plan-delta', delta: { message: { tool_plan: 'Two places.' } } },
    content('content-start', 0, { type: 'text', text: '' }),
    content('content-delta', 0, { text: 'Dobře ' }),
    content('content-delta', 0, { text: '👍' }),
    {
      type: 'citation-start',
      index: 0,
      delta: {
        message: { citations: { start: 0, end: 5, text: 'Dobře', sources: [{ type: 'tool', id: 'weather_1a:0' }] } },
      },
    },
    { type: 'citation-end', index: 0 },
    { type: 'content-end', index: 0 },
    call('tool-call-start', 0, { id: 'weather_c', type: 'function', function: { name: 'weather', arguments: '' } }),
    call('tool-call-delta', 0, { function: { arguments: '{"at":"Praha"}' } }),
    { type: 'tool-call-end', index: 0 },
    call('tool-call-start', 1, { id: 'now_d', type: 'function', function: { name: 'now', arguments: '' } }),
    { type: 'tool-call-end', index: 1 },
    {
      type: 'message-end',
      delta: {
        finish_reason: 'TOOL_CALL',
        usage: {
          billed_units: { input_tokens: 30, output_tokens: 12 },
          tokens: { input_tokens: 1430, output_tokens: 40, reasoning_tokens: 4 },
          cached_tokens: 1392,
        },
      },
    },
  ],
}
