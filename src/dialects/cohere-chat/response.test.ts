import { describe, expect, it } from 'vitest'
import { collect } from '../../canonical/collect.ts'
import type { JsonObject } from '../../lib/json.ts'
import { cohereChat } from './index.ts'

const message: JsonObject = { role: 'assistant', content: [{ type: 'text', text: 'Yes' }] }
const usageOf = (usage: JsonObject) => {
  const { raw: _, ...counters } = cohereChat.decodeResponse({ message, usage }).usage ?? {}
  return counters
}
const frame = (data: JsonObject) => Buffer.from(`data: ${JSON.stringify(data)}\n\n`)

describe('usage', () => {
  it('is what is billed, whatever the cache served of the preamble', () => {
    const tokens = { input_tokens: 502, output_tokens: 25, reasoning_tokens: 4 }
    const billed_units = { input_tokens: 7, output_tokens: 21 }
    expect(usageOf({ billed_units, tokens, cached_tokens: 448 })).toEqual({
      inputUncached: 7,
      outputText: 17,
      reasoning: 4,
    })
  })

  it('has no more reasoning than billed output', () => {
    const usage = { billed_units: { input_tokens: 1, output_tokens: 5 }, tokens: { reasoning_tokens: 9 } }
    expect(usageOf(usage)).toEqual({ inputUncached: 1, outputText: 0, reasoning: 5 })
  })

  it('is all tokens where nothing is billed', () => {
    const usage = { tokens: { input_tokens: 50, output_tokens: 5 }, cached_tokens: 30 }
    expect(usageOf(usage)).toEqual({ inputUncached: 20, cacheRead: 30, outputText: 5 })
    expect(usageOf({})).toEqual({})
  })
})

describe('answers', () => {
  it('tell the plan for tools as the first thought', () => {
    const { content, finishReason } = cohereChat.decodeResponse({
      finish_reason: 'TOOL_CALL',
      message: { tool_plan: 'I look.', tool_calls: [{ id: 'c', function: { name: 'look', arguments: '' } }] },
    })
    expect(finishReason).toBe('tool-calls')
    expect(content).toEqual([
      { type: 'reasoning', text: 'I look.' },
      { type: 'tool-call', id: 'c', name: 'look', arguments: '{}' },
    ])
  })

  it('keep citations with the text that they name', () => {
    const content = [
      { type: 'thinking', thinking: 'Hm' },
      { type: 'text', text: 'Yes' },
      { type: 'text', text: 'No' },
    ]
    const citations = [{ text: 'Yes' }, { text: 'No', content_index: 2 }]
    const answer = cohereChat.decodeResponse({ message: { content, citations } })
    expect(answer.content.map((part) => ('extensions' in part ? part.extensions?.['cohere-chat'] : null))).toEqual([
      null,
      { citations: [citations[0]] },
      { citations: [citations[1]] },
    ])
  })

  it('that were given up are failures', () => {
    for (const [word, status] of Object.entries({ ERROR: 500, TIMEOUT: 504 })) {
      const given = () => cohereChat.decodeResponse({ message, finish_reason: word })
      expect(given).toThrow(
        expect.objectContaining({ code: 'upstream_failed', upstream: expect.objectContaining({ status }) }),
      )
    }
  })

  it.each([[null], ['x'], [{}], [{ message: 'no' }]])('%j is none', (body) => {
    expect(() => cohereChat.decodeResponse(body)).toThrow(
      expect.objectContaining({ code: 'upstream_invalid_response' }),
    )
  })
})

describe('errors', () => {
  it('have a message and nothing else', () => {
    const body = JSON.stringify({ id: 'a', message: 'Incorrect API key provided: ***.' })
    expect(cohereChat.decodeError(401, body)).toEqual({ message: 'Incorrect API key provided: ***.', status: 401 })
  })

  it('tell what was used in Cohere’s counts', () => {
    const body = JSON.stringify({ message: 'no', usage: { billed_units: { input_tokens: 3, output_tokens: 0 } } })
    expect(cohereChat.decodeError(500, body).usage).toMatchObject({ inputUncached: 3, outputText: 0 })
  })

  it.each<JsonObject>([
    { message: 'Too hot' },
    { type: 'error', message: 'Too hot' },
    {
      type: 'message-end',
      delta: { finish_reason: 'ERROR', error: 'Too hot', usage: { tokens: { input_tokens: 3 } } },
    },
  ])('come in streams as %j', (data) => {
    const [event] = cohereChat.streamDecoder().push({ event: '', data: JSON.stringify(data) })
    expect(event).toMatchObject({ type: 'error', error: { message: 'Too hot' } })
    expect(cohereChat.relayScanner({ keepUsage: true }).scan(frame(data)).kind).toBe('error')
  })
})

describe('streams', () => {
  const cited = { type: 'citation-start', index: 0, delta: { message: { citations: { text: 'Yes' } } } }
  const text = (type: string, content: JsonObject) => ({ type, index: 0, delta: { message: { content } } })

  it('keep a citation that comes after its text', () => {
    const decoder = cohereChat.streamDecoder()
    const events = [
      text('content-start', { type: 'text', text: 'Y' }),
      text('content-delta', { text: 'es' }),
      { type: 'content-end', index: 0 },
      cited,
      { type: 'message-end', delta: { finish_reason: 'COMPLETE' } },
    ]
    const told = collect(events.flatMap((data) => decoder.push({ event: '', data: JSON.stringify(data) })))
    expect(told.content).toEqual([
      { type: 'text', text: 'Yes', extensions: { 'cohere-chat': { citations: [{ text: 'Yes' }] } } },
    ])
  })

  it('that are cut short close what is open, once and as often as asked', () => {
    const scanner = cohereChat.relayScanner({ keepUsage: true })
    const call = { id: 'c', function: { name: 'f', arguments: '{' } }
    scanner.scan(frame(text('content-start', { type: 'text', text: 'Y' })))
    scanner.scan(frame({ type: 'content-end', index: 0 }))
    scanner.scan(frame({ type: 'tool-call-start', index: 1, delta: { message: { tool_calls: call } } }))
    const end = scanner.cutShort({ inputUncached: 3, outputText: 2 }).toString()
    expect(scanner.cutShort({ inputUncached: 3, outputText: 2 }).toString()).toBe(end)
    expect(end.match(/"type":"[a-z-]+"/g)).toEqual(['"type":"tool-call-end"', '"type":"message-end"'])
    expect(end).toContain('"finish_reason":"MAX_TOKENS","usage":{"billed_units":{"input_tokens":3,"output_tokens":2}')
  })
})
