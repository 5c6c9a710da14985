import { expect, test } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import { openaiChat } from './index.ts'

const asks = (more: JsonObject) =>
  openaiChat.priceAsks(openaiChat.decodeRequest({ model: 'm', messages: [{ role: 'user', content: 'Hi.' }], ...more }))

test.each<[string, JsonObject, object]>([
  ['nothing', {}, {}],
  ['a tier', { service_tier: 'priority' }, { serviceTier: 'priority' }],
  ['no tier in words', { service_tier: null }, {}],
  ['a search before the answer', { web_search_options: {} }, { toolUses: { webSearches: 1 }, toolTokens: 10_000 }],
  [
    'plugins',
    { plugins: [{ id: 'web' }, { id: 'file-parser' }] },
    { toolUses: { otherToolUses: 2 }, toolTokens: 20_000 },
  ],
  [
    'a search of xAI',
    { search_parameters: { max_search_results: 3 } },
    { toolUses: { otherToolUses: 3 }, toolTokens: 10_000 },
  ],
  [
    'xAI’s own number of sources',
    { search_parameters: { mode: 'auto' } },
    { toolUses: { otherToolUses: 15 }, toolTokens: 10_000 },
  ],
  ['xAI’s search switched off', { search_parameters: { mode: 'off' } }, {}],
  [
    'tools of the host, and functions of the caller',
    {
      tools: [
        { type: 'function', function: { name: 'f' } },
        { type: 'custom', custom: { name: 'c' } },
        { type: 'openrouter:web_search' },
        { type: 'browser_search' },
      ],
    },
    { toolUses: { webSearches: 10, otherToolUses: 10 }, toolTokens: 200_000 },
  ],
])('what changes the price of a call: %s', (_, body, expected) => {
  expect(asks(body)).toEqual(expected)
})
