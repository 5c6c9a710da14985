import { describe, expect, it } from 'vitest'
import { collect } from '../../canonical/collect.ts'
import type { Part } from '../../canonical/content.ts'
import { expand } from '../../canonical/expand.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Quirks } from '../dialect.ts'
import { openaiChat } from './index.ts'

/*
 * Gemini seals its tool calls and thoughts, and from its third generation on refuses calls that come back without. Callers of this format give back what
 * stands in an answer's message.
 */

const call: Part = {
  type: 'tool-call',
  id: 'call_1',
  name: 'weather',
  arguments: '{"at":"Praha"}',
  extensions: { 'google-generate-content': { thoughtSignature: 'EqQB+/=' } },
}
const thought: Part = { type: 'reasoning', text: 'Hm.', signature: 'c2VhbA==', origin: 'google-generate-content' }
const mute: Part = { type: 'reasoning', text: '', signature: 'bXV0ZQ==', origin: 'google-generate-content' }

const said: Part = { type: 'text', text: 'Sunny.' }

/** The parts of the assistant's turn that a caller sends back, after it got these as an answer. */
function echoed(content: readonly Part[]): readonly Part[] {
  const answer = openaiChat.encodeResponse({ content, finishReason: 'tool-calls' })
  const [choice] = answer.choices as { message: { role: string } }[]
  const { messages } = openaiChat.decodeRequest({ model: 'm', messages: [JSON.parse(JSON.stringify(choice?.message))] })
  return messages[0]?.content ?? []
}

const sent = (content: readonly Part[], quirks: Quirks = {}) =>
  openaiChat.encodeRequest(
    {
      model: 'm',
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Well?' }] },
        { role: 'assistant', content },
      ],
      stream: false,
    },
    { model: 'm', quirks },
  )

describe('seals of Gemini', () => {
  it('on a tool call are told where Google itself tells them, and come back with the call', () => {
    expect(JSON.stringify(openaiChat.encodeResponse({ content: [call], finishReason: 'tool-calls' }))).toContain(
      '"extra_content":{"google":{"thought_signature":"EqQB+/="}}',
    )
    expect(echoed([call])[0]).toMatchObject({ extensions: call.extensions })
  })

  it('on a tool call are told in a stream too', () => {
    const encoder = openaiChat.streamEncoder({ id: 'x', model: 'm', includeUsage: false })
    const events = expand({ content: [call], finishReason: 'tool-calls' })
    const text = events.map((event) => encoder.push(event)).join('') + encoder.end()
    const decoder = openaiChat.streamDecoder()
    const read = text.split('\n\n').flatMap((frame) => decoder.push({ event: '', data: frame.replace('data: ', '') }))
    expect(collect(read).content[0]).toMatchObject({ extensions: call.extensions })
  })

  it('on thoughts come back as they were, with their text or without', () => {
    expect(echoed([thought, mute, said])).toEqual([thought, mute, said])
  })

  it('reach a host of this format only where it takes them and they came in its own way', () => {
    const takes: Quirks = { extraContent: true }
    for (const { body, dropped } of [sent([call]), sent([call], takes), sent(echoed([call]))]) {
      expect(dropped).toEqual(['messages[1].content[0].thoughtSignature'])
      expect(JSON.stringify(body)).not.toMatch(/EqQB|extra_content/)
    }
    const { body, dropped } = sent(echoed([call]), takes)
    expect(dropped).toEqual([])
    expect(JSON.stringify(body)).toContain('"thought_signature":"EqQB+/="')
  })

  it('on a tool call are not relayed to a host that does not take them', () => {
    const { choices } = openaiChat.encodeResponse({ content: [call], finishReason: 'tool-calls' })
    const messages = (choices as { message: JsonObject }[]).map(({ message }) => message)
    const relayed = (quirks: Quirks) =>
      openaiChat.relayEdits(
        { model: 'm', messages },
        { model: 'm', quirks, needUsage: false, remove: [], removeMetadata: [] },
      )
    expect(relayed({})).toBeNull()
    expect(relayed({ extraContent: true })).not.toBeNull()
  })

  it('on thoughts reach no host, and the thought without its seal only one that takes reasoning back', () => {
    const { body, dropped } = sent([thought, mute, said], { reasoningField: 'reasoning_details' })
    expect(dropped).toEqual(['messages[1].content[1]'])
    expect(JSON.stringify(body)).toContain('Hm.')
    expect(JSON.stringify(body)).not.toMatch(/c2VhbA|bXV0ZQ/)
    expect(sent([thought, said]).dropped).toEqual(['messages[1].content[0]'])
  })
})
