import { ResponseStream } from 'openai/lib/responses/ResponseStream'
import { describe, expect, it } from 'vitest'
import type { Part } from '../../canonical/content.ts'
import { expand } from '../../canonical/expand.ts'
import type { CanonicalResponse } from '../../canonical/response.ts'
import type { StreamEvent } from '../../canonical/stream-event.ts'
import { isObject, type JsonObject, parseJson } from '../../lib/json.ts'
import { parseSseFrame, SseFramer } from '../../lib/sse.ts'
import { encodeResponse } from './response.ts'
import { streamEncoder } from './stream-encoder.ts'

function write(events: readonly StreamEvent[]): JsonObject[] {
  const encoder = streamEncoder({ id: 'given', model: 'given', includeUsage: true })
  const text = events.map((event) => encoder.push(event)).join('') + encoder.end()
  return new SseFramer().push(Buffer.from(text)).flatMap((frame) => {
    const event = parseSseFrame(frame)
    const data = event ? parseJson(event.data) : undefined
    if (!event || !isObject(data)) throw new Error('not an event')
    expect(event.event).toBe(data.type)
    return [data]
  })
}

/** The answer that the client of OpenAI puts together, which refuses events that do not fit one another. */
async function gathered(events: readonly JsonObject[]) {
  const lines = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const event of events) controller.enqueue(Buffer.from(`${JSON.stringify(event)}\n`))
      controller.close()
    },
  })
  return ResponseStream.fromReadableStream(lines).finalResponse()
}

const call = (id: string): Part => ({ type: 'tool-call', id, name: 'look', arguments: '{"at":"北"}' })
const ANSWERS: Readonly<Record<string, readonly Part[]>> = {
  'a text': [{ type: 'text', text: 'Hi 👋' }],
  'two texts and a refusal': [
    { type: 'text', text: 'One.', extensions: { 'openai-responses': { annotations: [{ type: 'url_citation' }] } } },
    { type: 'text', text: 'Two.' },
    { type: 'refusal', text: 'No.' },
  ],
  'reasoning of every kind, calls between texts': [
    { type: 'reasoning', text: 'Plain.' },
    { type: 'reasoning', text: 'Signed.', signature: 'Eq==', origin: 'anthropic-messages' },
    { type: 'reasoning', text: '', redacted: 'gA==', origin: 'openai-responses' },
    { type: 'text', text: 'I look.' },
    call('c1'),
    call('c2'),
    { type: 'text', text: 'Well.' },
  ],
  'a search': [
    {
      type: 'opaque',
      dialect: 'openai-responses',
      block: { type: 'web_search_call', id: 'ws_1', status: 'completed' },
    },
    { type: 'opaque', dialect: 'anthropic-messages', block: { type: 'server_tool_use' } },
    { type: 'text', text: 'Found.' },
  ],
  nothing: [],
}
const answerOf = (content: readonly Part[]): CanonicalResponse => ({
  id: 'a1',
  model: 'm',
  created: 7,
  content,
  finishReason: 'stop',
  usage: { inputUncached: 3, outputText: 4 },
})

describe.each(Object.entries(ANSWERS))('a stream of %s', (_, content) => {
  const events = write(expand(answerOf(content)))

  it('is numbered without a gap, from created to completed', () => {
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((__, at) => at))
    expect(events.slice(0, 2).map(({ type }) => type)).toEqual(['response.created', 'response.in_progress'])
    expect(events.at(-1)?.type).toBe('response.completed')
  })

  it('announces every item once, speaks of it by its id and place, and ends it', () => {
    const announced = events.filter(({ type }) => type === 'response.output_item.added')
    const ended = events.filter(({ type }) => type === 'response.output_item.done')
    expect(announced.map(({ output_index: place }) => place)).toEqual(announced.map((__, at) => at))
    const ids = announced.map(({ item }) => (isObject(item) ? item.id : null))
    expect(new Set(ids).size).toBe(ids.length)
    expect(ended.map(({ item }) => (isObject(item) ? item.id : null)).sort()).toEqual([...ids].sort())
    for (const { item_id: id, output_index: place } of events) if (id !== undefined) expect(ids[Number(place)]).toBe(id)
  })

  it('ends with what the answer is as a whole', () => {
    const { response } = events.at(-1) ?? {}
    expect(response).toEqual(encodeResponse(answerOf(content)))
  })

  it('is to the openai client the same answer', async () => {
    const { output_text: text, output, usage } = await gathered(events)
    const whole = encodeResponse(answerOf(content))
    expect(text).toBe(content.map((part) => (part.type === 'text' ? part.text : '')).join(''))
    expect(JSON.parse(JSON.stringify(output))).toMatchObject(whole.output as JsonObject[])
    expect(usage).toEqual(whole.usage)
  })

  it('is so too where the end repeats nothing, from the deltas alone', async () => {
    const bare = events.map((event) => {
      if (event.type !== 'response.completed' || !isObject(event.response)) return event
      const { output: __, ...response } = event.response
      return { ...event, response }
    })
    const { output } = await gathered(bare)
    expect(JSON.parse(JSON.stringify(output))).toMatchObject(encodeResponse(answerOf(content)).output as JsonObject[])
  })
})

describe('a stream whose blocks overlap', () => {
  it('keeps a message open until its text has ended, and calls apart', async () => {
    const events = write([
      { type: 'message-start', id: 'a1' },
      { type: 'text-start', index: 0 },
      { type: 'text-delta', index: 0, text: 'A' },
      { type: 'tool-call-start', index: 1, id: 'c1', name: 'f' },
      { type: 'tool-call-start', index: 2, id: 'c2', name: 'g' },
      { type: 'tool-call-delta', index: 2, arguments: '{"b"' },
      { type: 'text-delta', index: 0, text: 'B' },
      { type: 'tool-call-delta', index: 1, arguments: '{}' },
      { type: 'text-end', index: 0 },
      { type: 'tool-call-delta', index: 2, arguments: ':1}' },
      { type: 'tool-call-end', index: 2 },
      { type: 'tool-call-end', index: 1 },
      { type: 'message-end', finishReason: 'tool-calls' },
    ])
    const { output } = await gathered(events)
    expect(output).toMatchObject([
      { content: [{ text: 'AB' }] },
      { call_id: 'c1', arguments: '{}' },
      { call_id: 'c2', arguments: '{"b":1}' },
    ])
  })

  it('ends as incomplete, whatever is still open, where the answer became too long', async () => {
    const events = write([
      { type: 'text-start', index: 0 },
      { type: 'text-delta', index: 0, text: 'A' },
      { type: 'message-end', finishReason: 'length' },
    ])
    expect(events.at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: { incomplete_details: { reason: 'max_output_tokens' } },
    })
    expect((await gathered(events)).output_text).toBe('A')
  })
})

it('says of a message in which the answer ended early that it is not whole', () => {
  const done = (finishReason: CanonicalResponse['finishReason']) => {
    const events = write(expand({ ...answerOf([call('c1'), { type: 'text', text: 'Half' }]), finishReason }))
    const items = events.filter(({ type }) => type === 'response.output_item.done')
    return items.map(({ item }) => (isObject(item) ? item.status : null))
  }
  expect(done('stop')).toEqual(['completed', 'completed'])
  expect(done('length')).toEqual(['completed', 'incomplete'])
  expect(done('incomplete')).toEqual(['completed', 'incomplete'])
})
