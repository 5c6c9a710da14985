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
  it('no more than words for plain text', () => {
    expect(ask([user(text)])).toEqual(['chat'])
    expect(ask([user(text), { role: 'assistant', content: [text] }, user(text)])).toEqual(['chat'])
  })

  it('nothing of this for vectors', () => {
    expect(ask([user(text)], { embedding: { encoding: 'float' } })).toEqual([])
  })

  it('each kind of media that is in it, in tool results too', () => {
    const seen = ask([user({ type: 'image', source }), user({ type: 'audio', source })])
    expect(seen).toEqual(['chat', 'images', 'audio'])
    const result: Part = { type: 'tool-result', toolCallId: 'c', content: [{ type: 'file', source }] }
    expect(ask([{ role: 'tool', content: [result] }])).toEqual(['chat', 'files'])
  })

  it('nothing to read plain text that comes as a file', () => {
    const plain = { kind: 'base64', mediaType: 'text/plain', data: '' } as const
    expect(ask([user({ type: 'file', source: plain })])).toEqual(['chat'])
  })

  it('tools for functions, not for what a provider runs itself', () => {
    expect(ask([user(text)], { tools: [{ type: 'function', name: 'f' }] })).toEqual(['chat', 'tools'])
    const hosted = { type: 'hosted', dialect: 'openai-chat', definition: {} } as const
    expect(ask([user(text)], { tools: [hosted] })).toEqual(['chat'])
  })

  it('a schema only where one is given', () => {
    expect(ask([user(text)], { responseFormat: { type: 'json' } })).toEqual(['chat'])
    const schema = ask([user(text)], { responseFormat: { type: 'json-schema', name: 's', schema: {} } })
    expect(schema).toEqual(['chat', 'json_schema'])
  })

  it('reasoning only where it is not switched off', () => {
    expect(ask([user(text)], { reasoning: { effort: 'low' } })).toEqual(['chat', 'reasoning'])
    expect(ask([user(text)], { reasoning: { effort: 'none' } })).toEqual(['chat'])
    expect(ask([user(text)], { reasoning: { budgetTokens: 0 } })).toEqual(['chat'])
  })

  it('prefill when its last message is a begun answer', () => {
    expect(ask([user(text), { role: 'assistant', content: [text] }])).toEqual(['chat', 'prefill'])
  })

  it('no prefill when that answer only paused for a tool that the provider runs', () => {
    const paused: Part = { type: 'opaque', dialect: 'anthropic-messages', block: { type: 'server_tool_use' } }
    expect(ask([user(text), { role: 'assistant', content: [text, paused] }])).toEqual(['chat'])
  })
})
