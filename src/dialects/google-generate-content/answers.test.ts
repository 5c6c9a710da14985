import { describe, expect, it } from 'vitest'
import { collect } from '../../canonical/collect.ts'
import type { StreamEvent } from '../../canonical/stream-event.ts'
import type { JsonObject } from '../../lib/json.ts'
import { googleGenerateContent as gemini } from './index.ts'

const answer = (parts: JsonObject[], more: JsonObject = {}) => ({
  candidates: [{ content: { parts, role: 'model' }, finishReason: 'STOP', index: 0, ...more }],
  modelVersion: 'gemini-3-flash-preview',
  responseId: 'r',
})

function streamed(...chunks: JsonObject[]): { events: StreamEvent[]; malformed: number } {
  const decoder = gemini.streamDecoder()
  const events = chunks.flatMap((chunk) => decoder.push({ event: '', data: JSON.stringify(chunk) }))
  return { events: [...events, ...decoder.end()], malformed: decoder.malformed }
}

const chunk = (parts: JsonObject[], finishReason?: string): JsonObject => ({
  candidates: [{ content: { parts, role: 'model' }, ...(finishReason ? { finishReason } : {}) }],
})

describe('the end of an answer', () => {
  it.each([
    ['STOP', 'stop', undefined],
    ['MAX_TOKENS', 'length', undefined],
    ['SAFETY', 'content-filter', undefined],
    ['RECITATION', 'content-filter', 'RECITATION'],
    ['BLOCKLIST', 'content-filter', 'BLOCKLIST'],
    ['PROHIBITED_CONTENT', 'content-filter', 'PROHIBITED_CONTENT'],
    ['SPII', 'content-filter', 'SPII'],
    ['IMAGE_SAFETY', 'content-filter', 'IMAGE_SAFETY'],
    ['IMAGE_RECITATION', 'content-filter', 'IMAGE_RECITATION'],
    ['LANGUAGE', 'other', 'LANGUAGE'],
    ['MALFORMED_FUNCTION_CALL', 'other', 'MALFORMED_FUNCTION_CALL'],
    ['UNEXPECTED_TOOL_CALL', 'other', 'UNEXPECTED_TOOL_CALL'],
    ['SOMETHING_NEW', 'other', 'SOMETHING_NEW'],
    [1, 'stop', undefined],
    [3, 'content-filter', undefined],
  ])('%s is %s, and the same word again', (word, finishReason, raw) => {
    const read = gemini.decodeResponse(answer([{ text: 'x' }], { finishReason: word }))
    expect([read.finishReason, read.rawFinishReason]).toEqual([finishReason, raw])
    const [candidate] = gemini.encodeResponse(read).candidates as JsonObject[]
    if (typeof word === 'string') expect(candidate?.finishReason).toBe(word)
  })

  it('after a function call is that call, though Gemini says STOP', () => {
    const call = { functionCall: { name: 'f', args: {} } }
    expect(gemini.decodeResponse(answer([call])).finishReason).toBe('tool-calls')
    expect(collect(streamed(chunk([call]), chunk([{ text: '' }], 'STOP')).events).finishReason).toBe('tool-calls')
    expect(gemini.decodeResponse(answer([call], { finishReason: 'UNEXPECTED_TOOL_CALL' })).finishReason).toBe('other')
  })

  it('of a prompt that was blocked is a filter, whole and streamed', () => {
    const blocked = { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata: { promptTokenCount: 5 } }
    const expected = { content: [], finishReason: 'content-filter', rawFinishReason: 'PROHIBITED_CONTENT' }
    expect(gemini.decodeResponse(blocked)).toMatchObject(expected)
    expect(collect(streamed(blocked).events)).toMatchObject({ ...expected, usage: { inputUncached: 5 } })
    const scanner = gemini.relayScanner({ keepUsage: true })
    const frame = Buffer.from(`data: ${JSON.stringify(blocked)}\n\n`)
    expect(scanner.scan(frame)).toEqual({ kind: 'finish', bytes: frame })
    expect(scanner.seen).toMatchObject({ complete: true, finishReason: 'content-filter' })
  })

  it.each([[{}], [[]], [null], ['text'], [{ candidates: [] }], [{ usageMetadata: {} }]])(
    'is not to be found in %j, which is no answer',
    (body) => {
      expect(() => gemini.decodeResponse(body)).toThrow(expect.objectContaining({ code: 'upstream_invalid_response' }))
    },
  )

  it('in an error that came with a good status is that error', () => {
    for (const body of [{ error: { code: 503, message: 'Busy.' } }, [{ error: { code: 503, message: 'Busy.' } }]]) {
      expect(() => gemini.decodeResponse(body)).toThrow(
        expect.objectContaining({ code: 'upstream_failed', upstream: { status: 503 } }),
      )
    }
  })
})

describe('what Google says of an answer', () => {
  const about = {
    groundingMetadata: { webSearchQueries: ['a', 'b', ''], groundingChunks: [{ web: { uri: 'https://example.com' } }] },
    citationMetadata: { citationSources: [] },
    avgLogprobs: -0.1,
  }

  it('is kept with its last text and given back to callers of this format', () => {
    const whole = answer([{ text: 'One.' }, { executableCode: { code: '1' } }, { text: 'Two.' }], about)
    const read = gemini.decodeResponse(whole)
    expect(gemini.encodeResponse(read)).toEqual(whole)
    const { events } = streamed(chunk([{ text: 'One ' }]), {
      candidates: [{ content: { parts: [{ text: 'two.' }] }, finishReason: 'STOP', ...about }],
    })
    const encoder = gemini.streamEncoder({ id: 'x', model: 'm', includeUsage: true })
    const text = events.map((event) => encoder.push(event)).join('') + encoder.end()
    expect(JSON.parse(text.trim().split('\n\n').at(-1)?.slice('data: '.length) ?? '')).toMatchObject({
      candidates: [about],
    })
  })

  it('counts the searches that are to be paid', () => {
    const usageMetadata = { promptTokenCount: 1 }
    expect(gemini.decodeResponse({ ...answer([{ text: 'x' }], about), usageMetadata }).usage?.webSearches).toBe(2)
    expect(gemini.decodeResponse({ ...answer([{ text: 'x' }]), usageMetadata }).usage?.webSearches).toBeUndefined()
    const last = { candidates: [{ content: { parts: [] }, finishReason: 'STOP', ...about }], usageMetadata }
    expect(collect(streamed(chunk([{ text: 'x' }]), last).events).usage?.webSearches).toBe(2)
  })
})

describe('parts of an answer', () => {
  it('that the model drew are given back as they came, and are nothing to others', () => {
    const drawn = { inlineData: { mimeType: 'image/png', data: 'AA' } }
    const read = gemini.decodeResponse(answer([drawn]))
    expect(read.content).toEqual([{ type: 'opaque', dialect: 'google-generate-content', block: drawn }])
    expect(gemini.encodeResponse(read)).toEqual(answer([drawn]))
  })

  it('that call functions without ids get one each, which Gemini is not told', () => {
    const call = { functionCall: { name: 'f', args: {} } }
    const { content } = gemini.decodeResponse(answer([call, call]))
    const ids = content.map((part) => part.type === 'tool-call' && part.id)
    expect(new Set(ids).size).toBe(2)
    expect(gemini.encodeResponse({ content, finishReason: 'tool-calls' })).toMatchObject({
      candidates: [{ content: { parts: [call, call] } }],
    })
  })

  it('with signatures stay apart from those without, byte for byte and in order', () => {
    const parts = [
      { text: 'Hm.', thought: true },
      { text: 'Sealed.', thought: true, thoughtSignature: 'a+/=' },
      { text: 'One.' },
      { text: 'Two.', thoughtSignature: 'b+/=' },
      { text: 'Three.' },
      { functionCall: { id: 'c', name: 'f', args: { x: 1 } }, thoughtSignature: 'c+/=' },
      { text: '', thoughtSignature: 'd+/=' },
    ]
    const whole = gemini.decodeResponse(answer(parts))
    expect(gemini.encodeResponse(whole)).toEqual(answer(parts))
    const { events } = streamed(...parts.map((part) => chunk([part])), chunk([], 'STOP'))
    expect(collect(events).content).toEqual(whole.content)
  })

  it('of two texts in a row are one text', () => {
    const { events } = streamed(chunk([{ text: 'One ' }, { text: 'two ' }]), chunk([{ text: 'three.' }], 'STOP'))
    expect(collect(events).content).toEqual([{ type: 'text', text: 'One two three.' }])
  })

  it('that are no parts are counted and passed over', () => {
    const { events, malformed } = streamed({
      candidates: [
        { content: { parts: [7, { functionCall: { name: 'f', args: 'x' } }, { text: 'ok' }] }, finishReason: 'STOP' },
      ],
    })
    expect(malformed).toBe(2)
    expect(collect(events).content).toEqual([{ type: 'text', text: 'ok' }])
  })
})

describe('a function call in pieces', () => {
  const piece = (functionCall: JsonObject, more: JsonObject = {}) => chunk([{ functionCall, ...more }])
  const at = (jsonPath: string, value: JsonObject) => ({ jsonPath, ...value })

  it('is put together from its places', () => {
    const { events } = streamed(
      piece({ name: 'f', willContinue: true }, { thoughtSignature: 's+/=' }),
      piece({ partialArgs: [at('$.city', { stringValue: 'Zür', willContinue: true })], willContinue: true }),
      piece({ partialArgs: [at('$.city', { stringValue: 'ich' })], willContinue: true }),
      piece({
        partialArgs: [at('$.days[0].n', { numberValue: 3 }), at('$.days[0].ok', { boolValue: true })],
        willContinue: true,
      }),
      piece({ partialArgs: [at("$.days[1]['a b']", { nullValue: 'NULL_VALUE' })], willContinue: true }),
      piece({}),
      piece({ id: 'two', name: 'g', willContinue: true }),
      chunk([{ functionCall: {} }], 'STOP'),
    )
    expect(collect(events)).toMatchObject({
      finishReason: 'tool-calls',
      content: [
        {
          name: 'f',
          arguments: '{"city":"Zürich","days":[{"n":3,"ok":true},{"a b":null}]}',
          extensions: { 'google-generate-content': { thoughtSignature: 's+/=' } },
        },
        { id: 'two', name: 'g', arguments: '{}' },
      ],
    })
  })

  it('cannot reach outside itself, nor grow by a place far away', () => {
    const { events } = streamed(
      piece({ name: 'f', willContinue: true }),
      piece({
        partialArgs: [at('$.__proto__.polluted', { stringValue: 'x' }), at('$.list[9999999]', { numberValue: 1 })],
        willContinue: true,
      }),
      chunk([{ functionCall: {} }], 'STOP'),
    )
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
    const [call] = collect(events).content
    expect(call?.type === 'tool-call' && call.arguments).toBe('{"__proto__":{"polluted":"x"},"list":[]}')
  })
})

describe('a stream to a caller', () => {
  it('writes calls in the order in which they began, whatever ends first', () => {
    const encoder = gemini.streamEncoder({ id: 'x', model: 'm', includeUsage: true })
    const wrote = (event: StreamEvent) => encoder.push(event)
    expect(wrote({ type: 'tool-call-start', index: 0, id: 'a', name: 'f' })).toBe('')
    expect(wrote({ type: 'tool-call-start', index: 1, id: 'b', name: 'g' })).toBe('')
    expect(wrote({ type: 'tool-call-end', index: 1 })).toBe('')
    expect(wrote({ type: 'text-start', index: 2 })).toBe('')
    expect(wrote({ type: 'text-delta', index: 2, text: 'After.' })).toBe('')
    const text = wrote({ type: 'tool-call-end', index: 0 })
    expect([...text.matchAll(/"name":"(\w)"|"text":"(\w+)/g)].map(([, name, said]) => name ?? said)).toEqual([
      'f',
      'g',
      'After',
    ])
    expect(encoder.end()).toContain('"finishReason":"STOP"')
  })

  it('tells a refusal as text that ends in a filter', () => {
    const encoder = gemini.streamEncoder({ id: 'x', model: 'm', includeUsage: true })
    encoder.push({ type: 'refusal-start', index: 0 })
    expect(encoder.push({ type: 'refusal-delta', index: 0, text: 'No.' })).toContain('"text":"No."')
    encoder.push({ type: 'refusal-end', index: 0 })
    encoder.push({ type: 'message-end', finishReason: 'stop' })
    expect(encoder.end()).toContain('"finishReason":"SAFETY"')
  })
})
