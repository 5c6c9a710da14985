import { describe, expect, it } from 'vitest'
import type { Part } from '../canonical/content.ts'
import type { DialectName } from '../canonical/dialect-name.ts'
import { dialectOf } from './registry.ts'

/* Files by the id that one vendor gave them. */

const IDS = {
  openai: ['file-AbC123'],
  anthropic: ['file_011CNha8iCJcU1wXNR6q4V8w'],
  google: ['https://generativelanguage.googleapis.com/v1beta/files/abc', 'gs://bucket/plan.pdf'],
}
const VENDORS: readonly (readonly [DialectName, keyof typeof IDS | null])[] = [
  ['openai-chat', 'openai'],
  ['openai-responses', 'openai'],
  ['anthropic-messages', 'anthropic'],
  ['google-generate-content', 'google'],
  ['bedrock-converse', null],
  ['cohere-chat', null],
]
const CASES = VENDORS.flatMap(([to, here]) =>
  Object.entries(IDS).flatMap(([whose, ids]) => ids.map((id) => ({ to, id, sent: whose === here }))),
)

function encode(to: DialectName, id: string, inResult: boolean) {
  const file = { type: 'file', source: { kind: 'provider-file', id } } as const
  const part: Part = inResult ? { type: 'tool-result', toolCallId: 'c', content: [file] } : file
  const calls = { role: 'assistant', content: [{ type: 'tool-call', id: 'c', name: 'f', arguments: '{}' }] } as const
  const messages = [calls, { role: inResult ? 'tool' : 'user', content: [part] }] as const
  return dialectOf(to).encodeRequest({ model: 'm', messages, stream: false }, { model: 'm', quirks: {} })
}

describe.each(CASES)('$id, to $to', ({ to, id, sent }) => {
  it.each([
    ['in a turn', false],
    ['in the result of a tool', true],
  ])('%s, is sent where it was uploaded, and refused elsewhere', (_, inResult) => {
    if (sent) expect(JSON.stringify(encode(to, id, inResult).body)).toContain(id)
    else expect(() => encode(to, id, inResult)).toThrow(/^messages\[1\]\.content\[0\].*send (its|the) bytes/)
  })
})

it('an id of a form that nobody else has is left to the provider', () => {
  expect(JSON.stringify(encode('openai-chat', '8f0e-77aa', false).body)).toContain('8f0e-77aa')
})
