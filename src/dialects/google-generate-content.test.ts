import fc from 'fast-check'
import type { Extensions } from '../canonical/extensions.ts'
import type { FunctionTool } from '../canonical/tool.ts'
import type { JsonObject } from '../lib/json.ts'
import { describeDialect } from './dialect.contract.ts'
import { googleGenerateContent } from './google-generate-content/index.ts'

const head = { modelVersion: 'gemini-3-flash-preview', responseId: 'aZ3_id' }
const usage = {
  promptTokenCount: 25,
  candidatesTokenCount: 7,
  totalTokenCount: 36,
  cachedContentTokenCount: 5,
  thoughtsTokenCount: 4,
}

function chunk(parts: JsonObject[], finishReason?: string, counted: JsonObject = usage): JsonObject {
  const content = { parts, role: 'model' }
  return {
    candidates: [{ content, ...(finishReason ? { finishReason } : {}), index: 0 }],
    usageMetadata: counted,
    ...head,
  }
}

function stream(...chunks: JsonObject[]): string {
  return chunks.map((each) => `data: ${JSON.stringify(each)}\n\n`).join('')
}

const call = (name: string, args: JsonObject, more: JsonObject = {}) => ({ functionCall: { name, args }, ...more })
const named = (id: string, name: string, args: JsonObject) => ({ functionCall: { id, name, args } })
const schema: JsonObject = {
  type: 'object',
  properties: { at: { type: 'string' } },
  required: ['at'],
  additionalProperties: false,
}
const look: FunctionTool = { type: 'function', name: 'look', description: 'Looks.', parameters: schema }

describeDialect(googleGenerateContent, {
  target: { model: 'gemini-3-flash-preview', quirks: {} },
  sayable: {
    severalTexts: true,
    cacheMarks: false,
    richResults: true,
    sealedTurns: null,
    sealedAnswers: null,
    refusals: false,
    finishes: ['stop', 'length', 'content-filter'],
  },
  parameters: fc.oneof(
    fc.constant({ maxOutputTokens: 100 }),
    fc.constant({ responseFormat: { type: 'json' } as const, reasoning: { effort: 'medium' } as const }),
    fc.record({
      maxOutputTokens: fc.integer({ min: 1, max: 64_000 }),
      temperature: fc.double({ min: 0, max: 2, noNaN: true }).map((value) => value || 0),
      topP: fc.constantFrom(0.1, 0.95),
      topK: fc.integer({ min: 1, max: 100 }),
      stop: fc.constant(['END', '\n']),
      seed: fc.integer(),
      presencePenalty: fc.constantFrom(-1, 0.5),
      frequencyPenalty: fc.constantFrom(-1, 0.5),
      tools: fc.constant([look]),
      toolChoice: fc.constantFrom(
        { type: 'auto' } as const,
        { type: 'none' } as const,
        { type: 'required' } as const,
        { type: 'named', name: 'look' } as const,
      ),
      responseFormat: fc.constant({ type: 'json-schema', name: 'response', schema, strict: true } as const),
      extensions: fc.constant<Extensions>({
        'google-generate-content': {
          safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
          'toolConfig.retrievalConfig': { languageCode: 'cs' },
          'generationConfig.mediaResolution': 'MEDIA_RESOLUTION_LOW',
        },
      }),
    }),
  ),
  streams: {
    'a text': stream(chunk([{ text: '你好 👋' }]), chunk([{ text: '🏽 world' }]), chunk([{ text: '' }], 'STOP')),
    'thoughts and parallel tools': stream(
      chunk([{ text: '考え中', thought: true }], undefined, { promptTokenCount: 25, totalTokenCount: 25 }),
      chunk([named('c1', 'look', { at: '北京' }), named('c2', 'now', {})]),
      chunk([{ text: '', thoughtSignature: 'EqQBCgIYAhIM+/=' }], 'STOP'),
    ),
    'a text whose last piece comes with the end': stream(chunk([{ text: 'One ' }]), chunk([{ text: 'two.' }], 'STOP')),
  },
  failing: stream(chunk([{ text: 'One ' }]), {
    error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' },
  }),
  unknownFinish: stream(chunk([{ text: 'One ' }]), chunk([call('look', {})], 'made_up')),
  completes: (part) => part.includes('"finishReason":"'),
  successMarker: '"finishReason":"',
  brokenFrame: 'data: {"candidates":[{"content":{"parts":[{"te\n\n',
})
