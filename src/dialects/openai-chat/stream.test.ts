import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { collect } from '../../canonical/collect.ts'
import type { StreamEvent } from '../../canonical/stream-event.ts'
import type { JsonObject } from '../../lib/json.ts'
import { streamDecoder } from './stream.ts'

const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1700000000, model: 'gpt-4o' }
const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 }
const usageChunk: JsonObject = { ...head, choices: [], usage }
const counted = { inputUncached: 3, outputText: 1, raw: usage }

function chunk(delta: JsonObject, finish: string | null = null, more: JsonObject = {}): JsonObject {
  return { ...head, choices: [{ index: 0, delta, finish_reason: finish }], ...more }
}

const calls = (...deltas: JsonObject[]): JsonObject => chunk({ tool_calls: deltas })
const finish = chunk({}, 'stop')

function decode(chunks: readonly (JsonObject | string)[]): { events: StreamEvent[]; malformed: number } {
  const decoder = streamDecoder()
  const events = chunks.flatMap((data) =>
    decoder.push({ event: '', data: typeof data === 'string' ? data : JSON.stringify(data) }),
  )
  return { events: [...events, ...decoder.end()], malformed: decoder.malformed }
}

const answer = (...chunks: (JsonObject | string)[]) => collect(decode(chunks).events)
const ended = (...chunks: (JsonObject | string)[]) => decode(chunks).events.some(({ type }) => type === 'message-end')

describe('text', () => {
  test('chunks become one block between its start and its end', () => {
    const { events } = decode([
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: '你' }),
      chunk({ content: '好' }),
      finish,
      usageChunk,
      '[DONE]',
    ])
    expect(events).toEqual([
      { type: 'message-start', id: 'chatcmpl-1', model: 'gpt-4o', created: 1700000000 },
      { type: 'text-start', index: 0 },
      { type: 'text-delta', index: 0, text: '你' },
      { type: 'text-delta', index: 0, text: '好' },
      { type: 'text-end', index: 0 },
      { type: 'message-end', finishReason: 'stop', rawFinishReason: 'stop' },
      { type: 'usage', usage: counted },
    ])
  })

  test('a refusal is a block of its own', () => {
    expect(answer(chunk({ refusal: 'I ' }), chunk({ refusal: 'cannot' }), finish).content).toEqual([
      { type: 'refusal', text: 'I cannot' },
    ])
  })

  test('only the first choice is the answer', () => {
    const other = { ...head, choices: [{ index: 1, delta: { content: 'B' }, finish_reason: 'stop' }] }
    expect(answer(chunk({ content: 'A' }), other, finish).content).toEqual([{ type: 'text', text: 'A' }])
  })

  test('a chunk with a whole message adds its delta, and the message only where there is no delta', () => {
    const both = { choices: [{ index: 0, delta: { content: 'b' }, message: { content: 'ab' } }] }
    const whole = { choices: [{ index: 0, message: { content: 'ab' }, finish_reason: 'stop' }] }
    expect(answer(chunk({ content: 'a' }), both, finish).content).toEqual([{ type: 'text', text: 'ab' }])
    expect(answer(whole).content).toEqual([{ type: 'text', text: 'ab' }])
  })
})

describe('reasoning', () => {
  const detail = (fields: JsonObject) => ({
    type: 'reasoning.text',
    format: 'anthropic-claude-v1',
    index: 0,
    ...fields,
  })

  test.each(['reasoning', 'reasoning_content'])('the field %s', (field) => {
    expect(answer(chunk({ [field]: 'h' }), chunk({ [field]: 'm' }), chunk({ content: 'hi' }), finish).content).toEqual([
      { type: 'reasoning', text: 'hm' },
      { type: 'text', text: 'hi' },
    ])
  })

  test('thinking parts', () => {
    const thinking = { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }
    expect(answer(chunk({ content: [thinking] }), chunk({ content: 'hi' }), finish).content).toEqual([
      { type: 'reasoning', text: 'hm' },
      { type: 'text', text: 'hi' },
    ])
  })

  test('details count once, though the text repeats them, and carry the signature', () => {
    const chunks = [
      chunk({ reasoning: 'h', reasoning_details: [detail({ text: 'h' })] }),
      chunk({ reasoning: 'm', reasoning_details: [detail({ text: 'm' })] }),
      chunk({ content: '', reasoning_details: [detail({ text: '', signature: 's/+=' })] }),
      chunk({ content: 'hi' }),
    ]
    expect(answer(...chunks, finish).content).toEqual([
      { type: 'reasoning', text: 'hm', signature: 's/+=', origin: 'anthropic-messages' },
      { type: 'text', text: 'hi' },
    ])
  })

  test('several signed thoughts stay apart, and a signature without text is kept', () => {
    const chunks = [
      chunk({ reasoning_details: [detail({ text: 'one' })] }),
      chunk({ reasoning_details: [detail({ signature: 's0' })] }),
      chunk({ reasoning_details: [detail({ index: 1, signature: 's1' })] }),
      chunk({ reasoning_details: [detail({ index: 2, type: 'reasoning.encrypted', data: 'd' })] }),
    ]
    expect(answer(...chunks, finish).content).toEqual([
      { type: 'reasoning', text: 'one', signature: 's0', origin: 'anthropic-messages' },
      { type: 'reasoning', text: '', signature: 's1', origin: 'anthropic-messages' },
      { type: 'reasoning', text: '', redacted: 'd', origin: 'anthropic-messages' },
    ])
  })
})

describe('the end', () => {
  const text = chunk({ content: 'hi' })

  test('a finish reason is enough, with or without [DONE]', () => {
    expect(ended(text, finish)).toBe(true)
    expect(ended(text, finish, '[DONE]')).toBe(true)
  })

  test('the end of the bytes is not, but open blocks are closed', () => {
    expect(decode([text]).events.map(({ type }) => type)).toEqual([
      'message-start',
      'text-start',
      'text-delta',
      'text-end',
    ])
    expect(ended(chunk({ role: 'assistant', content: '' }))).toBe(false)
  })

  test('[DONE] after content is, for hosts that give no finish reason; after nothing it is not', () => {
    expect(answer(text, '[DONE]')).toMatchObject({ finishReason: 'stop' })
    expect(answer(calls({ index: 0, id: 'a', function: { name: 'f' } }), '[DONE]').finishReason).toBe('tool-calls')
    expect(ended('[DONE]')).toBe(false)
    expect(ended(chunk({ role: 'assistant', content: '' }), '[DONE]')).toBe(false)
  })

  test('after the end comes nothing but usage', () => {
    const { events } = decode([text, finish, chunk({ content: 'late' }), finish, usageChunk, '[DONE]'])
    const after = events.slice(events.findIndex(({ type }) => type === 'message-end') + 1)
    expect(after.map(({ type }) => type)).toEqual(['usage'])
  })

  test('an unknown finish reason is passed on', () => {
    expect(answer(text, chunk({}, 'network_error'))).toMatchObject({
      finishReason: 'other',
      rawFinishReason: 'network_error',
    })
  })
})

describe('usage', () => {
  test('counts wherever the chunk without choices comes', () => {
    const chunks = [chunk({ role: 'assistant', content: '' }), chunk({ content: 'a' }), chunk({ content: 'b' }), finish]
    for (let at = 0; at <= chunks.length; at += 1) {
      const result = answer(...chunks.slice(0, at), usageChunk, ...chunks.slice(at))
      expect(result).toMatchObject({ content: [{ text: 'ab' }], finishReason: 'stop', usage: counted })
    }
  })

  test.each<[string, JsonObject]>([
    ['with the finish', chunk({}, 'stop', { usage })],
    ['in the choice', { choices: [{ index: 0, delta: {}, finish_reason: 'stop', usage }] }],
    ['among the host’s fields', chunk({}, 'stop', { x_groq: { usage } })],
  ])('%s', (_, last) => {
    expect(answer(chunk({ content: 'a' }), last).usage).toEqual(counted)
  })

  test('told again, the last one counts', () => {
    const first = { ...usageChunk, usage: { prompt_tokens: 3, completion_tokens: 0, total_tokens: 3 } }
    expect(answer(first, chunk({ content: 'a' }), finish, usageChunk).usage).toEqual(counted)
  })
})

describe('trouble', () => {
  const text = chunk({ content: 'hi' })

  test.each<[JsonObject, object]>([
    [{ error: { message: 'busy', code: 503 } }, { message: 'busy', status: 503 }],
    [
      { error: { message: 'bad', type: 'invalid_request_error', code: 'tool_use_failed', status_code: 400 } },
      { message: 'bad', code: 'tool_use_failed', status: 400 },
    ],
    [{ ...head, choices: [], error: 'busy' }, { message: 'busy' }],
    [
      { object: 'error', message: 'busy', code: 500 },
      { message: 'busy', status: 500 },
    ],
  ])('%j is an error as the first event and as a later one, and the last thing said', (error, wanted) => {
    for (const before of [[], [text, text]]) {
      const { events } = decode([...before, error, text, finish, '[DONE]'])
      expect(events.at(-1)).toEqual({ type: 'error', error: wanted })
    }
  })

  test('an event named error is one, whatever its data', () => {
    const [event] = streamDecoder().push({ event: 'error', data: '{"message":"busy","code":"overloaded"}' })
    expect(event).toEqual({ type: 'error', error: { message: 'busy', code: 'overloaded' } })
    expect(streamDecoder().push({ event: 'error', data: 'busy' })).toEqual([
      { type: 'error', error: { message: 'busy' } },
    ])
  })

  test('events that make no sense are skipped and counted', () => {
    const { events, malformed } = decode([
      text,
      '{"choices":[{"del',
      'null',
      '[]',
      '{"choices":"x"}',
      chunk({ content: '!' }),
      finish,
    ])
    expect(malformed).toBe(4)
    expect(collect(events).content).toEqual([{ type: 'text', text: 'hi!' }])
  })

  test('no event makes it throw', () => {
    const names = fc.constantFrom(
      'choices',
      'delta',
      'tool_calls',
      'function',
      'index',
      'usage',
      'reasoning_details',
      'content',
      'error',
      'name',
      'id',
    )
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 6 },
        fc.string({ maxLength: 3 }),
        fc.integer({ min: 0, max: 2 }),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 2 }),
        fc.dictionary(names, tie('value'), { maxKeys: 4 }),
      ),
    })).value
    fc.assert(
      fc.property(fc.array(value, { maxLength: 5 }), (chunks) => {
        const { events } = decode(chunks.map((json) => JSON.stringify(json)))
        collect(events)
      }),
    )
  })
})
