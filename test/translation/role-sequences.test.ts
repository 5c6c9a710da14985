import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Part, ToolResultPart } from '../../src/canonical/content.ts'
import type { DialectName } from '../../src/canonical/dialect-name.ts'
import type { Message } from '../../src/canonical/request.ts'
import { dialectOf } from '../../src/dialects/registry.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { readAnthropicRequest } from '../../src/testing/anthropic-request.ts'
import { readBedrockRequest } from '../../src/testing/bedrock-request.ts'
import { readCohereRequest } from '../../src/testing/cohere-request.ts'
import { readGoogleRequest } from '../../src/testing/google-request.ts'
import { readOpenAiRequest } from '../../src/testing/openai-request.ts'
import { readResponsesRequest } from '../../src/testing/openai-responses-request.ts'

/*
 * Conversations of every shape: roles in a row, first turns that are not the user's, instructions in the middle, turns that say nothing, calls with broken or
 * without arguments, results out of order, reasoning that another vendor sealed. Every vendor takes what is made of them, and no word of them is lost.
 */

const CLAUDE = 'anthropic.claude-sonnet-4-5-20250929-v1:0'
const GEMINI = 'gemini-3-flash-preview'
const VENDORS: readonly (readonly [DialectName, string, (body: JsonObject) => unknown])[] = [
  ['openai-chat', 'gpt-5.4', readOpenAiRequest],
  ['openai-responses', 'gpt-5.4', readResponsesRequest],
  ['anthropic-messages', 'claude-sonnet-4-5', (body) => readAnthropicRequest(body, '2023-06-01')],
  ['google-generate-content', GEMINI, (body) => readGoogleRequest(body, `/v1beta/models/${GEMINI}:generateContent`)],
  ['bedrock-converse', CLAUDE, (body) => readBedrockRequest(body, CLAUDE, false)],
  ['cohere-chat', 'command-a-reasoning-08-2025', readCohereRequest],
]

const text = fc.constantFrom('', ' ', '\n', 'Hello.', 'x ', '世界').map((each): Part => ({ type: 'text', text: each }))
const image: Part = { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'iVBORw0KGgo=' } }
const thought = fc.constantFrom<Part>(
  { type: 'reasoning', text: 'Hm.', signature: 'sig', origin: 'anthropic-messages' },
  { type: 'reasoning', text: 'Hm.', signature: 'c2ln', origin: 'google-generate-content' },
  { type: 'reasoning', text: '', redacted: 'enc', origin: 'openai-responses' },
  { type: 'reasoning', text: 'Plain.' },
  { type: 'opaque', dialect: 'anthropic-messages', block: { type: 'server_tool_use', id: 'x', name: 's', input: {} } },
)
const call = fc.record({
  said: fc.constantFrom('', '{}', '{"a":1}', '{"a":', '[1]', 'null', '"x"'),
  gave: fc.array(fc.oneof(text, fc.constant(image)), { maxLength: 2 }),
  failed: fc.boolean(),
})
const speaker = (role: 'system' | 'user', part: fc.Arbitrary<Part>) =>
  fc.array(part, { maxLength: 3 }).map((content): Message[] => [{ role, content }])
const assistant = fc
  .tuple(fc.array(fc.oneof(text, thought), { maxLength: 3 }), fc.array(call, { maxLength: 3 }), fc.nat(), fc.boolean())
  .map(([said, calls, number, backwards]): Message[] => {
    const ids = calls.map((_, at) => `functions.f:${number}-${at}`)
    const results = calls.map(({ gave, failed }, at): Message => {
      const content = gave as ToolResultPart['content']
      const result = { type: 'tool-result', toolCallId: ids[at] ?? '', content, ...(failed ? { isError: true } : {}) }
      return { role: 'tool', content: [result as ToolResultPart] }
    })
    const made = calls.map(({ said: given }, at): Part => {
      return { type: 'tool-call', id: ids[at] ?? '', name: 'f', arguments: given }
    })
    return [{ role: 'assistant', content: [...said, ...made] }, ...(backwards ? results.reverse() : results)]
  })
const LAST: Message = { role: 'user', content: [{ type: 'text', text: 'Go on.' }] }
const conversations = fc
  .array(fc.oneof(speaker('system', text), speaker('user', fc.oneof(text, fc.constant(image))), assistant), {
    maxLength: 6,
  })
  .map((turns) => [...turns.flat(), LAST])

const TOOLS = [{ type: 'function', name: 'f', parameters: { type: 'object', properties: { a: {} } } }] as const

describe.each(VENDORS)('%s', (name, model, read) => {
  const encode = (messages: readonly Message[], hasTools: boolean) =>
    dialectOf(name).encodeRequest(
      { model, messages, stream: false, maxOutputTokens: 100, ...(hasTools ? { tools: TOOLS } : {}) },
      { model, quirks: {} },
    )

  it('takes a conversation of any shape', () => {
    fc.assert(
      fc.property(conversations, fc.boolean(), (messages, hasTools) => {
        const { body } = encode(messages, hasTools)
        read(JSON.parse(JSON.stringify(body)) as JsonObject)
      }),
      { numRuns: 400 },
    )
  })

  it('is told every word, in its order, and every call with its result', () => {
    fc.assert(
      fc.property(conversations, (messages) => {
        const { body } = encode(messages, true)
        const sent = JSON.stringify(body)
        const words = messages.flatMap(({ role, content }) =>
          role === 'tool' ? [] : content.flatMap((part) => (part.type === 'text' ? [part.text.trim()] : [])),
        )
        const told = [...sent.matchAll(/Hello\.|世界|Go on\./g)].map(([word]) => word)
        const results = messages.flatMap(({ content }) => content.filter(({ type }) => type === 'tool-result'))
        const inResults = results.flatMap((part) => (part.type === 'tool-result' ? part.content : []))
        const wanted = [...words, ...inResults.map((part) => (part.type === 'text' ? part.text.trim() : ''))]
        for (const word of ['Hello.', '世界', 'Go on.']) {
          expect(told.filter((each) => each === word)).toHaveLength(wanted.filter((each) => each === word).length)
        }
        const calls = messages.flatMap(({ content }) => content.filter(({ type }) => type === 'tool-call'))
        const answered = dialectOf(name)
          .decodeRequest(JSON.parse(sent) as JsonObject, { model, stream: false })
          .messages.flatMap(({ content }) => content)
        const ids = (type: 'tool-call' | 'tool-result') =>
          answered.flatMap((part) =>
            part.type === type
              ? [part.type === 'tool-call' ? part.id : 'toolCallId' in part ? part.toolCallId : '']
              : [],
          )
        expect(ids('tool-call')).toHaveLength(calls.length)
        expect(ids('tool-result').toSorted()).toEqual(ids('tool-call').toSorted())
      }),
    )
  })
})
