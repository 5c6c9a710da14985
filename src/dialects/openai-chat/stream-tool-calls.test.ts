import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { collect } from '../../canonical/collect.ts'
import type { StreamEvent } from '../../canonical/stream-event.ts'
import type { JsonObject } from '../../lib/json.ts'
import { streamDecoder } from './stream.ts'

const chunk = (delta: JsonObject, finish: string | null = null): JsonObject => ({
  choices: [{ index: 0, delta, finish_reason: finish }],
})
const calls = (...deltas: JsonObject[]): JsonObject => chunk({ tool_calls: deltas })
const finish = chunk({}, 'stop')
const toolCall = (id: string, name: string, text: string) => ({ type: 'tool-call', id, name, arguments: text })

function decode(chunks: readonly JsonObject[]): StreamEvent[] {
  const decoder = streamDecoder()
  const events = chunks.flatMap((data) => decoder.push({ event: '', data: JSON.stringify(data) }))
  return [...events, ...decoder.end()]
}

const answer = (...chunks: JsonObject[]) => collect(decode(chunks))

describe('tool calls', () => {
  const wanted = [toolCall('a', 'f', '{"x":1}'), toolCall('b', 'g', '{"y":2}')]
  const begin = (index: number, id: string, name: string, text = '') => ({
    index,
    id,
    type: 'function',
    function: { name, arguments: text },
  })
  const more = (index: number, text: string) => ({ index, function: { arguments: text } })

  test.each<[string, JsonObject[]]>([
    [
      'one after the other',
      [calls(begin(0, 'a', 'f')), calls(more(0, '{"x":1}')), calls(begin(1, 'b', 'g')), calls(more(1, '{"y":2}'))],
    ],
    [
      'alternating',
      [
        calls(begin(0, 'a', 'f')),
        calls(begin(1, 'b', 'g')),
        calls(more(0, '{"x"')),
        calls(more(1, '{"y"')),
        calls(more(0, ':1}')),
        calls(more(1, ':2}')),
      ],
    ],
    ['whole, in one chunk', [calls(begin(0, 'a', 'f', '{"x":1}'), begin(1, 'b', 'g', '{"y":2}'))]],
    [
      'the id in every chunk',
      [
        calls(begin(0, 'a', 'f', '{"x"')),
        calls({ ...more(0, ':1}'), id: 'a' }),
        calls(begin(1, 'b', 'g', '{"y"')),
        calls({ ...more(1, ':2}'), id: 'b' }),
      ],
    ],
    [
      'an empty id after the first chunk',
      [
        calls(begin(0, 'a', 'f', '{"x"')),
        calls({ ...more(0, ':1}'), id: '', type: 'function' }),
        calls(begin(1, 'b', 'g', '{"y":2}')),
      ],
    ],
    [
      'the name later than the id',
      [
        calls({ index: 0, id: 'a', function: { arguments: '{"x"' } }),
        calls({ index: 0, function: { name: 'f', arguments: ':1}' } }),
        calls(begin(1, 'b', 'g', '{"y":2}')),
      ],
    ],
    [
      'no index, two in a chunk',
      [
        calls(
          { id: 'a', function: { name: 'f', arguments: '{"x":1}' } },
          { id: 'b', function: { name: 'g', arguments: '{"y":2}' } },
        ),
      ],
    ],
    [
      'no index, one after the other',
      [
        calls({ id: 'a', function: { name: 'f', arguments: '{"x"' } }),
        calls({ function: { arguments: ':1}' } }),
        calls({ id: 'b', function: { name: 'g', arguments: '{"y":2}' } }),
      ],
    ],
    ['all with index 0', [calls(begin(0, 'a', 'f', '{"x":1}')), calls(begin(0, 'b', 'g', '{"y":2}'))]],
    [
      'arguments as an object',
      [
        calls({ index: 0, id: 'a', function: { name: 'f', arguments: { x: 1 } } }),
        calls(begin(1, 'b', 'g', '{"y":2}')),
      ],
    ],
  ])('%s', (_, chunks) => {
    expect(answer(...chunks, chunk({}, 'tool_calls')).content).toEqual(wanted)
  })

  test('any interleaving of three calls keeps them apart, and each delta names its block', () => {
    const pieces = fc.array(fc.string({ minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(fc.tuple(pieces, pieces, pieces), fc.infiniteStream(fc.nat(2)), (texts, order) => {
        const waiting = texts.map((text, index) => [
          begin(index, `c${index}`, `f${index}`),
          ...text.map((piece) => more(index, piece)),
        ])
        const chunks: JsonObject[] = []
        for (const next of order) {
          const delta = (waiting[next]?.length ? waiting[next] : waiting.find((queue) => queue.length > 0))?.shift()
          if (!delta) break
          chunks.push(calls(delta))
        }
        const content = new Map(
          answer(...chunks, finish).content.map((part) => [part.type === 'tool-call' ? part.id : '', part]),
        )
        texts.forEach((text, index) => {
          const said = text.join('')
          const wanted = said.trim() === '' ? `${said}{}` : said
          expect(content.get(`c${index}`)).toEqual(toolCall(`c${index}`, `f${index}`, wanted))
        })
      }),
    )
  })

  test('no arguments are an empty object', () => {
    expect(decode([calls(begin(0, 'a', 'f')), finish])).toContainEqual({
      type: 'tool-call-delta',
      index: 0,
      arguments: '{}',
    })
  })

  test('a call without an id gets one, a call without a name is none', () => {
    const { content } = answer(
      calls(
        { index: 0, function: { name: 'f', arguments: '{}' } },
        { index: 1, id: 'x', function: { arguments: '{}' } },
      ),
      finish,
    )
    expect(content).toEqual([toolCall(expect.stringMatching(/^call_./) as unknown as string, 'f', '{}')])
  })

  test('the form before tools', () => {
    const chunks = [
      chunk({ function_call: { name: 'f', arguments: '' } }),
      chunk({ function_call: { arguments: '{"x":1}' } }),
    ]
    expect(answer(...chunks, chunk({}, 'function_call'))).toMatchObject({
      content: [{ type: 'tool-call', name: 'f', arguments: '{"x":1}' }],
      finishReason: 'tool-calls',
    })
  })

  test('stop after tool calls waits for the tools', () => {
    expect(answer(calls(begin(0, 'a', 'f')), finish)).toMatchObject({
      finishReason: 'tool-calls',
      rawFinishReason: 'stop',
    })
  })

  test('a call of a custom tool comes whole', () => {
    const chunks = [
      calls({ index: 0, id: 'a', type: 'custom', custom: { name: 'sh', input: 'l' } }),
      calls({ index: 0, custom: { input: 's' } }),
    ]
    expect(answer(...chunks, chunk({}, 'tool_calls')).content).toEqual([
      {
        type: 'opaque',
        dialect: 'openai-chat',
        block: { id: 'a', type: 'custom', custom: { name: 'sh', input: 'ls' } },
      },
    ])
  })

  test('a thought signature travels with its call', () => {
    const extra = { google: { thought_signature: 's' } }
    expect(answer(calls({ ...begin(0, 'a', 'f', '{}'), extra_content: extra }), finish).content).toEqual([
      {
        ...toolCall('a', 'f', '{}'),
        extensions: { 'openai-chat': { extra_content: extra }, 'google-generate-content': { thoughtSignature: 's' } },
      },
    ])
  })
})
