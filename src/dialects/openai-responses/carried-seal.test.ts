import { describe, expect, it } from 'vitest'
import { collect } from '../../canonical/collect.ts'
import type { Part } from '../../canonical/content.ts'
import { expand } from '../../canonical/expand.ts'
import type { CanonicalResponse } from '../../canonical/response.ts'
import type { JsonObject } from '../../lib/json.ts'
import { parseSseFrame, SseFramer } from '../../lib/sse.ts'
import { anthropicMessages } from '../anthropic-messages/index.ts'
import type { Dialect } from '../dialect.ts'
import { openaiChat } from '../openai-chat/index.ts'
import { openaiResponses } from './index.ts'

/*
 * A tool turn with reasoning of one vendor, given back by a caller of another format: the seals must return as they were.
 */

const call: Part = { type: 'tool-call', id: 'call_1', name: 'look', arguments: '{"at":"Praha"}' }
const sealedItem: JsonObject = {
  id: 'rs_68',
  type: 'reasoning',
  summary: [
    { type: 'summary_text', text: 'Two places.' },
    { type: 'summary_text', text: 'One is "far".' },
  ],
  encrypted_content: 'gAAAAAB+/==',
}
const REASONING: Readonly<Record<string, Part>> = {
  'encrypted, with a summary': {
    type: 'reasoning',
    text: 'Two places.\n\nOne is "far".',
    signature: JSON.stringify(sealedItem),
    origin: 'openai-responses',
  },
  'encrypted, unseen': { type: 'reasoning', text: '', redacted: 'gAAAAAB+/==', origin: 'openai-responses' },
  'signed by Anthropic': { type: 'reasoning', text: 'Two places.', signature: 'EqQB+/=', origin: 'anthropic-messages' },
  'redacted by Anthropic': { type: 'reasoning', text: '', redacted: 'EmwK+/=', origin: 'anthropic-messages' },
  'signed by Gemini': { type: 'reasoning', text: 'Hm.', signature: 'Cs0B+/=', origin: 'google-generate-content' },
}
const CALLERS: readonly Dialect[] = [openaiResponses, openaiChat, anthropicMessages]

/** An answer of this format to a caller of this format is passed on as it came; nothing is carried. */
const cases = Object.entries(REASONING).flatMap(([name, part]) =>
  CALLERS.filter((caller) => part.type === 'reasoning' && part.origin !== caller.name).map((caller) => ({
    name,
    part,
    caller,
    format: caller.name,
  })),
)

describe.each(cases)('reasoning $name, to a caller of $format and back', ({ part, caller }) => {
  const answer: CanonicalResponse = { id: 'a1', model: 'm', content: [part, call], finishReason: 'tool-calls' }

  it('is the same in the next request after a whole answer', () => {
    expect(returned(caller, caller.encodeResponse(answer))).toEqual([part, call])
  })

  it('is the same after a stream', () => {
    const encoder = caller.streamEncoder({ id: 'x', model: 'm', includeUsage: true })
    const text =
      expand(answer)
        .map((event) => encoder.push(event))
        .join('') + encoder.end()
    expect(returned(caller, asGathered(caller, text))).toEqual([part, call])
  })
})

describe('seals that callers of Responses carry', () => {
  const sealedCall: Part = {
    ...(call as Extract<Part, { type: 'tool-call' }>),
    extensions: { 'google-generate-content': { thoughtSignature: 'c2VhbA==' } },
  }
  const answer: CanonicalResponse = { id: 'a1', model: 'm', content: [sealedCall], finishReason: 'tool-calls' }

  it('keep what a tool call of Gemini’s must have, whole and streamed', () => {
    const whole = openaiResponses.encodeResponse(answer)
    expect(returned(openaiResponses, whole)).toEqual([sealedCall])
    expect(openaiResponses.decodeResponse(whole).content).toEqual([sealedCall])
    const encoder = openaiResponses.streamEncoder({ id: 'x', model: 'm', includeUsage: true })
    const text =
      expand(answer)
        .map((event) => encoder.push(event))
        .join('') + encoder.end()
    expect(read(openaiResponses, text).content).toEqual([sealedCall])
    expect(returned(openaiResponses, asGathered(openaiResponses, text))).toEqual([sealedCall])
  })

  it('never reach a provider of this API: not in a relayed request, and reported in one that is written anew', () => {
    const thought = REASONING['signed by Anthropic']
    if (!thought) throw new Error('no sample')
    const { output } = openaiResponses.encodeResponse({ ...answer, content: [thought, sealedCall] })
    const body: JsonObject = {
      model: 'gpt-5',
      input: [{ role: 'user', content: 'Well?' }, ...(output as JsonObject[])],
    }
    const ask = { model: 'gpt-5', quirks: {}, needUsage: true, remove: [], removeMetadata: [] }
    expect(openaiResponses.relayEdits(body, ask)).toBeNull()
    const written = openaiResponses.encodeRequest(openaiResponses.decodeRequest(body), ask)
    expect(JSON.stringify(written.body)).not.toMatch(/headgate|EqQB|c2VhbA/)
    expect(written.dropped).toEqual(['messages[1].content[0]', 'messages[1].content[1].thoughtSignature'])
  })
})

/** The assistant's turn in the next request of a caller who gives the answer back as it is. */
function returned(caller: Dialect, answer: JsonObject): readonly Part[] {
  const body = JSON.parse(JSON.stringify(nextRequest(caller, answer))) as JsonObject
  return caller.decodeRequest(body).messages.find(({ role }) => role === 'assistant')?.content ?? []
}

function nextRequest(caller: Dialect, answer: JsonObject): JsonObject {
  const user = { role: 'user', content: 'Well?' }
  switch (caller.name) {
    case 'openai-responses':
      return { model: 'm', input: [user, ...(answer.output as JsonObject[])] }
    case 'openai-chat': {
      const [choice] = answer.choices as JsonObject[]
      return { model: 'm', messages: [user, choice?.message ?? null] }
    }
    default:
      return { model: 'm', max_tokens: 9, messages: [user, { role: 'assistant', content: answer.content ?? null }] }
  }
}

/** The answer that a caller's client puts together from a stream. */
function asGathered(caller: Dialect, text: string): JsonObject {
  if (caller.name !== 'openai-responses') return caller.encodeResponse(read(caller, text))
  const last = /^data: (.*"type":"response\.completed".*)$/m.exec(text)?.[1] ?? '{}'
  return (JSON.parse(last) as { response: JsonObject }).response
}

function read(dialect: Dialect, text: string): CanonicalResponse {
  const decoder = dialect.streamDecoder()
  const events = new SseFramer().push(Buffer.from(text)).flatMap((frame) => {
    const event = parseSseFrame(frame)
    return event ? decoder.push(event) : []
  })
  return collect([...events, ...decoder.end()])
}
