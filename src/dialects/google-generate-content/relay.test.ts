import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import type { RelayAsk } from '../dialect.ts'
import { googleGenerateContent as gemini } from './index.ts'

const ASK: RelayAsk = { model: 'gemini-3-flash-preview', quirks: {}, needUsage: true, remove: [], removeMetadata: [] }
const HI = { contents: [{ role: 'user', parts: [{ text: 'Hi.' }] }] }
const edits = (body: JsonObject, ask: Partial<RelayAsk> = {}) =>
  gemini.relayEdits({ ...HI, ...body }, { ...ASK, ...ask })

describe('a request that is relayed', () => {
  it('stays as it is', () => {
    expect(edits({ generationConfig: { maxOutputTokens: 5 }, safetySettings: [] })).toEqual({ set: {}, remove: [] })
  })

  it('loses what Google does not know', () => {
    const ours = { model: 'models/x', metadata: { tenant_id: 'acme' }, documents: [] }
    expect(edits(ours, { remove: ['documents'] })?.remove.toSorted()).toEqual(
      expect.arrayContaining(['documents', 'metadata', 'model']),
    )
  })

  it('gets the cap of policy, in the caller’s own spelling', () => {
    expect(edits({}, { maxOutputTokens: 9 })?.set).toEqual({ generationConfig: { maxOutputTokens: 9 } })
    expect(edits({ generation_config: { max_output_tokens: 50, top_k: 4 } }, { maxOutputTokens: 9 })?.set).toEqual({
      generation_config: { top_k: 4, maxOutputTokens: 9 },
    })
    expect(edits({ generationConfig: { maxOutputTokens: 9 } }, { maxOutputTokens: 9 })?.set).toEqual({})
  })

  it.each<[string, JsonObject, Partial<RelayAsk>]>([
    ['a cache segment is named', { contents: [{ parts: [{ text: 'x', cache_key: 'k' }] }] }, {}],
    [
      'a call lacks the signature that the model demands',
      { contents: [{ role: 'model', parts: [{ functionCall: { name: 'f' } }] }] },
      {},
    ],
    ['the model thinks in tokens', thinking({ thinkingLevel: 'LOW' }), { model: 'gemini-2.5-flash' }],
    ['the model does not know that level', thinking({ thinkingLevel: 'MINIMAL' }), { model: 'gemini-3.8-flash' }],
    ['the model does not think', thinking({ thinkingBudget: 5 }), { model: 'gemini-2.0-flash' }],
    ['there are too many stop texts', { generationConfig: { stopSequences: [...'abcdef'] } }, {}],
    ['the host rejects a field', { labels: {} }, { quirks: { rejects: ['labels'] } }],
  ])('is written anew when %s', (_, body, ask) => {
    expect(edits(body, ask)).toBeNull()
  })

  it.each<[string, JsonObject, Partial<RelayAsk>]>([
    [
      'the first call of a turn is signed',
      {
        contents: [
          {
            role: 'model',
            parts: [{ functionCall: { name: 'f' }, thought_signature: 's' }, { functionCall: { name: 'f' } }],
          },
        ],
      },
      {},
    ],
    [
      'the model wants no signatures',
      { contents: [{ role: 'model', parts: [{ functionCall: { name: 'f' } }] }] },
      { model: 'gemini-2.5-flash' },
    ],
    ['the model knows the level', thinking({ thinking_level: 'low' }), {}],
    ['the model thinks in tokens and is given some', thinking({ thinkingBudget: 5 }), { model: 'gemini-2.5-flash' }],
    ['nobody knows the model', thinking({ thinkingLevel: 'MINIMAL' }), { model: 'my-tuned-model' }],
  ])('stays as it is when %s', (_, body, ask) => {
    expect(edits(body, ask)).toEqual({ set: {}, remove: [] })
  })
})

function thinking(thinkingConfig: JsonObject): JsonObject {
  return { generationConfig: { thinkingConfig } }
}

describe('a stream that is relayed', () => {
  const frame = (chunk: JsonObject) => Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`)
  const candidate = (index: number, text: string, finishReason?: string) => ({
    content: { parts: [{ text }] },
    index,
    ...(finishReason ? { finishReason } : {}),
  })

  it('is whole when all the answers that were asked for are', () => {
    const scanner = gemini.relayScanner({ keepUsage: true, choices: 2 })
    expect(scanner.scan(frame({ candidates: [candidate(0, 'a'), candidate(1, 'b')] })).kind).toBe('content')
    expect(scanner.scan(frame({ candidates: [candidate(0, '', 'STOP')] })).kind).toBe('finish')
    expect(scanner.seen.complete).toBe(false)
    expect(scanner.scan(frame({ candidates: [candidate(1, 'c', 'MAX_TOKENS')] })).kind).toBe('finish')
    expect(scanner.seen).toMatchObject({ complete: true, finishReason: 'stop', outputBytes: 3 })
    expect(scanner.end()).toBeNull()
  })

  it('counts what was generated: calls and code too', () => {
    const scanner = gemini.relayScanner({ keepUsage: true })
    const parts = [{ functionCall: { name: 'f', args: { a: 1 } } }, { executableCode: { code: '1+1' } }]
    scanner.scan(frame({ candidates: [{ content: { parts } }] }))
    expect(scanner.seen).toMatchObject({ toolCalls: 1, outputBytes: 1 + '{"a":1}'.length + 3 })
  })

  it('that is cut short ends like one that reached its cap', () => {
    const scanner = gemini.relayScanner({ keepUsage: true })
    scanner.scan(frame({ candidates: [candidate(0, 'a')], modelVersion: 'g', responseId: 'r' }))
    const decoder = gemini.streamDecoder()
    const data = scanner.cutShort({ inputUncached: 3, outputText: 4 }).toString().slice('data: '.length)
    const events = decoder.push({ event: '', data })
    expect(events).toEqual(
      expect.arrayContaining([
        { type: 'message-start', id: 'r', model: 'g' },
        { type: 'message-end', finishReason: 'length' },
      ]),
    )
    expect(JSON.parse(data)).toMatchObject({ usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4 } })
  })
})
