import fc from 'fast-check'
import type { FunctionTool } from '../canonical/tool.ts'
import type { JsonObject } from '../lib/json.ts'
import { sseText } from '../lib/sse.ts'
import { describeDialect } from './dialect.contract.ts'
import { openaiResponses } from './openai-responses/index.ts'

/** Events as OpenAI writes them: named, numbered, their type first. */
function stream(...events: readonly (JsonObject & { type: string })[]): string {
  return events
    .map(({ type, ...fields }, at) => sseText(JSON.stringify({ type, sequence_number: at, ...fields }), type))
    .join('')
}

const head = { id: 'resp_1', object: 'response', created_at: 1700000000, model: 'gpt-5-mini-2025-08-07', error: null }
const usage: JsonObject = {
  input_tokens: 20,
  input_tokens_details: { cached_tokens: 4, cache_write_tokens: 6 },
  output_tokens: 9,
  output_tokens_details: { reasoning_tokens: 2 },
  total_tokens: 29,
}
const created = { type: 'response.created', response: { ...head, status: 'in_progress', output: [], usage: null } }
const item = (step: 'added' | 'done', place: number, value: JsonObject) => ({
  type: `response.output_item.${step}`,
  output_index: place,
  item: value,
})
const message = (text: string, status: string): JsonObject => ({
  id: 'msg_1',
  type: 'message',
  status,
  role: 'assistant',
  content: text === '' ? [] : [{ type: 'output_text', text, annotations: [], logprobs: [] }],
})
const at = { item_id: 'msg_1', output_index: 0, content_index: 0 }
const text = [
  created,
  item('added', 0, message('', 'in_progress')),
  { type: 'response.content_part.added', ...at, part: { type: 'output_text', text: '', annotations: [] } },
  { type: 'response.output_text.delta', ...at, delta: '你好', logprobs: [], obfuscation: 'x1' },
  { type: 'response.output_text.delta', ...at, delta: ' 👋🏽', logprobs: [], obfuscation: 'y"2' },
]
const textDone = [
  { type: 'response.output_text.done', ...at, text: '你好 👋🏽' },
  item('done', 0, message('你好 👋🏽', 'completed')),
]
const ended = (output: JsonObject[], more: JsonObject = {}) => ({
  type: 'response.completed',
  response: { ...head, status: 'completed', output, usage, ...more },
})
const call = (place: number, id: string, name: string, text: string, status: string): JsonObject => ({
  id: `fc_${place}`,
  type: 'function_call',
  status,
  call_id: id,
  name,
  arguments: text,
})
const argued = (place: number, delta: string) => ({
  type: 'response.function_call_arguments.delta',
  item_id: `fc_${place}`,
  output_index: place,
  delta,
})
const thought: JsonObject = {
  id: 'rs_1',
  type: 'reasoning',
  summary: [{ type: 'summary_text', text: '考え中' }],
  encrypted_content: 'gAAAAA==',
}
const look: FunctionTool = {
  type: 'function',
  name: 'look',
  description: 'Looks.',
  parameters: { type: 'object', properties: { at: { type: 'string', minLength: 1 } } },
  strict: false,
}
/** Fields that only this format has. */
const own: JsonObject = {
  service_tier: 'flex',
  include: ['web_search_call.action.sources'],
  'text.verbosity': 'low',
  'reasoning.summary': 'auto',
}
const schema: JsonObject = { type: 'object', properties: { at: { type: 'string' } } }

describeDialect(openaiResponses, {
  target: { model: 'gpt-5-mini', quirks: {} },
  sayable: {
    severalTexts: true,
    cacheMarks: false,
    richResults: false,
    sealedTurns: 'openai-responses',
    sealedAnswers: 'openai-responses',
    refusals: true,
    finishes: ['stop', 'length', 'content-filter'],
  },
  parameters: fc.oneof(
    fc.constant({}),
    fc.record({
      maxOutputTokens: fc.integer({ min: 1, max: 64_000 }),
      temperature: fc.double({ min: 0, max: 2, noNaN: true }).map((value) => value || 0),
      topP: fc.constant(0.5),
      endUser: fc.constant('user-1'),
      tools: fc.constant([look]),
      toolChoice: fc.constantFrom(
        { type: 'auto' } as const,
        { type: 'none' } as const,
        { type: 'required' } as const,
        { type: 'named', name: 'look' } as const,
      ),
      parallelToolCalls: fc.boolean(),
      reasoning: fc.constantFrom({ effort: 'none' } as const, { effort: 'xhigh' } as const),
      responseFormat: fc.constantFrom(
        { type: 'text' } as const,
        { type: 'json' } as const,
        { type: 'json-schema', name: 'answer', schema, strict: true } as const,
      ),
      extensions: fc.constant({ 'openai-responses': own }),
    }),
  ),
  streams: {
    'a text': stream(...text, ...textDone, ended([message('你好 👋🏽', 'completed')])),
    'reasoning and parallel tools': stream(
      created,
      item('added', 0, { id: 'rs_1', type: 'reasoning', summary: [] }),
      {
        type: 'response.reasoning_summary_text.delta',
        item_id: 'rs_1',
        output_index: 0,
        summary_index: 0,
        delta: '考え中',
      },
      item('done', 0, thought),
      item('added', 1, call(1, 'call_1', 'look', '', 'in_progress')),
      argued(1, '{"at":"北'),
      item('added', 2, call(2, 'call_2', 'now', '', 'in_progress')),
      argued(1, '京"}'),
      item('done', 1, call(1, 'call_1', 'look', '{"at":"北京"}', 'completed')),
      item('done', 2, call(2, 'call_2', 'now', '', 'completed')),
      ended([
        thought,
        call(1, 'call_1', 'look', '{"at":"北京"}', 'completed'),
        call(2, 'call_2', 'now', '', 'completed'),
      ]),
    ),
    'a text whose end repeats nothing': stream(...text, ended([])),
  },
  failing: stream(...text, { type: 'error', code: 'server_error', message: 'Overloaded', param: null }),
  unknownFinish: stream(...text, ...textDone, {
    type: 'response.incomplete',
    response: {
      ...head,
      status: 'incomplete',
      incomplete_details: { reason: 'made_up' },
      output: [message('你好 👋🏽', 'incomplete')],
      usage,
    },
  }),
  completes: (part) => part.includes('"type":"response.completed"'),
  successMarker: '"type":"response.completed"',
  brokenFrame:
    'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","item_id":"msg_1","del\n\n',
})
