import { describe, expect, it } from 'vitest'
import type { Part } from '../canonical/content.ts'
import type { DialectName } from '../canonical/dialect-name.ts'
import { dialectOf } from './registry.ts'

/* Files by the id that one vendor gave them. */

const FAMILIES: readonly (readonly DialectName[])[] = [
  ['openai-chat', 'openai-responses'],
  ['anthropic-messages'],
  ['google-generate-content'],
]
const CALLERS = FAMILIES.flat()
const PROVIDERS: readonly DialectName[] = [...CALLERS, 'bedrock-converse', 'cohere-chat']
const PAIRS = CALLERS.flatMap((caller) => PROVIDERS.map((provider) => ({ caller, provider })))
const FILE: Part = { type: 'file', source: { kind: 'provider-file', id: 'file-1' } }
const SHOWN: Part = { type: 'tool-result', toolCallId: 'c', content: [FILE] }

function encode(provider: DialectName, part: Part, caller?: DialectName) {
  const calls = { role: 'assistant', content: [{ type: 'tool-call', id: 'c', name: 'f', arguments: '{}' }] } as const
  const messages = [calls, { role: part.type === 'tool-result' ? 'tool' : 'user', content: [part] }] as const
  const target = { model: 'm', quirks: {}, ...(caller ? { caller } : {}) }
  return dialectOf(provider).encodeRequest({ model: 'm', messages, stream: false }, target)
}

describe.each(PAIRS)('from $caller to $provider', ({ caller, provider }) => {
  const known = FAMILIES.some((family) => family.includes(caller) && family.includes(provider))

  it.each([
    ['in a turn', FILE],
    ['in the result of a tool', SHOWN],
  ])('a file %s is sent by its id where it was uploaded, and refused elsewhere', (_, part) => {
    if (known) expect(JSON.stringify(encode(provider, part, caller).body)).toContain('file-1')
    else expect(() => encode(provider, part, caller)).toThrow(/^messages\[1\]\.content\[0\].*send (its|the) bytes/)
  })
})

it('the library names files that are where it sends them', () => {
  expect(JSON.stringify(encode('anthropic-messages', FILE).body)).toContain('file-1')
})
