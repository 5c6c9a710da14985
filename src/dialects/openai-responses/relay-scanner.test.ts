import { ResponseStream } from 'openai/lib/responses/ResponseStream'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import { parseSseFrame, SseFramer, sseText } from '../../lib/sse.ts'
import { relayScanner } from './relay-scanner.ts'

const frame = (type: string, fields: JsonObject = {}) => Buffer.from(sseText(JSON.stringify({ type, ...fields }), type))
const created = frame('response.created', {
  sequence_number: 0,
  response: { id: 'r1', object: 'response', model: 'gpt-5', status: 'in_progress', output: [], usage: null },
})
const at = { item_id: 'msg_1', output_index: 0, content_index: 0 }
const message = { id: 'msg_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] }
const part = { type: 'output_text', text: '', annotations: [] }
const added = frame('response.output_item.added', { sequence_number: 1, output_index: 0, item: message })
const begun = frame('response.content_part.added', { sequence_number: 2, ...at, part })
const delta = (text: string, number: number) =>
  frame('response.output_text.delta', { sequence_number: number, ...at, delta: text, obfuscation: 'a"b' })

function scanned(...frames: Buffer[]) {
  const scanner = relayScanner()
  return { scanner, kinds: frames.map((each) => scanner.scan(each).kind) }
}

describe('a relayed stream', () => {
  it('is measured by its text and not by its envelope, whatever is in it', () => {
    for (const text of ['Hi', '你好', '"\\\n', '\u2028 👋']) {
      const { scanner, kinds } = scanned(created, added, begun, delta(text, 3))
      expect(kinds).toEqual(['quiet', 'quiet', 'quiet', 'content'])
      expect(scanner.seen.outputBytes).toBe(Buffer.byteLength(JSON.stringify(text)) - 2)
    }
  })

  it('is read the same without names of events, and with another order of fields', () => {
    const bare = Buffer.from(`data: ${JSON.stringify({ delta: 'Hi', ...at, type: 'response.output_text.delta' })}\n\n`)
    expect(scanned(created, added, bare).kinds.at(-1)).toBe('content')
    const { scanner } = scanned(created, added, begun, bare, delta('Hi', 4))
    expect(scanner.seen.outputBytes).toBe(4)
  })

  it('begins with a call or with a tool of the provider, not with an empty message or thought', () => {
    const kindOf = (item: JsonObject) =>
      scanned(created, frame('response.output_item.added', { output_index: 0, item })).kinds.at(-1)
    expect(kindOf({ type: 'reasoning', id: 'rs_1', summary: [] })).toBe('quiet')
    expect(kindOf({ type: 'function_call', id: 'fc_1', call_id: 'c', name: 'f', arguments: '' })).toBe('content')
    expect(kindOf({ type: 'web_search_call', id: 'ws_1', status: 'in_progress' })).toBe('content')
  })

  it('counts its calls, and items that come whole', () => {
    const call = { type: 'function_call', id: 'fc_1', call_id: 'c', name: 'f', arguments: '{"a":1}' }
    const { scanner, kinds } = scanned(
      created,
      frame('response.output_item.added', { output_index: 0, item: { ...call, arguments: '' } }),
      frame('response.output_item.done', { output_index: 0, item: call }),
    )
    expect(kinds.at(-1)).toBe('content')
    expect(scanner.seen).toMatchObject({ toolCalls: 1, outputBytes: 8 })
  })

  it('withholds its end and all after it', () => {
    const end = frame('response.completed', { response: { status: 'completed', output: [] } })
    const { kinds, scanner } = scanned(created, delta('Hi', 1), end, Buffer.from('data: [DONE]\n\n'))
    expect(kinds).toEqual(['quiet', 'content', 'finish', 'finish'])
    expect(scanner.seen).toMatchObject({ complete: true, finishReason: 'stop' })
    expect(scanner.end()).toBeNull()
  })

  it('is not whole when an error comes, even after its end', () => {
    const end = frame('response.completed', { response: { status: 'completed', output: [] } })
    const { scanner, kinds } = scanned(created, delta('Hi', 1), end, frame('error', { code: 'x', message: 'Broken.' }))
    expect(kinds.at(-1)).toBe('error')
    expect(scanner.seen).toMatchObject({ complete: false, error: { message: 'Broken.' } })
  })
})

describe('a relayed stream that is cut short', () => {
  async function gathered(frames: readonly Buffer[]) {
    const framer = new SseFramer()
    const events = frames.flatMap((each) => framer.push(each)).map((each) => parseSseFrame(each)?.data ?? '')
    const lines = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const event of events) controller.enqueue(Buffer.from(`${event}\n`))
        controller.close()
      },
    })
    const numbers = events.map((event) => (JSON.parse(event) as JsonObject).sequence_number)
    return { answer: await ResponseStream.fromReadableStream(lines).finalResponse(), numbers }
  }

  it('is to the openai client an incomplete answer with all of its text, numbered on', async () => {
    const thought = { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'gAAA' }
    const frames = [
      created,
      frame('response.output_item.added', {
        sequence_number: 1,
        output_index: 0,
        item: { ...thought, encrypted_content: null },
      }),
      frame('response.output_item.done', { sequence_number: 2, output_index: 0, item: thought }),
      frame('response.output_item.added', { sequence_number: 3, output_index: 1, item: message }),
      frame('response.content_part.added', { sequence_number: 4, ...at, output_index: 1, part }),
      ...['Hé ', '"你\\', '👋'].map((text, index) =>
        frame('response.output_text.delta', { sequence_number: 5 + index, ...at, output_index: 1, delta: text }),
      ),
    ]
    const { scanner } = scanned(...frames)
    const ending = scanner.cutShort({ inputUncached: 5, outputText: 6 })
    expect(scanner.cutShort({ inputUncached: 5, outputText: 6 })).toEqual(ending)
    const { answer, numbers } = await gathered([...frames, ending])
    expect(answer).toMatchObject({
      id: 'r1',
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output_text: 'Hé "你\\👋',
      output: [thought, { id: 'msg_1', status: 'incomplete' }],
      usage: { input_tokens: 5, output_tokens: 6 },
    })
    expect(numbers).toEqual(numbers.map((_, index) => index))
  })

  it('leaves out a call that was not whole', async () => {
    const call = { type: 'function_call', id: 'fc_1', call_id: 'c', name: 'f', arguments: '', status: 'in_progress' }
    const frames = [created, frame('response.output_item.added', { sequence_number: 1, output_index: 0, item: call })]
    const { scanner } = scanned(...frames)
    const { answer } = await gathered([...frames, scanner.cutShort({})])
    expect(answer.output).toEqual([])
  })
})
