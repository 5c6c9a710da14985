import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import type { RelayAsk } from '../dialect.ts'
import { relayEdits } from './relay.ts'

const BODY: JsonObject = { model: 'task', max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] }
const ASK: RelayAsk = { model: 'claude-sonnet-4-5', quirks: {}, needUsage: true, remove: [], removeMetadata: [] }

const edit = (body: JsonObject, ask: Partial<RelayAsk> = {}) => relayEdits({ ...BODY, ...body }, { ...ASK, ...ask })

describe('relaying a Messages request', () => {
  it('changes only what must change', () => {
    expect(edit({ model: 'claude-sonnet-4-5' })).toEqual({ set: {}, remove: [] })
    expect(edit({})).toEqual({ set: { model: 'claude-sonnet-4-5' }, remove: [] })
  })

  it('leaves the model to the address and puts the version into the body where a cloud wants it so', () => {
    const quirks = { versionInBody: 'vertex-2023-10-16' }
    expect(edit({}, { quirks })).toEqual({ set: { anthropic_version: 'vertex-2023-10-16' }, remove: ['model'] })
  })

  it('gives the cap that policy wants, else the caller’s, else a default', () => {
    expect(edit({}, { maxOutputTokens: 50 })?.set).toMatchObject({ max_tokens: 50 })
    expect(edit({}, { maxOutputTokens: 100 })?.set).not.toHaveProperty('max_tokens')
    expect(relayEdits({ model: 'x', messages: [] }, ASK)?.set).toMatchObject({ max_tokens: 4096 })
    expect(relayEdits({ model: 'x', messages: [] }, { ...ASK, quirks: { defaultMaxTokens: 9 } })?.set).toMatchObject({
      max_tokens: 9,
    })
  })

  it("takes out Headgate's own fields and the metadata that was context", () => {
    const ours = { remove: ['documents'], removeMetadata: ['tenant_id', 'feature'] }
    expect(edit({ documents: [], metadata: { user_id: 'u', tenant_id: 'acme' } }, ours)).toMatchObject({
      set: { metadata: { user_id: 'u' } },
      remove: ['documents'],
    })
    expect(edit({ metadata: { tenant_id: 'acme' } }, ours)?.remove).toEqual(['metadata'])
    expect(edit({ metadata: { user_id: 'u' } }, ours)?.set).not.toHaveProperty('metadata')
  })

  it.each<[string, JsonObject, Partial<RelayAsk>]>([
    ['a cache key on a message', { messages: [{ role: 'user', content: 'Hi', cache_key: 'k' }] }, {}],
    [
      'a cache key on a block',
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi', cache_key: 'k' }] }] },
      {},
    ],
    ['a cache key on the system prompt', { system: [{ type: 'text', text: 'Hi', cache_key: 'k' }] }, {}],
    ['a cache key on a tool', { tools: [{ name: 'a', cache_key: 'k' }] }, {}],
    [
      'a cache key inside a tool result',
      {
        messages: [
          { role: 'user', content: [{ type: 'tool_result', content: [{ type: 'text', text: 'x', cache_key: 'k' }] }] },
        ],
      },
      {},
    ],
    [
      'results of tools that were called without thinking',
      {
        max_tokens: 3000,
        thinking: { type: 'enabled', budget_tokens: 1024 },
        messages: [
          { role: 'user', content: 'Hi' },
          { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input: {} }] },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'x' }] },
        ],
      },
      {},
    ],
    [
      "another vendor's thinking",
      { messages: [{ role: 'assistant', content: [{ type: 'thinking', thinking: 'x', signature: '' }] }] },
      {},
    ],
    ['a field that the host rejects', { service_tier: 'auto' }, { quirks: { rejects: ['service_tier'] } }],
    [
      'a thinking budget above the new cap',
      { max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 2000 } },
      { maxOutputTokens: 1500 },
    ],
    [
      'a thinking budget for a model that takes none',
      { thinking: { type: 'enabled', budget_tokens: 2000 } },
      { model: 'claude-opus-4-8' },
    ],
    ['adaptive thinking for a model that wants a budget', { thinking: { type: 'adaptive' } }, {}],
    ['a temperature for a model that takes none', { temperature: 0.5 }, { model: 'claude-opus-4-8' }],
    ['an instruction among the turns for a model without them', { messages: [{ role: 'system', content: 'x' }] }, {}],
  ])('writes the call anew for %s', (_, body, ask) => {
    expect(edit(body, ask)).toBeNull()
  })

  it.each<[string, JsonObject, Partial<RelayAsk>]>([
    [
      'signed thinking',
      { messages: [{ role: 'assistant', content: [{ type: 'thinking', thinking: '', signature: 's' }] }] },
      {},
    ],
    ['a thinking budget of its own', { max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 2000 } }, {}],
    ['adaptive thinking', { thinking: { type: 'adaptive' } }, { model: 'claude-opus-4-8' }],
    ['an instruction among the turns', { messages: [{ role: 'system', content: 'x' }] }, { model: 'claude-opus-4-8' }],
    [
      'anything, for a model of unknown version',
      { thinking: { type: 'adaptive' }, temperature: 1, messages: [{ role: 'system', content: 'x' }] },
      { model: 'glm' },
    ],
  ])('relays %s', (_, body, ask) => {
    expect(edit(body, ask)).not.toBeNull()
  })
})
