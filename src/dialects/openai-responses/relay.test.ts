import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import type { RelayAsk } from '../dialect.ts'
import { relayEdits } from './relay.ts'

const ask: RelayAsk = { model: 'gpt-4o', quirks: {}, needUsage: true, remove: [], removeMetadata: [] }
const edits = (body: JsonObject, more: Partial<RelayAsk> = {}) =>
  relayEdits({ model: 'm', input: 'Hi.', ...body }, { ...ask, ...more })

describe('a request of this format to a host of this format', () => {
  it('is told to store nothing, and is otherwise left alone', () => {
    expect(edits({})).toEqual({ set: { model: 'gpt-4o', store: false }, remove: [] })
    expect(edits({ model: 'gpt-4o', store: false, truncation: 'auto' })).toEqual({ set: {}, remove: [] })
  })

  it('gets policy’s cap, and the tenant’s key for the cache where the caller or the host has one', () => {
    expect(edits({ max_output_tokens: 9 }, { maxOutputTokens: 5 })?.set).toMatchObject({ max_output_tokens: 5 })
    expect(edits({}, { promptCacheKey: 't' })?.set).not.toHaveProperty('prompt_cache_key')
    expect(edits({ prompt_cache_key: 'mine' }, { promptCacheKey: 't' })?.set).toMatchObject({ prompt_cache_key: 't' })
    expect(edits({}, { promptCacheKey: 't', quirks: { promptCacheKey: true } })?.set).toMatchObject({
      prompt_cache_key: 't',
    })
  })

  it('asks for sealed reasoning of a model that reasons, beside what else it asks for', () => {
    const include = (body: JsonObject, model = 'gpt-5.4') => edits(body, { model })?.set?.include
    expect(include({})).toEqual(['reasoning.encrypted_content'])
    expect(include({ include: ['file_search_call.results'] })).toEqual([
      'file_search_call.results',
      'reasoning.encrypted_content',
    ])
    expect(include({ include: ['reasoning.encrypted_content'] })).toBeUndefined()
    expect(include({}, 'gpt-4o')).toBeUndefined()
  })

  it('loses what was context, and Headgate’s own fields', () => {
    const metadata = { tenant_id: 'a', topic: 'b' }
    const more = { remove: ['documents'], removeMetadata: ['tenant_id'] }
    expect(edits({ documents: [], metadata }, more)).toMatchObject({
      set: { metadata: { topic: 'b' } },
      remove: ['documents'],
    })
    expect(edits({ metadata: { tenant_id: 'a' } }, more)?.remove).toEqual(['metadata'])
  })

  const reasoning = (fields: JsonObject) => ({
    input: [
      { role: 'user', content: 'x' },
      { type: 'reasoning', summary: [], ...fields },
    ],
  })
  it.each<[string, JsonObject]>([
    ['wants to be stored, which has to be reported', { store: true }],
    ['has reasoning that nobody could look up', reasoning({ id: 'rs_1' })],
    [
      'carries a seal of another vendor',
      reasoning({ encrypted_content: 'headgate.reasoning.anthropic-messages.signature.x' }),
    ],
    ['has an id of reasoning that we wrote', reasoning({ id: 'rs_hg_a_0', encrypted_content: 'gAAA' })],
    [
      'names a segment of the prompt',
      { input: [{ role: 'user', content: [{ type: 'input_text', text: 'x', cache_key: 'k' }] }] },
    ],
    ['names a tool as a segment', { tools: [{ type: 'web_search', cache_key: 'k' }] }],
  ])('is written anew when it %s', (_, body) => {
    expect(edits(body)).toBeNull()
  })

  it('is written anew when the host rejects a field of it', () => {
    expect(edits({ temperature: 1 }, { quirks: { rejects: ['temperature'] } })).toBeNull()
    expect(edits({}, { quirks: { rejects: ['temperature'] } })).not.toBeNull()
  })

  it('stays when its reasoning is sealed, or whole', () => {
    expect(edits(reasoning({ id: 'rs_1', encrypted_content: 'gAAA' }))).not.toBeNull()
    expect(edits(reasoning({ id: 'rs_1', content: [{ type: 'reasoning_text', text: 'Hm.' }] }))).not.toBeNull()
  })
})
