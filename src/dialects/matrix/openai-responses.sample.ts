import type { JsonObject } from '../../lib/json.ts'
import type { MatrixSample } from './sample.ts'

const head = { id: 'resp_1', object: 'response', created_at: 1700000000, model: 'gpt-5-mini-2025-08-07', error: null }
const thought: JsonObject = {
  id: 'rs_1',
  type: 'reasoning',
  summary: [{ type: 'summary_text', text: 'Two places.' }],
  encrypted_content: 'gAAAAABo==',
}
const spoken: JsonObject = {
  id: 'msg_1',
  type: 'message',
  status: 'completed',
  role: 'assistant',
  content: [{ type: 'output_text', text: 'Dobře 👍', annotations: [], logprobs: [] }],
}
const call = (place: number, id: string, text: string): JsonObject => ({
  id: `fc_${place}`,
  type: 'function_call',
  status: text === '' ? 'in_progress' : 'completed',
  call_id: id,
  name: 'weather',
  arguments: text,
})
const item = (step: 'added' | 'done', place: number, value: JsonObject): JsonObject => ({
  type: `response.output_item.${step}`,
  output_index: place,
  item: value,
})
const argued = (place: number, delta: string): JsonObject => ({
  type: 'response.function_call_arguments.delta',
  item_id: `fc_${place}`,
  output_index: place,
  delta,
})
const said = (delta: string): JsonObject => ({
  type: 'response.output_text.delta',
  item_id: 'msg_1',
  output_index: 1,
  content_index: 0,
  delta,
})
const praha = call(2, 'call_a', '{"at":"Praha"}')
const brno = call(3, 'call_b', '{"at":"Brno"}')

/** The rich conversation and the rich answer, as Responses says them. */
export const openaiResponsesSample: MatrixSample = {
  dialect: 'openai-responses',
  model: 'gpt-5-mini',
  stops: false,
  request: {
    model: 'support',
    max_output_tokens: 2000,
    temperature: 1.4,
    user: 'user-1',
    store: false,
    include: ['reasoning.encrypted_content'],
    reasoning: { effort: 'low', summary: 'auto' },
    text: { verbosity: 'low' },
    parallel_tool_calls: false,
    tool_choice: 'auto',
    tools: [
      {
        type: 'function',
        name: 'weather',
        description: 'Weather of a place.',
        parameters: { type: 'object', properties: { at: { type: 'string' } } },
        strict: false,
      },
      { type: 'web_search' },
    ],
    instructions: 'Be brief.',
    input: [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'Where is this, and how is the weather?' },
          { type: 'input_image', image_url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'auto' },
        ],
      },
      {
        id: 'rs_0',
        type: 'reasoning',
        summary: [{ type: 'summary_text', text: 'A bridge in Prague.' }],
        encrypted_content: 'gAAAAABn==',
      },
      {
        id: 'msg_0',
        type: 'message',
        status: 'completed',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'I look it up.', annotations: [] }],
      },
      { id: 'fc_0', type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"at":"Praha"}' },
      { id: 'fc_1', type: 'function_call', call_id: 'call_2', name: 'weather', arguments: '{"at":' },
      {
        type: 'function_call_output',
        call_id: 'call_1',
        output: [
          { type: 'input_text', text: 'Sunny' },
          { type: 'input_image', image_url: 'https://example.com/map.png' },
        ],
      },
      { type: 'function_call_output', call_id: 'call_2', output: 'Bad arguments' },
      { role: 'developer', content: 'Answer in Czech.' },
      { role: 'user', content: 'Well?' },
    ],
  },
  stream: [
    { type: 'response.created', response: { ...head, status: 'in_progress', output: [] } },
    item('added', 0, { id: 'rs_1', type: 'reasoning', summary: [] }),
    {
      type: 'response.reasoning_summary_text.delta',
      item_id: 'rs_1',
      output_index: 0,
      summary_index: 0,
      delta: 'Two places.',
    },
    item('done', 0, thought),
    item('added', 1, { ...spoken, status: 'in_progress', content: [] }),
    said('Dobře '),
    said('👍'),
    item('done', 1, spoken),
    item('added', 2, call(2, 'call_a', '')),
    item('added', 3, call(3, 'call_b', '')),
    argued(3, '{"at":'),
    argued(2, '{"at":"Praha"}'),
    argued(3, '"Brno"}'),
    item('done', 2, praha),
    item('done', 3, brno),
    {
      type: 'response.completed',
      response: {
        ...head,
        status: 'completed',
        output: [thought, spoken, praha, brno],
        usage: {
          input_tokens: 30,
          input_tokens_details: { cached_tokens: 10 },
          output_tokens: 12,
          output_tokens_details: { reasoning_tokens: 4 },
          total_tokens: 42,
        },
      },
    },
  ],
}
