import { MessageStream } from '@anthropic-ai/sdk/lib/MessageStream'
import { describe, expect, it } from 'vitest'
import type { StreamEvent } from '../../canonical/stream-event.ts'
import { parseJson } from '../../lib/json.ts'
import { parseSseFrame, SseFramer } from '../../lib/sse.ts'
import { AnthropicStreamEncoder } from './stream-encoder.ts'

const OPTIONS = { id: 'msg_given', model: 'served', includeUsage: true }

function encode(...events: StreamEvent[]): string {
  const encoder = new AnthropicStreamEncoder(OPTIONS)
  return events.map((event) => encoder.push(event)).join('') + encoder.end()
}

function dataOf(sse: string): unknown[] {
  return new SseFramer().push(Buffer.from(sse)).map((frame) => {
    const event = parseSseFrame(frame)
    const data = parseJson(event?.data ?? '')
    expect(data).toMatchObject({ type: event?.event })
    return data
  })
}

/** What Anthropic's own SDK makes of a stream. */
async function read(sse: string) {
  const lines = dataOf(sse).map((data) => `${JSON.stringify(data)}\n`)
  const stream = MessageStream.fromReadableStream(
    new ReadableStream({
      start(controller) {
        for (const line of lines) controller.enqueue(new TextEncoder().encode(line))
        controller.close()
      },
    }),
  )
  return stream.finalMessage()
}

const PARALLEL: StreamEvent[] = [
  { type: 'message-start', id: 'up_1', model: 'gpt-x' },
  { type: 'reasoning-start', index: 0, origin: 'openai-chat' },
  { type: 'reasoning-delta', index: 0, text: 'why' },
  { type: 'reasoning-end', index: 0, signature: 'foreign' },
  { type: 'text-start', index: 1 },
  { type: 'text-delta', index: 1, text: 'Grüße 👋' },
  { type: 'tool-call-start', index: 2, id: 'functions.a:0', name: 'first' },
  { type: 'tool-call-start', index: 3, id: 'b', name: 'second' },
  { type: 'tool-call-delta', index: 2, arguments: '{"x":' },
  { type: 'text-end', index: 1 },
  { type: 'tool-call-delta', index: 3, arguments: '{"y":2}' },
  { type: 'tool-call-delta', index: 2, arguments: '1}' },
  { type: 'tool-call-end', index: 3 },
  { type: 'tool-call-end', index: 2 },
  { type: 'message-end', finishReason: 'tool-calls' },
  { type: 'usage', usage: { inputUncached: 5, cacheRead: 3, outputText: 4, reasoning: 2 } },
]

describe('writing a Messages stream', () => {
  it('is read by the official SDK as the answer it tells', async () => {
    expect(await read(encode(...PARALLEL))).toMatchObject({
      id: 'up_1',
      model: 'gpt-x',
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'why', signature: '' },
        { type: 'text', text: 'Grüße 👋' },
        { type: 'tool_use', id: expect.stringMatching(/^[\w-]+$/), name: 'first', input: { x: 1 } },
        { type: 'tool_use', id: 'b', name: 'second', input: { y: 2 } },
      ],
      stop_reason: 'tool_use',
      stop_sequence: null,
      usage: { input_tokens: 5, cache_read_input_tokens: 3, output_tokens: 6 },
    })
  })

  it('opens, fills and closes one block after another, however the events interleave', () => {
    let open: number | null = null
    let next = 0
    for (const data of dataOf(encode(...PARALLEL)) as { type: string; index?: number }[]) {
      if (data.type === 'content_block_start') {
        expect([open, data.index]).toEqual([null, next])
        open = next
        next += 1
      } else if (data.type === 'content_block_delta') {
        expect(data.index).toBe(open)
      } else if (data.type === 'content_block_stop') {
        expect(data.index).toBe(open)
        open = null
      }
    }
    expect([open, next]).toEqual([null, 4])
  })

  it('sends a delta on at once when no other block is open', () => {
    const encoder = new AnthropicStreamEncoder(OPTIONS)
    encoder.push({ type: 'text-start', index: 0 })
    expect(encoder.push({ type: 'text-delta', index: 0, text: 'Hi' })).toContain('"text":"Hi"')
  })

  it('writes its own signatures, redacted thinking, citations and blocks', async () => {
    const origin = 'anthropic-messages'
    const citation = {
      type: 'char_location',
      cited_text: 'x',
      document_index: 0,
      document_title: null,
      end_char_index: 1,
      start_char_index: 0,
    }
    const block = { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'x' } }
    const message = await read(
      encode(
        { type: 'reasoning-start', index: 0, origin },
        { type: 'reasoning-end', index: 0, signature: 'a+/=' },
        { type: 'reasoning-start', index: 1, origin },
        { type: 'reasoning-end', index: 1, redacted: 'cipher' },
        { type: 'opaque', index: 2, dialect: origin, block },
        { type: 'text-start', index: 3 },
        { type: 'text-delta', index: 3, text: 'Hi' },
        { type: 'text-end', index: 3, extensions: { [origin]: { citations: [citation] } } },
        { type: 'message-end', finishReason: 'stop' },
      ),
    )
    expect(message.content).toEqual([
      { type: 'thinking', thinking: '', signature: 'a+/=' },
      { type: 'redacted_thinking', data: 'cipher' },
      block,
      { type: 'text', text: 'Hi', citations: [citation] },
    ])
    expect(message).toMatchObject({ id: 'msg_given', model: 'served', stop_reason: 'end_turn' })
  })

  it('leaves out blocks that say nothing here', () => {
    const sse = encode(
      { type: 'text-start', index: 0 },
      { type: 'text-end', index: 0 },
      { type: 'reasoning-start', index: 1, origin: 'openai-chat' },
      { type: 'reasoning-end', index: 1, redacted: 'foreign' },
      { type: 'opaque', index: 2, dialect: 'openai-chat', block: {} },
      { type: 'message-end', finishReason: 'stop' },
    )
    expect(dataOf(sse).map((data) => (data as { type: string }).type)).toEqual([
      'message_start',
      'message_delta',
      'message_stop',
    ])
  })

  it('shows a refusal as text that ended in one', async () => {
    const message = await read(
      encode(
        { type: 'refusal-start', index: 0 },
        { type: 'refusal-delta', index: 0, text: 'No.' },
        { type: 'refusal-end', index: 0 },
        { type: 'message-end', finishReason: 'stop' },
      ),
    )
    expect(message).toMatchObject({ content: [{ type: 'text', text: 'No.' }], stop_reason: 'refusal' })
  })

  it('begins with the usage that is known and ends with all of it', () => {
    const [first, ...rest] = dataOf(
      encode(
        { type: 'usage', usage: { inputUncached: 7 } },
        { type: 'text-start', index: 0 },
        { type: 'text-delta', index: 0, text: 'Hi' },
        { type: 'text-end', index: 0 },
        { type: 'message-end', finishReason: 'stop-sequence', stopSequence: 'END' },
        { type: 'usage', usage: { outputText: 3 } },
      ),
    )
    expect(first).toMatchObject({ message: { usage: { input_tokens: 7, output_tokens: 0 } } })
    expect(rest.at(-2)).toEqual({
      type: 'message_delta',
      delta: { stop_reason: 'stop_sequence', stop_sequence: 'END' },
      usage: { input_tokens: 7, output_tokens: 3 },
    })
  })

  it('writes nothing of the end before the end', () => {
    const encoder = new AnthropicStreamEncoder(OPTIONS)
    const before = PARALLEL.map((event) => encoder.push(event)).join('')
    expect(before).not.toMatch(/message_delta|message_stop/)
    expect(encoder.push({ type: 'error', error: { message: 'x' } })).toBe('')
    expect(encoder.end()).toMatch(/message_delta.*message_stop/s)
  })
})
