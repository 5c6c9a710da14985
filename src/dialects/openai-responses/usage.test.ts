import { describe, expect, it } from 'vitest'
import { inputTokens, outputTokens } from '../../canonical/usage.ts'
import type { JsonObject } from '../../lib/json.ts'
import { decodeUsage, encodeUsage } from './usage.ts'

const raw = (more: JsonObject = {}): JsonObject => ({
  input_tokens: 100,
  output_tokens: 40,
  total_tokens: 140,
  ...more,
})
const counters = (usage: JsonObject, response?: JsonObject) => {
  const { raw: _, ...rest } = decodeUsage(usage, response)
  return rest
}

describe('usage', () => {
  it('is in counters of which none holds another, and they add up to the whole', () => {
    const usage = decodeUsage(
      raw({
        input_tokens_details: {
          cached_tokens: 30,
          cache_write_tokens: 20,
          cache_write_tokens_details: { ttl_12h_tokens: 5 },
        },
        output_tokens_details: { reasoning_tokens: 25 },
      }),
    )
    expect(usage).toMatchObject({
      inputUncached: 50,
      cacheRead: 30,
      cacheWrite5m: 15,
      cacheWrite1h: 5,
      outputText: 15,
      reasoning: 25,
    })
    expect([inputTokens(usage), outputTokens(usage)]).toEqual([100, 40])
  })

  it('does not say what the host did not say', () => {
    expect(counters({ input_tokens: 3 })).toEqual({ inputUncached: 3 })
    expect(counters({ input_tokens: 3, output_tokens: null, input_tokens_details: null })).toEqual({ inputUncached: 3 })
    expect(counters({ input_tokens: -3, output_tokens: 'x' })).toEqual({})
  })

  it('counts reasoning once, also where it stands beside the output', () => {
    const beside = decodeUsage(raw({ output_tokens_details: { reasoning_tokens: 60 } }))
    expect(beside).toMatchObject({ outputText: 40, reasoning: 60 })
  })

  it('takes what the host says that the call costs', () => {
    expect(counters(raw({ cost_in_usd_ticks: 25_000_000 }))).toMatchObject({ billedUsd: 0.0025 })
    expect(counters(raw({ cost: 0.5 }))).toMatchObject({ billedUsd: 0.5 })
    expect(counters(raw({ cost: 0.5, is_byok: true }))).not.toHaveProperty('billedUsd')
  })

  it('counts the provider’s own tools: as it says, else by what they left in the answer', () => {
    const output = [
      { type: 'web_search_call', action: { type: 'search' } },
      { type: 'web_search_call', action: { type: 'open_page' } },
      { type: 'file_search_call' },
      { type: 'code_interpreter_call', container_id: 'a' },
      { type: 'code_interpreter_call', container_id: 'a' },
      { type: 'image_generation_call' },
    ]
    expect(counters(raw(), { output, service_tier: 'flex' })).toMatchObject({
      webSearches: 1,
      fileSearches: 1,
      codeSessions: 1,
      otherToolUses: 1,
      serviceTier: 'flex',
    })
    expect(counters(raw(), { output, tool_usage: { web_search: { num_requests: 0 } } })).toMatchObject({
      webSearches: 0,
    })
    const xai = { web_search_calls: 2, x_search_calls: 3, code_interpreter_calls: 1, file_search_calls: 0 }
    expect(counters(raw({ server_side_tool_usage_details: xai }), { output })).toMatchObject({
      webSearches: 2,
      otherToolUses: 3,
      codeSessions: 1,
      fileSearches: 0,
    })
  })

  it('is written with every figure that clients count on', () => {
    expect(encodeUsage({})).toEqual({
      input_tokens: 0,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 0,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 0,
    })
    const said = { inputUncached: 5, cacheRead: 4, cacheWrite5m: 3, cacheWrite1h: 2, outputText: 7, reasoning: 1 }
    expect(counters(encodeUsage(said))).toEqual(said)
  })
})
