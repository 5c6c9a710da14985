import { describe, expect, it } from 'vitest'
import { needsOf } from './capability.ts'
import type { Part } from './content.ts'
import type { CanonicalRequest, Message } from './request.ts'

const user = (...content: Part[]): Message => ({ role: 'user', content })
const ask = (messages: readonly Message[], more: Partial<CanonicalRequest> = {}) =>
  needsOf({ model: 'm', messages, stream: false, ...more })
const text = { type: 'text', text: 'x' } as const
const source = { kind: 'base64', mediaType: 'x/y', data: '' } as const

describe('a call needs', () => {
  it('nothing special for plain text', () => {
    expect(ask([user(text)])).toEqual([])
    expect(ask([user(text), { role: 'assistant', content: [text] }, user(text)])).toEqual([])
  })

  it('each kind of media that is in it, in tool results too', () => {
    expect(ask([user({ type: 'image', source }), user({ type: 'audio', source })])).toEqual(['images', 'audio'])
    const result: Part = { type: 'tool-result', toolCallId: 'c', content: [{ type: 'file', source }] }
    expect(ask([{ role: 'tool', content: [result] }])).toEqual(['files'])
  })

  it('tools for functions, not for what a provider runs itself', () => {
    expect(ask([user(text)], { tools: [{ type: 'function', name: 'f' }] })).toEqual(['tools'])
    const hosted = { type: 'hosted', dialect: 'openai-chat', definition: {} } as const
    expect(ask([user(text)], { tools: [hosted] })).toEqual([])
  })

  it('a schema only where one is given', () => {
    expect(ask([user(text)], { responseFormat: { type: 'json' } })).toEqual([])
    expect(ask([user(text)], { responseFormat: { type: 'json-schema', name: 's', schema: {} } })).toEqual([
      'json_schema',
    ])
  })

  it('reasoning only where it is not switched off', () => {
    expect(ask([user(text)], { reasoning: { effort: 'low' } })).toEqual(['reasoning'])
    expect(ask([user(text)], { reasoning: { effort: 'none' } })).toEqual([])
    expect(ask([user(text)], { reasoning: { budgetTokens: 0 } })).toEqual([])
  })

  it('prefill when its last message is a begun answer', () => {
    expect(ask([user(text), { role: 'assistant', content: [text] }])).toEqual(['prefill'])
  })
})
