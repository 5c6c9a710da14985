import { describe, expect, it } from 'vitest'
import { Collector, collect } from '../../canonical/collect.ts'
import type { StreamEvent } from '../../canonical/stream-event.ts'
import type { JsonObject } from '../../lib/json.ts'
import { AnthropicStreamDecoder } from './stream.ts'

const MESSAGE = { id: 'msg_1', model: 'claude-x', usage: { input_tokens: 7, output_tokens: 1 } }
const start = { type: 'message_start', message: MESSAGE }
const open = (index: number, block: JsonObject) => ({ type: 'content_block_start', index, content_block: block })
const delta = (index: number, type: string, fields: JsonObject) => ({
  type: 'content_block_delta',
  index,
  delta: { type, ...fields },
})
const stop = (index: number) => ({ type: 'content_block_stop', index })
const ending = {
  type: 'message_delta',
  delta: { stop_reason: 'end_turn', stop_sequence: null },
  usage: { output_tokens: 9 },
}
const over = { type: 'message_stop' }
const TEXT = [open(0, { type: 'text', text: '' }), delta(0, 'text_delta', { text: 'Hi' }), stop(0)]

function decode(...wire: JsonObject[]): { events: StreamEvent[]; malformed: number } {
  const decoder = new AnthropicStreamDecoder()
  const events = wire.flatMap((data) => decoder.push({ event: String(data.type ?? ''), data: JSON.stringify(data) }))
  return { events: [...events, ...decoder.end()], malformed: decoder.malformed }
}

const contentOf = (...wire: JsonObject[]) => collect(decode(start, ...wire, ending, over).events).content
const ends = (events: StreamEvent[]) => events.some((event) => event.type === 'message-end')

describe('reading a Messages stream', () => {
  it('tells a text event by event', () => {
    expect(decode(start, { type: 'ping' }, ...TEXT, ending, over)).toEqual({
      events: [
        { type: 'message-start', id: 'msg_1', model: 'claude-x' },
        { type: 'usage', usage: { inputUncached: 7, raw: { input_tokens: 7, output_tokens: 1 } } },
        { type: 'text-start', index: 0 },
        { type: 'text-delta', index: 0, text: 'Hi' },
        { type: 'text-end', index: 0 },
        { type: 'usage', usage: { inputUncached: 7, outputText: 9, raw: { input_tokens: 7, output_tokens: 9 } } },
        { type: 'message-end', finishReason: 'stop' },
      ],
      malformed: 0,
    })
  })

  it('keeps interleaved tool calls apart by their index', () => {
    const content = contentOf(
      open(0, { type: 'tool_use', id: 'a', name: 'first', input: {} }),
      open(1, { type: 'tool_use', id: 'b', name: 'second', input: {} }),
      delta(0, 'input_json_delta', { partial_json: '{"x":' }),
      delta(1, 'input_json_delta', { partial_json: '{"y":' }),
      delta(0, 'input_json_delta', { partial_json: '1}' }),
      delta(1, 'input_json_delta', { partial_json: '2}' }),
      stop(1),
      stop(0),
    )
    expect(content).toEqual([
      { type: 'tool-call', id: 'a', name: 'first', arguments: '{"x":1}' },
      { type: 'tool-call', id: 'b', name: 'second', arguments: '{"y":2}' },
    ])
  })

  it.each([
    [{}, [], '{}'],
    [{}, [''], '{}'],
    [{ x: 1 }, [], '{"x":1}'],
    [{}, [' {"a" : 1.0}'], ' {"a" : 1.0}'],
  ])('takes the arguments from the deltas, else from the start, else none: %j %j', (input, pieces, expected) => {
    const deltas = pieces.map((piece) => delta(0, 'input_json_delta', { partial_json: piece }))
    expect(contentOf(open(0, { type: 'tool_use', id: 'a', name: 'f', input }), ...deltas, stop(0))).toEqual([
      { type: 'tool-call', id: 'a', name: 'f', arguments: expected },
    ])
  })

  it('carries signatures and redacted thinking verbatim, even without text', () => {
    const content = contentOf(
      open(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, 'signature_delta', { signature: 'a+/' }),
      delta(0, 'signature_delta', { signature: 'b=' }),
      stop(0),
      open(1, { type: 'redacted_thinking', data: 'cipher' }),
      stop(1),
    )
    expect(content).toEqual([
      { type: 'reasoning', text: '', signature: 'a+/b=', origin: 'anthropic-messages' },
      { type: 'reasoning', text: '', redacted: 'cipher', origin: 'anthropic-messages' },
    ])
  })

  it('puts the block of a hosted tool together and tells it when it is finished', () => {
    const block = { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }
    const { events } = decode(
      start,
      open(0, block),
      delta(0, 'input_json_delta', { partial_json: '{"query":"x"}' }),
      stop(0),
      ending,
      over,
    )
    expect(events.filter((event) => 'index' in event)).toEqual([
      { type: 'opaque', index: 0, dialect: 'anthropic-messages', block: { ...block, input: { query: 'x' } } },
    ])
  })

  it('carries citations with their text and a caller with its tool call', () => {
    const caller = { type: 'code_execution_20250825', tool_id: 's' }
    const content = contentOf(
      open(0, { type: 'text', text: '', citations: [] }),
      delta(0, 'citations_delta', { citation: { type: 'char_location' } }),
      delta(0, 'text_delta', { text: 'Hi' }),
      stop(0),
      open(1, { type: 'tool_use', id: 'a', name: 'f', input: {}, caller }),
      stop(1),
      open(2, { type: 'tool_use', id: 'b', name: 'f', input: {}, caller: { type: 'direct' } }),
      stop(2),
    )
    expect(content).toEqual([
      { type: 'text', text: 'Hi', extensions: { 'anthropic-messages': { citations: [{ type: 'char_location' }] } } },
      { type: 'tool-call', id: 'a', name: 'f', arguments: '{}', extensions: { 'anthropic-messages': { caller } } },
      { type: 'tool-call', id: 'b', name: 'f', arguments: '{}' },
    ])
  })

  it('is whole with a stop reason and the end of the bytes, but not with less', () => {
    expect(ends(decode(start, ...TEXT, ending).events)).toBe(true)
    expect(ends(decode(start, ...TEXT).events)).toBe(false)
    expect(ends(decode(start, ...TEXT, { type: 'message_delta', delta: {}, usage: { output_tokens: 2 } }).events)).toBe(
      false,
    )
    expect(decode(start, ...TEXT.slice(0, 2)).events.at(-1)).toEqual({ type: 'text-end', index: 0 })
  })

  it('tells the end with the stop reason, once: a host may keep the connection and never send message_stop', () => {
    const decoder = new AnthropicStreamDecoder()
    const push = (data: JsonObject) => decoder.push({ event: '', data: JSON.stringify(data) })
    for (const event of [start, ...TEXT]) push(event)
    expect(push(ending).at(-1)).toEqual({ type: 'message-end', finishReason: 'stop' })
    expect(push(ending).map(({ type }) => type)).toEqual(['usage'])
    expect([...push(over), ...decoder.end()]).toEqual([])
  })

  it('does not let an answer go on after its stop reason', () => {
    const { events } = decode(start, ...TEXT, ending, ...TEXT, over)
    expect(collect(events).content).toEqual([{ type: 'text', text: 'Hi' }])
  })

  it('takes the end for the end: what follows is not read', () => {
    const { events } = decode(start, ...TEXT, ending, over, start, ...TEXT, {
      type: 'error',
      error: { message: 'late' },
    })
    expect(events.at(-1)?.type).toBe('message-end')
    expect(collect(events).content).toEqual([{ type: 'text', text: 'Hi' }])
  })

  it.each([
    [
      { type: 'error', error: { type: 'overloaded_error', message: 'Busy' } },
      { message: 'Busy', code: 'overloaded_error', status: 529 },
    ],
    [{ error: { message: 'Flex', code: 'unavailable' } }, { message: 'Flex', code: 'unavailable' }],
  ])('ends with an error anywhere, even after a stop reason: %j', (wire, error) => {
    for (const before of [[], [start], [start, ...TEXT], [start, ...TEXT, ending]]) {
      const { events } = decode(...before, wire, over)
      expect(events.at(-1)).toEqual({ type: 'error', error })
      const collector = new Collector()
      for (const event of events) collector.push(event)
      expect(collector.complete).toBe(false)
    }
  })

  it('takes an event named error for one, whatever it holds', () => {
    expect(new AnthropicStreamDecoder().push({ event: 'error', data: 'upstream gone' })).toEqual([
      { type: 'error', error: { message: 'upstream gone' } },
    ])
  })

  it('tolerates what it does not know', () => {
    const unknown = [{ type: 'weather' }, delta(0, 'smell_delta', { smell: 'x' }), { type: 'vertex_event', index: 4 }]
    const { events, malformed } = decode(start, TEXT[0] ?? {}, ...unknown, ...TEXT.slice(1), ending, over)
    expect(collect(events).content).toEqual([{ type: 'text', text: 'Hi' }])
    expect(malformed).toBe(0)
  })

  it('skips and counts what is broken, and saves a text whose start was lost', () => {
    const decoder = new AnthropicStreamDecoder()
    const events = [
      '{"type":"content_bl',
      '7',
      JSON.stringify(TEXT[1]),
      JSON.stringify(delta(3, 'input_json_delta', { partial_json: '{' })),
      '[DONE]',
    ].flatMap((data) => decoder.push({ event: '', data }))
    expect(decoder.malformed).toBe(3)
    expect(collect(events).content).toEqual([{ type: 'text', text: 'Hi' }])
  })

  it('goes by the event name where the data has no type', () => {
    const decoder = new AnthropicStreamDecoder()
    decoder.push({ event: 'message_start', data: JSON.stringify({ message: MESSAGE }) })
    expect(decoder.push({ event: 'message_stop', data: '{}' })).toEqual([
      { type: 'message-end', finishReason: 'other' },
    ])
  })
})
