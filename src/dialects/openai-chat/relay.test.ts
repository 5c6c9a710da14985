import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import { editTopLevel } from '../../lib/json-edit.ts'
import type { Quirks, RelayAsk } from '../dialect.ts'
import { relayEdits } from './relay.ts'

const plain: RelayAsk = { model: 'up', quirks: {}, needUsage: false, remove: [], removeMetadata: [] }
const hello = [{ role: 'user', content: 'hello' }]

function relay(fields: JsonObject, ask: Partial<RelayAsk> = {}): JsonObject | null {
  const body: JsonObject = { model: 'logical', messages: hello, ...fields }
  const edits = relayEdits(body, { ...plain, ...ask })
  return edits && JSON.parse(editTopLevel(Buffer.from(JSON.stringify(body)), edits).toString())
}

const relayed = (fields: JsonObject) => ({ model: 'up', messages: hello, ...fields })

describe('edits', () => {
  test('only the model changes, and every other byte stays', () => {
    const text =
      '{ "seed": 9007199254740993, "temperature":1.0,"model" :"logical","messages":[{"content":"\\u4f60","role":"user"}] }'
    const edits = relayEdits(JSON.parse(text), plain)
    expect(edits && editTopLevel(Buffer.from(text), edits).toString()).toBe(text.replace('logical', 'up'))
  })

  test('usage is asked for where it is needed, beside the caller’s other options', () => {
    const stream = { stream: true }
    expect(relay(stream, { needUsage: true })).toEqual(relayed({ ...stream, stream_options: { include_usage: true } }))
    expect(
      relay({ ...stream, stream_options: { include_obfuscation: false, include_usage: false } }, { needUsage: true }),
    ).toEqual(relayed({ ...stream, stream_options: { include_obfuscation: false, include_usage: true } }))
    expect(relay(stream)).toEqual(relayed(stream))
    expect(relay({}, { needUsage: true })).toEqual(relayed({}))
  })

  test('a host that does not know the option never sees it', () => {
    const ask = { needUsage: true, quirks: { streamUsage: false } }
    expect(relay({ stream: true, stream_options: { include_usage: true } }, ask)).toEqual(relayed({ stream: true }))
  })

  test.each<[JsonObject, number | undefined, Quirks, JsonObject]>([
    [{}, undefined, {}, {}],
    [{}, 9, {}, { max_tokens: 9 }],
    [{}, 9, { maxTokensField: 'max_completion_tokens' }, { max_completion_tokens: 9 }],
    [{ max_tokens: 50 }, 9, {}, { max_tokens: 9 }],
    [{ max_tokens: 50 }, undefined, { maxTokensField: 'max_completion_tokens' }, { max_completion_tokens: 50 }],
    [{ max_completion_tokens: 50 }, undefined, {}, { max_tokens: 50 }],
    [{ max_completion_tokens: 50, max_tokens: 50 }, 9, {}, { max_tokens: 9 }],
    [{ max_completion_tokens: null, max_tokens: 50 }, undefined, {}, { max_tokens: 50 }],
  ])('the caps %j under a cap of %j for %j become %j', (fields, maxOutputTokens, quirks, wanted) => {
    const ask = { quirks, ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }) }
    expect(relay(fields, ask)).toEqual(relayed(wanted))
  })

  test('Headgate’s own fields and what the host rejects are taken out', () => {
    const fields = { documents: [], seed: 7, metadata: { tenant_id: 't', order: '1' } }
    const ask = { remove: ['documents'], removeMetadata: ['tenant_id'], quirks: { rejects: ['seed'] } }
    expect(relay(fields, ask)).toEqual(relayed({ metadata: { order: '1' } }))
    expect(relay({ metadata: { tenant_id: 't' } }, ask)).toEqual(relayed({}))
    expect(relay({ metadata: { order: '1' } }, ask)).toEqual(relayed({ metadata: { order: '1' } }))
  })

  test('what is rejected is not written either', () => {
    const ask = { needUsage: true, quirks: { rejects: ['stream_options'] } }
    expect(relay({ stream: true }, ask)).toEqual(relayed({ stream: true }))
  })

  test('the prompt cache key is given where the host knows it, and takes the place of the caller’s own everywhere', () => {
    const ask = { promptCacheKey: 'k', quirks: { promptCacheKey: true } }
    expect(relay({}, ask)).toEqual(relayed({ prompt_cache_key: 'k' }))
    expect(relay({ prompt_cache_key: 'mine' }, ask)).toEqual(relayed({ prompt_cache_key: 'k' }))
    expect(relay({ prompt_cache_key: 'mine' }, { promptCacheKey: 'k' })).toEqual(relayed({ prompt_cache_key: 'k' }))
    expect(relay({}, { promptCacheKey: 'k' })).toEqual(relayed({}))
  })
})

describe('what cannot be relayed', () => {
  test.each<[string, JsonObject, Quirks]>([
    ['a cache key on a message', { messages: [{ role: 'user', content: 'a', cache_key: 'k' }] }, {}],
    [
      'a cache key on a part',
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'a', cache_key: 'k' }] }] },
      {},
    ],
    ['a cache key on a tool', { tools: [{ type: 'function', function: { name: 'f' }, cache_key: 'k' }] }, {}],
    ['a role the host does not know', { messages: [{ role: 'developer', content: 'a' }] }, {}],
    [
      'reasoning the host does not take back',
      { messages: [{ role: 'assistant', content: 'a', reasoning_content: 'b' }] },
      {},
    ],
    [
      'reasoning in another field',
      { messages: [{ role: 'assistant', reasoning_details: [{}] }] },
      { reasoningField: 'reasoning_content' },
    ],
    ['too many stop texts', { stop: ['1', '2', '3', '4', '5'] }, {}],
  ])('%s', (_, fields, quirks) => {
    expect(relay(fields, { quirks })).toBeNull()
  })

  test.each<[string, JsonObject, Quirks]>([
    ['a role the host knows', { messages: [{ role: 'developer', content: 'a' }] }, { developerRole: true }],
    [
      'reasoning in the host’s field',
      { messages: [{ role: 'assistant', reasoning_content: 'b' }] },
      { reasoningField: 'reasoning_content' },
    ],
    [
      'reasoning fields that are empty',
      { messages: [{ role: 'assistant', content: 'a', reasoning_content: null, reasoning: '' }] },
      {},
    ],
    ['stop texts the host takes', { stop: ['1', '2', '3', '4', '5'] }, { maxStops: 16 }],
  ])('but %s can', (_, fields, quirks) => {
    expect(relay(fields, { quirks })).toEqual(relayed(fields))
  })
})
