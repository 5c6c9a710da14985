import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import { priceAsks } from './price-asks.ts'
import { decodeRequest } from './request.ts'

const asked = (fields: JsonObject) => priceAsks(decodeRequest({ model: 'm', input: 'Hi.', ...fields }))
const tools = (...definitions: JsonObject[]) => ({ tools: definitions })

describe('what a request asks for that changes its price', () => {
  it('is nothing for a plain one, and for tools that the caller runs', () => {
    const own = ['custom', 'local_shell', 'apply_patch', 'computer', 'tool_search', 'namespace']
    expect(asked({})).toEqual({})
    expect(asked(tools({ type: 'function', name: 'f' }, ...own.map((type) => ({ type }))))).toEqual({})
    expect(asked(tools({ type: 'shell', environment: { type: 'local' } }))).toEqual({})
  })

  it('is the service tier, also when it was asked for in Chat Completions', () => {
    expect(asked({ service_tier: 'priority' })).toEqual({ serviceTier: 'priority' })
    const request = {
      ...decodeRequest({ model: 'm', input: 'Hi.' }),
      extensions: { 'openai-chat': { service_tier: 'flex' } },
    }
    expect(priceAsks(request)).toEqual({ serviceTier: 'flex' })
  })

  it('is each of the provider’s tools, as often as the call allows', () => {
    expect(asked(tools({ type: 'web_search' }, { type: 'file_search' }, { type: 'image_generation' }))).toEqual({
      toolUses: { webSearches: 10, fileSearches: 10, otherToolUses: 10 },
      toolTokens: 300_000,
    })
    expect(asked({ ...tools({ type: 'web_search_preview_2025_03_11' }), max_tool_calls: 2 })).toEqual({
      toolUses: { webSearches: 2 },
      toolTokens: 20_000,
    })
  })

  it('is one machine for code, however often it runs; and for a server of tools the tokens alone', () => {
    const container = { type: 'code_interpreter', container: { type: 'auto' } }
    expect(asked(tools(container, { type: 'shell' }))).toMatchObject({ toolUses: { codeSessions: 1 } })
    expect(asked(tools({ type: 'mcp', server_label: 's' }))).toEqual({ toolTokens: 100_000 })
  })

  it('has no known price where the tool is not known', () => {
    expect(asked(tools({ type: 'of_next_year' }))).toMatchObject({ toolUses: { otherToolUses: 10 } })
  })
})
