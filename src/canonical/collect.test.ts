import { describe, expect, it } from 'vitest'
import { Collector, collect } from './collect.ts'
import { expand } from './expand.ts'
import type { CanonicalResponse } from './response.ts'

const ANSWER: CanonicalResponse = {
  id: 'a',
  model: 'm',
  created: 7,
  content: [
    { type: 'reasoning', text: '', signature: 's', origin: 'anthropic-messages' },
    { type: 'reasoning', text: 'why' },
    { type: 'text', text: 'Hi', extensions: { 'anthropic-messages': { citations: [1] } } },
    { type: 'refusal', text: 'No' },
    { type: 'tool-call', id: 'a', name: 'f', arguments: '{"x":1}', extensions: { 'openai-chat': { y: 2 } } },
    { type: 'opaque', dialect: 'anthropic-messages', block: { type: 'x' } },
  ],
  finishReason: 'other',
  rawFinishReason: 'odd',
  stopSequence: 'END',
  usage: { inputUncached: 3, outputText: 4 },
}

describe('an answer as a stream', () => {
  it('is the same answer when it is put together again', () => {
    expect(collect(expand(ANSWER))).toEqual(ANSWER)
    const least: CanonicalResponse = { content: [], finishReason: 'stop' }
    expect(collect(expand(least))).toEqual(least)
  })
})

describe('putting a stream together', () => {
  it('keeps interleaved blocks apart and in the order of their start', () => {
    const { content } = collect([
      { type: 'tool-call-start', index: 1, id: 'b', name: 'g' },
      { type: 'text-start', index: 0 },
      { type: 'tool-call-delta', index: 1, arguments: '{"y"' },
      { type: 'text-delta', index: 0, text: 'H' },
      { type: 'tool-call-delta', index: 1, arguments: ':2}' },
      { type: 'text-delta', index: 0, text: 'i' },
    ])
    expect(content).toEqual([
      { type: 'text', text: 'Hi' },
      { type: 'tool-call', id: 'b', name: 'g', arguments: '{"y":2}' },
    ])
  })

  it('leaves out what says nothing, and gives a call without arguments an empty object', () => {
    const { content } = collect([
      { type: 'text-start', index: 0 },
      { type: 'text-end', index: 0 },
      { type: 'reasoning-start', index: 1 },
      { type: 'reasoning-end', index: 1 },
      { type: 'tool-call-start', index: 2, id: 'a', name: 'f' },
      { type: 'tool-call-end', index: 2 },
      { type: 'text-delta', index: 9, text: 'no start' },
    ])
    expect(content).toEqual([{ type: 'tool-call', id: 'a', name: 'f', arguments: '{}' }])
  })

  it('takes the last word on usage, counter by counter', () => {
    const { usage } = collect([
      { type: 'usage', usage: { inputUncached: 3, outputText: 1 } },
      { type: 'usage', usage: { outputText: 8 } },
    ])
    expect(usage).toEqual({ inputUncached: 3, outputText: 8 })
  })

  it('knows a whole stream from a cut one and from a failed one', () => {
    const collector = new Collector()
    expect(collector.complete).toBe(false)
    expect(collector.result().finishReason).toBe('other')
    collector.push({ type: 'message-end', finishReason: 'stop' })
    expect(collector.complete).toBe(true)
    collector.push({ type: 'error', error: { message: 'x' } })
    expect(collector.complete).toBe(false)
    expect(collector.error).toEqual({ message: 'x' })
  })
})
