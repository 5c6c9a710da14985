import fc from 'fast-check'
import type { FunctionTool } from '../canonical/tool.ts'
import type { JsonObject } from '../lib/json.ts'
import { cohereChat } from './cohere-chat/index.ts'
import { describeDialect } from './dialect.contract.ts'

function stream(...events: (JsonObject & { type: string })[]): string {
  return events.map((data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`).join('')
}

const start = {
  type: 'message-start',
  id: '3a5f',
  delta: { message: { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] } },
}
const content = (type: string, fields: JsonObject, index = 0) => ({
  type,
  index,
  delta: { message: { content: fields } },
})
const call = (type: string, index: number, fields: JsonObject) => ({
  type,
  index,
  delta: { message: { tool_calls: fields } },
})
const ended = (type: string, index = 0) => ({ type, index })
const plan = (text: string) => ({ type: 'tool-plan-delta', delta: { message: { tool_plan: text } } })
const end = (finish_reason: string) => ({
  type: 'message-end',
  delta: {
    finish_reason,
    usage: {
      billed_units: { input_tokens: 9, output_tokens: 12 },
      tokens: { input_tokens: 1400, output_tokens: 20, reasoning_tokens: 5 },
      cached_tokens: 1392,
    },
  },
})
const text = [
  start,
  content('content-start', { type: 'text', text: '' }),
  content('content-delta', { text: '你好' }),
  content('content-delta', { text: ' 👋🏽' }),
]
const cited = {
  type: 'citation-start',
  index: 0,
  delta: { message: { citations: { start: 0, end: 2, text: '你好', sources: [{ type: 'tool', id: 'a:0' }] } } },
}
const schema: JsonObject = { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] }
const look: FunctionTool = { type: 'function', name: 'look', description: 'Looks.', parameters: schema, strict: true }

describeDialect(cohereChat, {
  target: { model: 'command-a-reasoning-08-2025', quirks: {} },
  sayable: {
    severalTexts: true,
    cacheMarks: false,
    richResults: false,
    sealedTurns: null,
    sealedAnswers: null,
    refusals: false,
    finishes: ['stop', 'length', 'stop-sequence', 'content-filter'],
  },
  parameters: fc.oneof(
    fc.constant({}),
    // Beside tools, Cohere takes no format.
    fc.record({
      responseFormat: fc.constantFrom(
        { type: 'text' } as const,
        { type: 'json' } as const,
        { type: 'json-schema', name: 'answer', schema } as const,
      ),
    }),
    fc.record({
      maxOutputTokens: fc.integer({ min: 1, max: 8000 }),
      temperature: fc.double({ min: 0, max: 2, noNaN: true }).map((value) => value || 0),
      topP: fc.constant(0.5),
      topK: fc.integer({ min: 0, max: 500 }),
      stop: fc.constant(['END', '\n']),
      seed: fc.nat(),
      frequencyPenalty: fc.constant(0.5),
      presencePenalty: fc.constant(0),
      tools: fc.constant([look]),
      toolChoice: fc.constantFrom({ type: 'none' } as const, { type: 'required' } as const),
      reasoning: fc.constantFrom({ effort: 'none' } as const, { effort: 'high' } as const, { budgetTokens: 900 }),
      extensions: fc.constant({ 'cohere-chat': { safety_mode: 'STRICT', citation_options: { mode: 'FAST' } } }),
    }),
  ),
  streams: {
    'a text with a citation': stream(...text, cited, ended('citation-end'), ended('content-end'), end('COMPLETE')),
    'a plan and parallel tools': stream(
      start,
      plan('考え'),
      plan('中'),
      call('tool-call-start', 0, { id: 'look_1', type: 'function', function: { name: 'look', arguments: '' } }),
      call('tool-call-delta', 0, { function: { arguments: '{"at":"北' } }),
      call('tool-call-start', 1, { id: 'now_2', type: 'function', function: { name: 'now', arguments: '' } }),
      call('tool-call-delta', 0, { function: { arguments: '京"}' } }),
      ended('tool-call-end', 0),
      ended('tool-call-end', 1),
      end('TOOL_CALL'),
    ),
    'thoughts and a text': stream(
      start,
      content('content-start', { type: 'thinking', thinking: '' }),
      content('content-delta', { thinking: '考え中' }),
      ended('content-end'),
      content('content-start', { type: 'text', text: '' }, 1),
      content('content-delta', { text: 'はい' }, 1),
      ended('content-end', 1),
      end('COMPLETE'),
    ),
    'an answer with the marker of another format after its end': `${stream(...text, ended('content-end'), end('COMPLETE'))}data: [DONE]\n\n`,
  },
  failing: stream(...text, { type: 'message-end', delta: { finish_reason: 'ERROR', error: 'Overloaded' } }),
  unknownFinish: stream(...text, ended('content-end'), end('made_up')),
  completes: (part) => part.includes('"message-end"'),
  successMarker: 'message-end',
  brokenFrame: 'data: {"type":"content-delta","index":0,"delta":{"mess\n\n',
})
