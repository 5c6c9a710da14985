import fc from 'fast-check'
import type { FunctionTool } from '../canonical/tool.ts'
import type { JsonObject } from '../lib/json.ts'
import { describeDialect } from './dialect.contract.ts'
import { openaiChat } from './openai-chat/index.ts'

function stream(...chunks: (JsonObject | '[DONE]')[]): string {
  return chunks.map((data) => `data: ${data === '[DONE]' ? data : JSON.stringify(data)}\n\n`).join('')
}

const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1700000000, model: 'gpt-4o-mini-2024-07-18' }
const chunk = (delta: JsonObject, finish: string | null = null): JsonObject => ({
  ...head,
  choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
})
const usage: JsonObject = {
  ...head,
  choices: [],
  usage: {
    prompt_tokens: 20,
    completion_tokens: 9,
    total_tokens: 29,
    prompt_tokens_details: { cached_tokens: 4, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 2, audio_tokens: 0 },
  },
}
const role = chunk({ role: 'assistant', content: '', refusal: null })
const text = [role, chunk({ content: '你好' }), chunk({ content: ' 👋🏽' })]
const call = (index: number, fields: JsonObject) => chunk({ tool_calls: [{ index, ...fields }] })
const schema: JsonObject = { type: 'object', properties: { at: { type: 'string', minLength: 1 } } }
const look: FunctionTool = { type: 'function', name: 'look', description: 'Looks.', parameters: schema, strict: false }

describeDialect(openaiChat, {
  target: { model: 'gpt-4o-mini', quirks: {} },
  sayable: {
    severalTexts: false,
    cacheMarks: false,
    richResults: false,
    sealedTurns: null,
    sealedAnswers: 'anthropic-messages',
    refusals: true,
    finishes: ['stop', 'length', 'content-filter'],
  },
  parameters: fc.oneof(
    fc.constant({}),
    fc.record({
      maxOutputTokens: fc.integer({ min: 1, max: 64_000 }),
      temperature: fc.double({ min: 0, max: 2, noNaN: true }).map((value) => value || 0),
      topP: fc.constant(0.5),
      stop: fc.constant(['END', '\n']),
      seed: fc.integer(),
      choices: fc.constant(1),
      frequencyPenalty: fc.constant(0.5),
      presencePenalty: fc.constant(-0.5),
      endUser: fc.constant('user-1'),
      tools: fc.constant([look]),
      toolChoice: fc.constantFrom(
        { type: 'auto' } as const,
        { type: 'none' } as const,
        { type: 'required' } as const,
        { type: 'named', name: 'look' } as const,
      ),
      parallelToolCalls: fc.boolean(),
      reasoning: fc.constantFrom({ effort: 'none' } as const, { effort: 'high' } as const),
      responseFormat: fc.constantFrom(
        { type: 'text' } as const,
        { type: 'json' } as const,
        { type: 'json-schema', name: 'answer', schema, strict: true } as const,
      ),
      extensions: fc.constant({ 'openai-chat': { logprobs: true } }),
    }),
  ),
  streams: {
    'a text': stream(...text, chunk({}, 'stop'), usage, '[DONE]'),
    'reasoning and parallel tools': stream(
      role,
      chunk({ reasoning_content: '考え中' }),
      call(0, { id: 'call_1', type: 'function', function: { name: 'look', arguments: '' } }),
      call(0, { function: { arguments: '{"at":"北' } }),
      call(1, { id: 'call_2', type: 'function', function: { name: 'now', arguments: '' } }),
      call(0, { function: { arguments: '京"}' } }),
      chunk({}, 'tool_calls'),
      usage,
      '[DONE]',
    ),
    'a text without its last event': stream(...text, chunk({}, 'stop')),
  },
  failing: stream(...text, { error: { message: 'Overloaded', type: 'server_error', code: null } }),
  unknownFinish: stream(...text, chunk({}, 'made_up'), '[DONE]'),
  completes: (part) => part.includes('"finish_reason":"'),
  successMarker: '[DONE]',
  brokenFrame: 'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","choi\n\n',
})
