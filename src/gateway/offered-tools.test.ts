import { describe, expect, test } from 'vitest'
import type { DialectName } from '../canonical/dialect-name.ts'
import { dialectOf } from '../dialects/registry.ts'
import type { JsonObject } from '../lib/json.ts'
import { offeredTools } from './offered-tools.ts'

function offered(dialect: DialectName, body: JsonObject): readonly string[] {
  const asked = dialect === 'google-generate-content' ? { model: 'm', stream: false } : undefined
  const messages = dialect === 'openai-responses' ? { input: 'x' } : { messages: [{ role: 'user', content: 'x' }] }
  const whole = {
    model: 'm',
    max_tokens: 5,
    ...messages,
    contents: [{ role: 'user', parts: [{ text: 'x' }] }],
    ...body,
  }
  const request = asked ? dialectOf(dialect).decodeRequest(whole, asked) : dialectOf(dialect).decodeRequest(whole)
  return offeredTools(request, whole).map(({ name, path }) => `${name} at ${path}`)
}

const schema = { type: 'object', properties: {} }

describe('the tools that a call offers', () => {
  test('go by their names and places in every wire format', () => {
    const plain = { name: 'lookup', description: 'd' }
    expect(
      offered('openai-chat', {
        tools: [
          { type: 'function', function: { ...plain, parameters: schema } },
          { type: 'custom', custom: { name: 'shell' } },
        ],
      }),
    ).toEqual(['lookup at tools[0].function.name', 'shell at tools[1].custom.name'])
    expect(
      offered('openai-responses', {
        tools: [{ type: 'web_search' }, { type: 'function', ...plain, parameters: schema, strict: false }],
      }),
    ).toEqual(['web_search at tools[0]', 'lookup at tools[1].name'])
    expect(offered('anthropic-messages', { tools: [{ ...plain, input_schema: schema }] })).toEqual([
      'lookup at tools[0].name',
    ])
    expect(
      offered('google-generate-content', {
        tools: [{ functionDeclarations: [{ name: 'a' }, { name: 'lookup' }] }, { googleSearch: {}, codeExecution: {} }],
      }),
    ).toEqual([
      'a at tools[0].functionDeclarations[0].name',
      'lookup at tools[0].functionDeclarations[1].name',
      'google_search at tools[2]',
      'code_execution at tools[2]',
    ])
  })

  test('of a provider go by their kind, whatever name their caller gives them', () => {
    expect(offered('openai-responses', { tools: [{ type: 'mcp', name: 'lookup', server_label: 'l' }] })).toEqual([
      'mcp at tools[0]',
    ])
    expect(offered('anthropic-messages', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] })).toEqual([
      'web_search at tools[0].name',
    ])
  })

  test('may stand in other fields', () => {
    expect(offered('openai-chat', { web_search_options: {} })).toEqual(['web_search at web_search_options'])
    expect(offered('anthropic-messages', { mcp_servers: [{ type: 'url', url: 'https://x', name: 'n' }] })).toEqual([
      'mcp at mcp_servers',
    ])
  })

  test('of a call of the library have their place in its list', () => {
    const request = dialectOf('openai-chat').decodeRequest({
      model: 'm',
      messages: [{ role: 'user', content: 'x' }],
      tools: [{ type: 'function', function: { name: 'lookup' } }],
    })
    expect(offeredTools(request, null)).toEqual([{ name: 'lookup', path: 'tools[0]' }])
  })
})
