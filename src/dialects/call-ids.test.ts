import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DialectName } from '../canonical/dialect-name.ts'
import type { Message } from '../canonical/request.ts'
import type { JsonObject } from '../lib/json.ts'
import { dialectOf } from './registry.ts'

/*
 * Ids of tool calls, when a conversation moves from vendor to vendor: each vendor sees what it takes, calls and results stay pairs, no two ids become
 * one, and the caller gets back the ids that it knows.
 */

interface Vendor {
  readonly to: DialectName
  readonly model: string
  /** What it takes as an id. */
  readonly takes: RegExp
  readonly nineLetterIds?: boolean
}

const VENDORS: readonly Vendor[] = [
  { to: 'openai-chat', model: 'gpt-5.4', takes: /^.{1,40}$/su },
  { to: 'openai-chat', model: 'mistral-large', takes: /^[a-zA-Z0-9]{9}$/, nineLetterIds: true },
  { to: 'openai-responses', model: 'gpt-5.4', takes: /^.{1,64}$/su },
  { to: 'anthropic-messages', model: 'claude-sonnet-4-5', takes: /^[a-zA-Z0-9_-]+$/ },
  { to: 'bedrock-converse', model: 'anthropic.claude-sonnet-4-5', takes: /^[a-zA-Z0-9_-]{1,64}$/ },
  { to: 'bedrock-converse', model: 'mistral.mistral-large', takes: /^[a-zA-Z0-9]{9}$/ },
  { to: 'google-generate-content', model: 'gemini-3-flash-preview', takes: /^.+$/su },
  { to: 'cohere-chat', model: 'command-a-03-2025', takes: /^.+$/su },
]
const CALLERS = ['openai-chat', 'openai-responses', 'anthropic-messages', 'google-generate-content'] as const

const id = fc.oneof(
  fc.constantFrom('call_1', 'toolu_01A', 'functions.look:0', 'chatcmpl-tool-é', 'tooluse_x', '"', '0', 'hgid_x'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).map((text) => `${text}|`),
  fc.stringMatching(/^call_[a-z0-9]{60,90}$/),
)
const ids = fc.uniqueArray(id, { minLength: 1, maxLength: 5 })

/** A conversation in which every id is called and answered. */
function conversation(all: readonly string[]): Message[] {
  return [
    { role: 'user', content: [{ type: 'text', text: 'Go.' }] },
    { role: 'assistant', content: all.map((each) => ({ type: 'tool-call', id: each, name: 'f', arguments: '{}' })) },
    ...all.map(
      (each): Message => ({
        role: 'tool',
        content: [{ type: 'tool-result', toolCallId: each, content: [{ type: 'text', text: `of ${each}` }] }],
      }),
    ),
  ]
}

function sent({ to, model, nineLetterIds }: Vendor, messages: readonly Message[]): JsonObject {
  const target = { model, quirks: nineLetterIds ? { nineLetterIds } : {} }
  return dialectOf(to).encodeRequest({ model, messages, stream: false }, target).body
}

/** The ids of calls and of results as they stand on the wire, in their order. */
function wireIds(body: JsonObject): { readonly calls: string[]; readonly results: string[] } {
  const text = JSON.stringify(body)
  const all = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, found]) => JSON.parse(`"${found}"`) as string)
  const string = '"((?:[^"\\\\]|\\\\.)*)"'
  return {
    calls: [
      ...all(new RegExp(`"(?:type":"tool_use","id|toolUse":\\{"toolUseId|functionCall":\\{"id)":${string}`, 'g')),
      ...all(new RegExp(`"type":"function_call","call_id":${string}`, 'g')),
      ...all(new RegExp(`"id":${string},"type":"function"`, 'g')),
    ],
    results: [
      ...all(
        new RegExp(`"(?:tool_use_id|tool_call_id|toolResult":\\{"toolUseId|functionResponse":\\{"id)":${string}`, 'g'),
      ),
      ...all(new RegExp(`"type":"function_call_output","call_id":${string}`, 'g')),
    ],
  }
}

describe.each(VENDORS)('ids for $to ($model)', (vendor) => {
  it('are what the vendor takes, in pairs, and stay apart and the same in every turn', () => {
    fc.assert(
      fc.property(ids, ids, (first, second) => {
        const { calls, results } = wireIds(sent(vendor, conversation(first)))
        expect(calls).toHaveLength(first.length)
        expect(results).toEqual(calls)
        expect(new Set(calls).size).toBe(first.length)
        for (const each of calls) expect(each).toMatch(vendor.takes)
        const fresh = second.filter((each) => !first.includes(each))
        const later = wireIds(sent(vendor, [...conversation(first), ...conversation(fresh)]))
        if (fresh.length > 0) expect(later.calls.slice(0, first.length)).toEqual(calls)
      }),
    )
  })

  it.each(CALLERS)('come back to a caller of %s as the vendor wrote them, however strange', (from) => {
    fc.assert(
      fc.property(ids, (all) => {
        const caller = dialectOf(from)
        const content = all.map((each) => ({ type: 'tool-call', id: each, name: 'f', arguments: '{}' }) as const)
        const reply = caller.encodeResponse({ id: 'x', model: 'm', content, finishReason: 'tool-calls' })
        const answered = caller.decodeResponse(JSON.parse(JSON.stringify(reply)))
        const again = answered.content.flatMap((part) => (part.type === 'tool-call' ? [part.id] : []))
        expect(again).toEqual(all)
        // The next turn of the same conversation, at this vendor: the same pairs.
        const { calls, results } = wireIds(sent(vendor, conversation(again)))
        expect(results).toEqual(calls)
      }),
    )
  })
})
