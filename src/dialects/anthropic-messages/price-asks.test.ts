import { expect, test } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import { anthropicMessages } from './index.ts'

const asks = (more: JsonObject) =>
  anthropicMessages.priceAsks(
    anthropicMessages.decodeRequest({
      model: 'm',
      max_tokens: 9,
      messages: [{ role: 'user', content: 'Hi.' }],
      ...more,
    }),
  )

test.each<[string, JsonObject, object]>([
  ['nothing', {}, {}],
  ['a tier', { service_tier: 'standard_only' }, { serviceTier: 'standard_only' }],
  ['fast mode, which beats the tier', { service_tier: 'auto', speed: 'fast' }, { serviceTier: 'fast' }],
  ['a place', { inference_geo: 'us' }, { geography: 'us' }],
  [
    'searches, as many as they may be',
    { tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 3 }] },
    { toolUses: { webSearches: 3 }, toolTokens: 30_000 },
  ],
  [
    'searches without a limit',
    { tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
    { toolUses: { webSearches: 10 }, toolTokens: 100_000 },
  ],
  [
    'code',
    { tools: [{ type: 'code_execution_20250825', name: 'code_execution' }] },
    { toolUses: { codeSessions: 1 }, toolTokens: 10_000 },
  ],
  [
    'code beside a fetch, which makes it free',
    {
      tools: [
        { type: 'code_execution_20250825', name: 'code_execution' },
        { type: 'web_fetch_20260209', name: 'web_fetch', max_uses: 2 },
      ],
    },
    { toolTokens: 30_000 },
  ],
  [
    'tools that cost what they bring',
    {
      tools: [
        { type: 'web_fetch_20250910', name: 'web_fetch', max_uses: 3, max_content_tokens: 2000 },
        { type: 'mcp_toolset', mcp_server_name: 'docs' },
      ],
    },
    { toolTokens: 106_000 },
  ],
  [
    'tools of the caller',
    {
      tools: [
        { name: 'mine', input_schema: { type: 'object' } },
        { type: 'bash_20250124', name: 'bash' },
        { type: 'text_editor_20250429', name: 'edit' },
        { type: 'memory_20250818', name: 'memory' },
        { type: 'tool_search_tool_regex_20251119', name: 'search' },
      ],
    },
    {},
  ],
  [
    'tools that nobody knows',
    {
      tools: [
        { type: 'advisor_20260301', name: 'advisor', max_uses: 2 },
        { type: 'bashful_1', name: 'x' },
      ],
    },
    { toolUses: { otherToolUses: 12 }, toolTokens: 120_000 },
  ],
])('what changes the price of a call: %s', (_, body, expected) => {
  expect(asks(body)).toEqual(expected)
})
