import { describe, expect, it } from 'vitest'
import { collect } from '../../canonical/collect.ts'
import type { Part } from '../../canonical/content.ts'
import { expand } from '../../canonical/expand.ts'
import { parseSseFrame, SseFramer } from '../../lib/sse.ts'
import { anthropicMessages } from './index.ts'

const call = (id: string, seal?: string): Part => ({
  type: 'tool-call',
  id,
  name: 'weather',
  arguments: '{"at":"Praha"}',
  ...(seal === undefined ? {} : { extensions: { 'google-generate-content': { thoughtSignature: seal } } }),
})
const thought = (text: string, signature: string): Part => ({
  type: 'reasoning',
  text,
  signature,
  origin: 'google-generate-content',
})
const ANSWER: readonly Part[] = [
  thought('Two places.', 'EqQB+/='),
  { type: 'text', text: 'I look.' },
  thought('', 'bXV0ZQ=='),
  call('a', 'c2VhbA=='),
  call('b'),
]
const response = { content: ANSWER, finishReason: 'tool-calls' } as const

const turn = (content: unknown) => ({
  model: 'claude-sonnet-4-5',
  max_tokens: 100,
  messages: [
    { role: 'user', content: 'Well?' },
    { role: 'assistant', content: JSON.parse(JSON.stringify(content)) },
    { role: 'user', content: ['a', 'b'].map((id) => ({ type: 'tool_result', tool_use_id: id, content: 'sunny' })) },
  ],
})

describe('seals of Gemini', () => {
  it('come back from a caller who gives back the blocks of an answer', () => {
    const { content } = anthropicMessages.encodeResponse(response)
    expect(anthropicMessages.decodeRequest(turn(content)).messages[1]?.content).toEqual(ANSWER)
  })

  it('are in the blocks of a stream as in those of a whole answer', () => {
    const encoder = anthropicMessages.streamEncoder({ id: 'x', model: 'm', includeUsage: true })
    const text =
      expand(response)
        .map((event) => encoder.push(event))
        .join('') + encoder.end()
    const decoder = anthropicMessages.streamDecoder()
    const events = new SseFramer().push(Buffer.from(text)).flatMap((frame) => {
      const event = parseSseFrame(frame)
      return event ? decoder.push(event) : []
    })
    const { content } = anthropicMessages.encodeResponse(response)
    const again = anthropicMessages.encodeResponse(collect([...events, ...decoder.end()]))
    expect(again.content).toEqual(content)
    expect(collect(events).content.at(3)).toEqual(ANSWER[3])
  })

  it('never reach Anthropic: not in a relayed request, and reported in one that is written anew', () => {
    const { content } = anthropicMessages.encodeResponse(response)
    const body = turn(content)
    const ask = { model: 'claude-sonnet-4-5', quirks: {}, needUsage: true, remove: [], removeMetadata: [] }
    expect(anthropicMessages.relayEdits(body, ask)).toBeNull()
    const written = anthropicMessages.encodeRequest(anthropicMessages.decodeRequest(body), ask)
    expect(JSON.stringify(written.body)).not.toMatch(/headgate|EqQB|bXV0ZQ|c2VhbA/)
    expect(written.dropped).toEqual([
      'messages[1].content[0]',
      'messages[1].content[2]',
      'messages[1].content[3].thoughtSignature',
    ])
  })

  it('are gone with the call that they belong to', () => {
    const { content } = anthropicMessages.encodeResponse({ ...response, content: ANSWER.slice(1, 4) })
    const blocks = content as { type: string }[]
    const body = turn(blocks.filter(({ type }) => type !== 'tool_use'))
    const { messages } = anthropicMessages.decodeRequest({ ...body, messages: body.messages.slice(0, 2) })
    expect(messages[1]?.content).toEqual(ANSWER.slice(1, 3))
  })
})
