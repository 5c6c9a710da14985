import { describe, expect, it } from 'vitest'
import type { DialectName } from '../canonical/dialect-name.ts'
import { parseExactly } from '../lib/exact-json.ts'
import type { JsonObject } from '../lib/json.ts'
import { dialectOf } from './registry.ts'

/* Numbers of 64 bits in the arguments of tools: not a digit changes on the way from one format to another, in answers, streams and conversations. */

const LONG = '1234567890123456789'
const CALLERS = ['openai-chat', 'openai-responses', 'anthropic-messages', 'google-generate-content'] as const
const VENDORS: readonly DialectName[] = [...CALLERS, 'bedrock-converse', 'cohere-chat']
const PAIRS = CALLERS.flatMap((caller) => VENDORS.map((vendor) => ({ caller, vendor })))
const call = { type: 'tool-call', id: 'call_1', name: 'look', arguments: `{"id":${LONG}}` } as const
const read = (value: JsonObject) => parseExactly(JSON.stringify(value)) as JsonObject

describe.each(PAIRS)('from $caller to $vendor', ({ caller, vendor }) => {
  const here = dialectOf(caller)
  const there = dialectOf(vendor)

  it('a conversation keeps them', () => {
    const result = { type: 'tool-result', toolCallId: 'call_1', content: [{ type: 'text', text: 'Yes.' }] } as const
    const messages = [
      { role: 'user', content: [{ type: 'text', text: 'Look.' }] },
      { role: 'assistant', content: [call] },
      { role: 'tool', content: [result] },
    ] as const
    const target = { model: 'm', quirks: {} }
    const wire = read(here.encodeRequest({ model: 'm', messages, stream: false }, target).body)
    const asked = here.decodeRequest(wire, { model: 'm', stream: false })
    expect(JSON.stringify(there.encodeRequest(asked, target).body)).toContain(LONG)
  })

  it('an answer keeps them', () => {
    const wire = read(there.encodeResponse({ id: 'a', model: 'm', content: [call], finishReason: 'tool-calls' }))
    expect(JSON.stringify(here.encodeResponse(there.decodeResponse(wire)))).toContain(LONG)
  })

  it('a stream keeps them', () => {
    const options = { id: 'a', model: 'm', includeUsage: true }
    const events = [
      { type: 'message-start' },
      { type: 'tool-call-start', index: 0, id: 'call_1', name: 'look' },
      { type: 'tool-call-delta', index: 0, arguments: call.arguments },
      { type: 'tool-call-end', index: 0 },
      { type: 'message-end', finishReason: 'tool-calls' },
    ] as const
    const writer = there.streamEncoder(options)
    const text = events.map((event) => writer.push(event)).join('') + writer.end()
    const reader = there.streamDecoder()
    const encoder = here.streamEncoder(options)
    const told = text
      .split('\n\n')
      .map((frame) => ({
        event: /^event: (.*)$/m.exec(frame)?.[1] ?? '',
        data: /^data: (.*)$/m.exec(frame)?.[1] ?? '',
      }))
      .flatMap((event) => reader.push(event))
      .map((event) => encoder.push(event))
    expect(told.join('') + encoder.end()).toContain(LONG)
  })
})
