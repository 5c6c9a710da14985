import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import type { RelayOptions } from '../dialect.ts'
import { relayScanner } from './relay-scanner.ts'

const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1700000000, model: 'gpt-4o' }
const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 }

function chunk(delta: JsonObject, finish: string | null = null, more: JsonObject = {}, index = 0): JsonObject {
  return { ...head, choices: [{ index, delta, logprobs: null, finish_reason: finish }], ...more }
}

const sse = (data: JsonObject | string) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
const role = sse(chunk({ role: 'assistant', content: '' }))
const text = (content: string, more: JsonObject = {}) => sse(chunk({ content }, null, more))
const finish = sse(chunk({}, 'stop'))
const usageOnly = sse({ ...head, choices: [], usage })
const done = sse('[DONE]')

function scan(frames: readonly string[], options: Partial<RelayOptions> = {}) {
  const scanner = relayScanner({ keepUsage: true, ...options })
  const scanned = frames.map((frame) => {
    const bytes = Buffer.from(frame)
    const result = scanner.scan(bytes)
    return { kind: result.kind, bytes: result.bytes?.toString() ?? null, same: result.bytes === bytes }
  })
  return { kinds: scanned.map(({ kind }) => kind), scanned, seen: scanner.seen }
}

describe('kinds of frames', () => {
  test('a whole stream', () => {
    const { kinds, scanned, seen } = scan([role, text('你好'), text(' there'), finish, usageOnly, done])
    expect(kinds).toEqual(['quiet', 'content', 'content', 'finish', 'finish', 'finish'])
    expect(scanned.every(({ same }) => same)).toBe(true)
    expect(seen).toEqual({
      ...{ model: 'gpt-4o', finishReason: 'stop', rawFinishReason: 'stop', complete: true },
      usage: { inputUncached: 3, outputText: 1, raw: usage },
      outputBytes: Buffer.byteLength('你好 there'),
      toolCalls: 0,
    })
  })

  test.each<[string, JsonObject, number]>([
    ['text', { content: 'abc' }, 3],
    ['reasoning', { reasoning_content: 'abc' }, 3],
    ['reasoning, told twice', { reasoning: 'abc', reasoning_details: [{ type: 'reasoning.text', text: 'abc' }] }, 3],
    ['a signature', { content: '', reasoning_details: [{ type: 'reasoning.text', signature: 's' }] }, 0],
    ['a refusal', { refusal: 'abc' }, 3],
    ['a tool call', { tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '' } }] }, 1],
    ['arguments', { content: null, tool_calls: [{ index: 0, function: { arguments: '{"a"' } }] }, 4],
    ['a function call', { function_call: { name: 'f' } }, 1],
    ['sound', { audio: { data: 'QUJD' } }, 0],
  ])('%s is content, as the first frame and after text', (_, delta, bytes) => {
    expect(scan([sse(chunk(delta))])).toMatchObject({ kinds: ['content'], seen: { outputBytes: bytes } })
    const later = scan([text('x'), sse(chunk(delta)), text('y')])
    expect(later).toMatchObject({ kinds: ['content', 'content', 'content'], seen: { outputBytes: bytes + 2 } })
  })

  test.each<[string, JsonObject]>([
    ['a role', chunk({ role: 'assistant', content: '' })],
    ['an empty delta', chunk({})],
    ['a filter result without choices', { ...head, choices: [], prompt_filter_results: [] }],
  ])('%s is quiet, before and after content', (_, data) => {
    expect(scan([sse(data), text('a'), sse(data)]).kinds).toEqual(['quiet', 'content', 'quiet'])
  })

  test('white space around colons, key order and line ends do not matter', () => {
    const spaced = `data: ${JSON.stringify(chunk({ content: 'ab' }, null, { usage: null }), null, 1).replace(/\n/g, ' ')}\r\n\r\n`
    const turned = sse({
      choices: [{ finish_reason: null, logprobs: null, delta: { content: 'ab' }, index: 0 }],
      ...head,
    })
    const { kinds, seen } = scan([text('a'), spaced, turned, finish.replace('"finish_reason":', '"finish_reason" : ')])
    expect(kinds).toEqual(['content', 'content', 'content', 'finish'])
    expect(seen.outputBytes).toBe(5)
  })

  test('text that looks like a field is text', () => {
    const { kinds, seen } = scan([
      text('a'),
      text('"finish_reason":"stop"'),
      text('error'),
      text('usage'),
      text('"error":{}'),
    ])
    expect(kinds).toEqual(['content', 'content', 'content', 'content', 'content'])
    expect(seen.complete).toBe(false)
    expect(scan([text('a'), text('say "hi"')]).seen.outputBytes).toBe(1 + 'say \\"hi\\"'.length)
  })

  test('a chunk cut short or garbled is kept from the caller', () => {
    const { scanned } = scan([
      text('a'),
      'data: {"id":"x","choices":[{"delta":{"con\n\n',
      'data: {"choices":[{"delta":{"content":"b\n\n',
      'data: null\n\n',
    ])
    expect(scanned.slice(1)).toEqual(Array(3).fill({ kind: 'quiet', bytes: null, same: false }))
  })

  test('comments go on without the blank line that some clients take for an event', () => {
    const { scanned, kinds } = scan([': OPENROUTER PROCESSING\n\n', '\n', 'event: ping\n\n', 'data:\n\n'])
    expect(kinds).toEqual(['quiet', 'quiet', 'quiet', 'quiet'])
    expect(scanned.map(({ bytes }) => bytes)).toEqual([': OPENROUTER PROCESSING\n', null, null, null])
  })
})

describe('errors', () => {
  test.each<[string, number]>([
    ['data: {"error":{"message":"busy","code":503}}\n\n', 0],
    ['data: {"error":{"message":"busy","code":503}}\n\n', 8],
    [sse(chunk({ content: 'x' }, null, { error: { message: 'busy', code: 503 } })), 8],
    ['event: error\ndata: {"message":"busy","status":503}\n\n', 3],
    ['{"error":{"message":"busy","code":503}}', 3],
  ])('%j after %i frames is never passed on', (frame, before) => {
    const { scanned, seen } = scan([...Array<string>(before).fill(text('a')), frame])
    expect(scanned.at(-1)).toEqual({ kind: 'error', bytes: null, same: false })
    expect(seen).toMatchObject({ error: { message: 'busy', status: 503 }, complete: false })
  })

  test('an error that is null is none', () => {
    expect(scan([text('a', { error: null }), text('b', { error: null })]).kinds).toEqual(['content', 'content'])
  })
})

describe('completion', () => {
  test('a finish reason is enough; [DONE] after content too; neither is none', () => {
    expect(scan([text('a'), finish]).seen.complete).toBe(true)
    expect(scan([text('a'), done]).seen).toMatchObject({ complete: true, finishReason: 'stop' })
    expect(scan([text('a')]).seen.complete).toBe(false)
    expect(scan([role, done]).seen.complete).toBe(false)
  })

  test('content in the frame of the finish counts', () => {
    expect(scan([sse(chunk({ content: 'abc' }, 'length'))])).toMatchObject({
      kinds: ['finish'],
      seen: { outputBytes: 3, finishReason: 'length', complete: true },
    })
  })

  test('stop after tool calls waits for the tools', () => {
    const call = sse(chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '{}' } }] }))
    expect(scan([text('a'), call, finish]).seen).toMatchObject({ finishReason: 'tool-calls', rawFinishReason: 'stop' })
  })

  test('with several choices all must finish', () => {
    const of = (index: number, delta: JsonObject, end: string | null = null) => sse(chunk(delta, end, {}, index))
    const frames = [of(0, { content: 'a' }), of(0, {}, 'stop'), of(1, { content: 'bc' }), of(1, {}, 'length')]
    for (const choices of [1, 2]) {
      const { kinds, seen } = scan([...frames, done], { choices })
      expect(kinds.slice(2)).toEqual(['content', 'finish', 'finish'])
      expect(seen).toMatchObject({ complete: true, finishReason: 'stop', outputBytes: 3 })
    }
    expect(scan(frames.slice(0, 2), { choices: 2 })).toMatchObject({
      kinds: ['content', 'quiet'],
      seen: { complete: false },
    })
  })

  test('usage may come in any frame, and the last word counts', () => {
    const early = { usage: { ...usage, completion_tokens: 0, total_tokens: 3 } }
    expect(scan([text('a'), text('b', early)]).seen.usage).toMatchObject({ inputUncached: 3, outputText: 0 })
    const { kinds, seen } = scan([text('a', early), text('b', early), sse(chunk({}, 'stop', { usage }))])
    expect(kinds).toEqual(['content', 'content', 'finish'])
    expect(seen.usage).toMatchObject({ inputUncached: 3, outputText: 1 })
  })
})

describe('usage that the caller did not ask for', () => {
  test('the bytes are those of a stream without it, and we still learn it', () => {
    const plain = [role, text('a'), text('b'), finish]
    const asked = [
      sse(chunk({ role: 'assistant', content: '' }, null, { usage: null })),
      text('a', { usage: null }),
      text('b', { usage: null }),
      sse(chunk({}, 'stop', { usage: null })),
    ]
    const { scanned, seen } = scan([...asked, usageOnly, done], { keepUsage: false })
    expect(scanned.map(({ bytes }) => bytes)).toEqual([...plain, null, done])
    expect(seen.usage).toMatchObject({ inputUncached: 3, outputText: 1 })
  })

  test.each(['\n', '\r\n', '\r'])('a null usage is cut out of data in several lines, which end in %j', (end) => {
    const places: JsonObject[] = [
      { ...chunk({ content: 'a' }), usage: null },
      { usage: null, ...chunk({ content: 'a' }) },
      { ...head, usage: null, ...chunk({ content: 'a' }) },
      { ...chunk({}, 'stop'), usage: null },
    ]
    for (const said of places) {
      const lines = JSON.stringify(said, null, 1).split('\n')
      const frame = `${lines.map((line) => `data: ${line}${end}`).join('')}${end}`
      const { scanned } = scan([text('x'), frame], { keepUsage: false })
      const data = (scanned[1]?.bytes ?? '').split(/\r\n|\r|\n/).map((line) => line.replace(/^data: ?/, ''))
      const { usage: _, ...rest } = said
      expect(JSON.parse(data.join('\n'))).toEqual(rest)
    }
  })

  test('a null usage is cut out wherever it stands, and the chunk stays JSON', () => {
    const place = fc.constantFrom('first', 'middle', 'last')
    fc.assert(
      fc.property(place, fc.constantFrom('', ' '), fc.string(), (where, space, content) => {
        const fields = Object.entries(chunk({ content: `${content}.` }))
        fields.splice(where === 'first' ? 0 : where === 'last' ? fields.length : 2, 0, ['usage', null])
        const body = `{${fields.map(([name, value]) => `"${name}":${space}${JSON.stringify(value)}`).join(`,${space}`)}}`
        const { scanned } = scan([text('a'), `data: ${body}\n\n`], { keepUsage: false })
        expect(JSON.parse(scanned[1]?.bytes?.slice('data: '.length) ?? '')).toEqual(chunk({ content: `${content}.` }))
      }),
    )
  })
})

test('measuring bytes and parsing tell the same', () => {
  const field = fc.constantFrom('content', 'reasoning_content', 'reasoning', 'refusal')
  const delta = fc.oneof(
    fc.tuple(field, fc.stringMatching(/^[a-z ]{0,6}$/)).map(([name, value]): JsonObject => ({ [name]: value })),
    fc
      .stringMatching(/^[a-z]{0,3}$/)
      .map((value): JsonObject => ({ tool_calls: [{ index: 0, function: { arguments: value } }] })),
    fc.constant<JsonObject>({ role: 'assistant', content: '' }),
  )
  fc.assert(
    fc.property(fc.array(delta, { maxLength: 12 }), (all) => {
      const frames = all.map((fields) => sse(chunk(fields)))
      const fast = scan(frames)
      const parsed = scan(frames, { choices: 2 })
      expect(fast.kinds).toEqual(parsed.kinds)
      expect(fast.seen.outputBytes).toBe(parsed.seen.outputBytes)
    }),
  )
})

describe('an answer that is ended where it is', () => {
  const cutAfter = (frames: readonly string[], options: Partial<RelayOptions> = {}) => {
    const scanner = relayScanner({ keepUsage: true, ...options })
    for (const frame of frames) scanner.scan(Buffer.from(frame))
    return scanner.cutShort({ inputUncached: 3, outputText: 1 }).toString()
  }

  test('finishes as length, tells the usage, and ends with the marker', () => {
    const length = sse(chunk({}, 'length'))
    const told = sse({ ...head, choices: [], usage })
    expect(cutAfter([role, text('Hi')])).toBe(`${length}${told}${done}`)
    expect(cutAfter([role, text('Hi')], { keepUsage: false })).toBe(`${length}${done}`)
  })

  test('of several finishes those that still run', () => {
    const second = sse(chunk({ content: 'Ho' }, null, {}, 1))
    const end = cutAfter([role, text('Hi'), second, finish], { choices: 2, keepUsage: false })
    expect(end).toContain('"index":1,"delta":{},"logprobs":null,"finish_reason":"length"')
    expect(end).not.toContain('"index":0')
  })
})

describe('tool calls without an index', () => {
  const call = (...calls: JsonObject[]) => sse(chunk({ content: null, tool_calls: calls }))
  const indexes = (frames: readonly string[]) =>
    scan([role, ...frames, finish, done]).scanned.flatMap(({ bytes }) =>
      [...(bytes ?? '').matchAll(/"index":(\d+),"(?:id|function|type)"/g)].map(([, index]) => Number(index)),
    )
  const begin = (id: string): JsonObject => ({ id, type: 'function', function: { name: 'f', arguments: '' } })
  const args = (more: JsonObject = {}): JsonObject => ({ ...more, function: { arguments: '{"a":1}' } })

  test.each<[string, readonly string[], readonly number[]]>([
    [
      'one after the other',
      [call(begin('a')), call(args()), call(begin('b')), call(args()), call(args())],
      [0, 0, 1, 1, 1],
    ],
    ['side by side', [call(begin('a'), begin('b')), call(args(), args())], [0, 1, 0, 1]],
    [
      'known by their ids',
      [call(begin('a')), call(begin('b')), call(args({ id: 'a' })), call(args({ id: 'b' }))],
      [0, 1, 0, 1],
    ],
    [
      'whole and without ids',
      [call({ function: { name: 'f', arguments: '{}' } }), call({ function: { name: 'f', arguments: '{}' } })],
      [0, 1],
    ],
  ])('get one: %s', (_, frames, expected) => {
    expect(indexes(frames)).toEqual(expected)
  })

  test('change nothing where every call has its index', () => {
    const frames = [role, call({ index: 0, ...begin('a') }), call({ index: 0, ...args() }), finish, done]
    expect(scan(frames).scanned.every(({ same }) => same)).toBe(true)
  })
})
