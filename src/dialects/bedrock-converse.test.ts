import fc from 'fast-check'
import type { FunctionTool } from '../canonical/tool.ts'
import type { JsonObject } from '../lib/json.ts'
import { bedrockConverse } from './bedrock-converse/index.ts'
import { describeDialect } from './dialect.contract.ts'

type Event = readonly [type: string, data: JsonObject]

function stream(...events: readonly Event[]): string {
  return events.map(([type, data]) => `event: ${type}\ndata: ${JSON.stringify({ ...data, p: 'abcd' })}\n\n`).join('')
}

const start: Event = ['messageStart', { role: 'assistant' }]
const delta = (contentBlockIndex: number, change: JsonObject): Event => [
  'contentBlockDelta',
  { contentBlockIndex, delta: change },
]
const open = (contentBlockIndex: number, toolUse: JsonObject): Event => [
  'contentBlockStart',
  { contentBlockIndex, start: { toolUse } },
]
const close = (contentBlockIndex: number): Event => ['contentBlockStop', { contentBlockIndex }]
const stop = (stopReason: string): Event => ['messageStop', { stopReason }]
const metadata: Event = [
  'metadata',
  {
    usage: { inputTokens: 25, outputTokens: 15, totalTokens: 44, cacheReadInputTokens: 4, cacheWriteInputTokens: 0 },
    metrics: { latencyMs: 533 },
  },
]
const text = [delta(0, { text: '你好' }), delta(0, { text: ' 👋🏽' }), close(0)]
const schema: JsonObject = {
  type: 'object',
  properties: { at: { type: 'string' } },
  required: ['at'],
  additionalProperties: false,
}
const own: JsonObject = {
  serviceTier: { type: 'flex' },
  guardrailConfig: { guardrailIdentifier: 'g-1', guardrailVersion: 'DRAFT' },
  additionalModelRequestFields: { anthropic_beta: ['context-1m-2025-08-07'] },
  additionalModelResponseFieldPaths: ['/stop_sequence'],
}
const look: FunctionTool = { type: 'function', name: 'look', description: 'Looks.', parameters: schema, strict: true }

describeDialect(bedrockConverse, {
  target: { model: 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0', quirks: {} },
  sayable: {
    severalTexts: true,
    cacheMarks: true,
    richResults: true,
    sealedTurns: 'anthropic-messages',
    sealedAnswers: 'anthropic-messages',
    refusals: false,
    unsaid: ['id', 'model', 'reasoning'],
    pictureUrls: false,
    finishes: ['stop', 'stop-sequence', 'length', 'content-filter', 'context-length'],
  },
  parameters: fc.oneof(
    fc.constant({}),
    fc.record({
      maxOutputTokens: fc.integer({ min: 1, max: 64_000 }),
      temperature: fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value || 0),
      topK: fc.integer({ min: 1, max: 100 }),
      tools: fc.constant([look]),
      toolChoice: fc.constantFrom(
        { type: 'auto' } as const,
        { type: 'none' } as const,
        { type: 'required' } as const,
        { type: 'named', name: 'look' } as const,
      ),
      responseFormat: fc.constant({ type: 'json-schema', name: 'answer', schema, strict: true } as const),
      extensions: fc.constant({ 'bedrock-converse': own }),
      stop: fc.constant(['END', '###']),
    }),
    fc.constant({
      maxOutputTokens: 4000,
      topP: 0.5,
      tools: [look],
      toolChoice: { type: 'auto' },
      parallelToolCalls: false,
    } as const),
  ),
  streams: {
    'a text': stream(start, ...text, stop('end_turn'), metadata),
    'thinking and parallel tools': stream(
      start,
      delta(0, { reasoningContent: { text: '考え中' } }),
      delta(0, { reasoningContent: { signature: 'EqQBCgIYAhIM+/=' } }),
      close(0),
      delta(1, { reasoningContent: { redactedContent: 'RXVRRkNrZ0k=' } }),
      close(1),
      open(2, { toolUseId: 'tooluse_1', name: 'look' }),
      open(3, { toolUseId: 'tooluse_2', name: 'now' }),
      delta(2, { toolUse: { input: '{"at":"北' } }),
      delta(3, { toolUse: { input: '' } }),
      delta(2, { toolUse: { input: '京"}' } }),
      close(2),
      close(3),
      stop('tool_use'),
      metadata,
    ),
    'a text whose usage comes early, of a proxy': stream(
      delta(0, { text: 'Hi.' }),
      close(0),
      metadata,
      stop('end_turn'),
    ),
    'a text with sources': stream(
      start,
      delta(0, { citation: { title: 'facts', location: { documentChar: { documentIndex: 0, start: 0, end: 3 } } } }),
      delta(0, { text: 'Ruby.' }),
      close(0),
      stop('end_turn'),
    ),
  },
  failing: stream(start, ...text, ['throttlingException', { message: 'Too many requests.' }]),
  unknownFinish: stream(start, ...text, stop('made_up'), metadata),
  completes: (part) => part.includes('event: messageStop'),
  successMarker: 'messageStop',
  brokenFrame: 'event: contentBlockDelta\ndata: {"contentBlockIndex":0,"del\n\n',
})
