import { describe, expect, it } from 'vitest'
import { collect } from '../../canonical/collect.ts'
import type { StreamEvent } from '../../canonical/stream-event.ts'
import type { JsonObject } from '../../lib/json.ts'
import { streamDecoder } from './stream.ts'

function read(...events: (JsonObject & { type: string })[]) {
  const decoder = streamDecoder()
  const heard = events.flatMap((data) => decoder.push({ event: '', data: JSON.stringify(data) }))
  return { events: [...heard, ...decoder.end()] as StreamEvent[], malformed: decoder.malformed }
}
const added = (place: number, item: JsonObject) => ({ type: 'response.output_item.added', output_index: place, item })
const done = (place: number, item: JsonObject) => ({ type: 'response.output_item.done', output_index: place, item })
const ended = (output: JsonObject[]) => ({
  type: 'response.completed',
  response: { id: 'r', status: 'completed', output },
})
const delta = (what: string, place: number, text: string, more: JsonObject = {}) => ({
  type: `response.${what}.delta`,
  output_index: place,
  delta: text,
  ...more,
})
const message = (text: string, more: JsonObject = {}): JsonObject => ({
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  content: text === '' ? [] : [{ type: 'output_text', text, ...more }],
})
const contentOf = (...events: Parameters<typeof read>) => collect(read(...events).events).content

describe('a stream', () => {
  it('of a host that tells items only when they are done is told all the same', () => {
    const call = { type: 'function_call', id: 'fc', call_id: 'c1', name: 'f', arguments: '{"a":1}' }
    const content = [
      { type: 'text', text: 'Hi.' },
      { type: 'tool-call', id: 'c1', name: 'f', arguments: '{"a":1}' },
    ]
    expect(contentOf(done(0, message('Hi.')), done(1, call), ended([]))).toEqual(content)
    expect(contentOf(ended([message('Hi.'), call]))).toEqual(content)
    expect(contentOf(added(0, message('')), ended([message('Hi.'), call]))).toEqual(content)
  })

  it('tells once what deltas, their ends and the whole answer repeat', () => {
    expect(
      contentOf(
        added(0, message('')),
        delta('output_text', 0, 'Hi'),
        { type: 'response.output_text.done', output_index: 0, text: 'Hi.' },
        { type: 'response.content_part.done', output_index: 0, part: { type: 'output_text', text: 'Hi.' } },
        done(0, message('Hi.')),
        ended([{ ...message('Hi.'), id: 'another' }]),
      ),
    ).toEqual([{ type: 'text', text: 'Hi.' }])
  })

  it('of vLLM, whose parts are counted otherwise in the stream than in the item, is told once', () => {
    expect(
      contentOf(
        added(0, message('')),
        delta('output_text', 0, 'Hi.', { content_index: 1 }),
        done(0, message('Hi.')),
        ended([]),
      ),
    ).toEqual([{ type: 'text', text: 'Hi.' }])
  })

  it('keeps the citations of a text, whether told one by one or with the whole', () => {
    const annotations = [{ type: 'url_citation', url: 'https://a.org' }]
    const cited = [{ type: 'text', text: 'Hi.', extensions: { 'openai-responses': { annotations } } }]
    const told = annotations.map((annotation) => ({
      type: 'response.output_text.annotation.added',
      output_index: 0,
      annotation,
    }))
    const begun = [added(0, message('')), delta('output_text', 0, 'Hi.')]
    expect(contentOf(...begun, ...told, ended([]))).toEqual(cited)
    expect(contentOf(...begun, ...told, done(0, message('Hi.', { annotations })), ended([]))).toEqual(cited)
  })

  it('joins the pieces of a summary, and seals reasoning with the whole item', () => {
    const item = {
      type: 'reasoning',
      id: 'rs_1',
      summary: [
        { type: 'summary_text', text: 'One.' },
        { type: 'summary_text', text: 'Two.' },
      ],
      encrypted_content: 'gAAA',
    }
    const [part] = contentOf(
      added(0, { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gA' }),
      delta('reasoning_summary_text', 0, 'On', { summary_index: 0 }),
      delta('reasoning_summary_text', 0, 'e.', { summary_index: 0 }),
      delta('reasoning_summary_text', 0, 'Two.', { summary_index: 1 }),
      done(0, item),
      ended([]),
    )
    expect(part).toEqual({
      type: 'reasoning',
      text: 'One.\n\nTwo.',
      signature: JSON.stringify(item),
      origin: 'openai-responses',
    })
  })

  it('takes blocks that overlap apart by their place', () => {
    expect(
      contentOf(
        added(0, { type: 'reasoning', id: 'rs', summary: [] }),
        delta('reasoning_text', 0, 'H'),
        added(1, message('')),
        delta('output_text', 1, 'A'),
        delta('reasoning_text', 0, 'm'),
        delta('output_text', 1, 'B'),
        ended([]),
      ),
    ).toMatchObject([{ text: 'Hm' }, { text: 'AB' }])
  })

  it('finds an item by its id where a host leaves the place out', () => {
    const { output_index: _, ...first } = added(0, message(''))
    const { output_index: __, ...piece } = delta('output_text', 0, 'Hi.', { item_id: 'msg_1' })
    expect(contentOf(first, piece, ended([]))).toEqual([{ type: 'text', text: 'Hi.' }])
  })

  it('reads a text whose item was never announced', () => {
    expect(contentOf(delta('output_text', 0, 'Hi.'), ended([]))).toEqual([{ type: 'text', text: 'Hi.' }])
  })

  it('tells what only this format knows when it is whole, in its place', () => {
    const search = { type: 'web_search_call', id: 'ws', status: 'completed', action: { type: 'search' } }
    expect(
      contentOf(
        added(0, { ...search, status: 'in_progress' }),
        { type: 'response.web_search_call.searching', output_index: 0, item_id: 'ws' },
        added(1, message('')),
        delta('output_text', 1, 'Hi.'),
        done(0, search),
        ended([]),
      ),
    ).toEqual([
      { type: 'opaque', dialect: 'openai-responses', block: search },
      { type: 'text', text: 'Hi.' },
    ])
  })

  it('is not whole without its end, and closes what is open', () => {
    const { events } = read(added(0, message('')), delta('output_text', 0, 'Hi'))
    expect(events.map(({ type }) => type)).toEqual(['message-start', 'text-start', 'text-delta', 'text-end'])
  })

  it.each<[string, JsonObject & { type: string }, JsonObject]>([
    [
      'an event',
      { type: 'error', code: 'rate_limit_exceeded', message: 'Slow.', param: null },
      { code: 'rate_limit_exceeded' },
    ],
    [
      'an event with an envelope',
      { type: 'error', error: { type: 'overloaded', message: 'Slow.' } },
      { code: 'overloaded' },
    ],
    [
      'a failed response',
      {
        type: 'response.failed',
        response: { status: 'failed', error: { code: 'server_error', message: 'Slow.' }, usage: { input_tokens: 3 } },
      },
      { code: 'server_error', usage: { inputUncached: 3, raw: { input_tokens: 3 } } },
    ],
  ])('ends with the error in %s', (_, event, error) => {
    const { events } = read(added(0, message('')), delta('output_text', 0, 'Hi'), event, ended([message('Hi')]))
    expect(events.at(-1)).toEqual({ type: 'error', error: { message: 'Slow.', ...error } })
    expect(events.map(({ type }) => type)).not.toContain('message-end')
  })

  it('skips what is no event, and counts it', () => {
    const decoder = streamDecoder()
    expect(decoder.push({ event: 'response.output_text.delta', data: '{"type' })).toEqual([])
    expect(decoder.push({ event: '', data: '[DONE]' })).toEqual([])
    expect(decoder.malformed).toBe(1)
  })
})
