import fc from 'fast-check'
import type { FunctionTool } from '../canonical/tool.ts'
import type { JsonObject } from '../lib/json.ts'
import { anthropicMessages } from './anthropic-messages/index.ts'
import { describeDialect } from './dialect.contract.ts'

function stream(...events: { readonly type: string; readonly [field: string]: unknown }[]): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')
}

const start = {
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5-20250929',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 25, cache_creation_input_tokens: 0, cache_read_input_tokens: 4, output_tokens: 1 },
  },
}
const ping = { type: 'ping' }
const open = (index: number, block: object) => ({ type: 'content_block_start', index, content_block: block })
const delta = (index: number, change: object) => ({ type: 'content_block_delta', index, delta: change })
const close = (index: number) => ({ type: 'content_block_stop', index })
const ending = (reason: string) => ({
  type: 'message_delta',
  delta: { stop_reason: reason, stop_sequence: null },
  usage: { output_tokens: 15 },
})
const stop = { type: 'message_stop' }
const text = [open(0, { type: 'text', text: '' }), ping, delta(0, { type: 'text_delta', text: '你好 👋🏽' }), close(0)]
const schema: JsonObject = {
  type: 'object',
  properties: { at: { type: 'string' } },
  required: ['at'],
  additionalProperties: false,
}
const look: FunctionTool = { type: 'function', name: 'look', description: 'Looks.', parameters: schema, strict: true }

describeDialect(anthropicMessages, {
  target: { model: 'claude-sonnet-4-5', quirks: {} },
  sayable: {
    severalTexts: true,
    cacheMarks: true,
    richResults: true,
    sealedTurns: 'anthropic-messages',
    sealedAnswers: 'anthropic-messages',
    refusals: false,
    finishes: ['stop', 'stop-sequence', 'length', 'content-filter', 'pause', 'context-length'],
  },
  parameters: fc.oneof(
    fc.constant({ maxOutputTokens: 100 }),
    fc.record({
      maxOutputTokens: fc.integer({ min: 1, max: 64_000 }),
      temperature: fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value || 0),
      topK: fc.integer({ min: 1, max: 100 }),
      stop: fc.constant(['END', '###']),
      endUser: fc.constant('user-1'),
      tools: fc.constant([look]),
      toolChoice: fc.constantFrom(
        { type: 'auto' } as const,
        { type: 'required' } as const,
        { type: 'named', name: 'look' } as const,
      ),
      parallelToolCalls: fc.boolean(),
      responseFormat: fc.constant({ type: 'json-schema', name: 'response', schema, strict: true } as const),
      extensions: fc.constant({ 'anthropic-messages': { service_tier: 'auto' } }),
    }),
    fc.constant({ maxOutputTokens: 4000, topP: 0.5 }),
  ),
  streams: {
    'a text': stream(start, ...text, ending('end_turn'), stop),
    'thinking and parallel tools': stream(
      start,
      open(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, { type: 'thinking_delta', thinking: '考え中' }),
      delta(0, { type: 'signature_delta', signature: 'EqQBCgIYAhIM+/=' }),
      close(0),
      open(1, { type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }),
      delta(1, { type: 'input_json_delta', partial_json: '' }),
      delta(1, { type: 'input_json_delta', partial_json: '{"at":"北' }),
      delta(1, { type: 'input_json_delta', partial_json: '京"}' }),
      close(1),
      open(2, { type: 'tool_use', id: 'toolu_2', name: 'now', input: {} }),
      close(2),
      ending('tool_use'),
      stop,
    ),
    'a text without its last event': stream(start, ...text, ending('end_turn')),
  },
  failing: stream(start, ...text, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
  unknownFinish: stream(start, ...text, ending('made_up'), stop),
  completes: (part) => part.includes('"stop_reason":"'),
  successMarker: 'message_stop',
  brokenFrame: 'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"del\n\n',
})
