import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inputTokens, outputTokens } from '../../canonical/usage.ts'
import { decodeUsage, encodeUsage, StreamUsage } from './usage.ts'

describe('usage', () => {
  it('is told in disjoint counters', () => {
    const raw = {
      input_tokens: 10,
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 70,
      cache_creation: { ephemeral_5m_input_tokens: 30, ephemeral_1h_input_tokens: 40 },
      output_tokens: 50,
      output_tokens_details: { thinking_tokens: 20 },
    }
    expect(decodeUsage(raw)).toEqual({
      inputUncached: 10,
      cacheRead: 100,
      cacheWrite5m: 30,
      cacheWrite1h: 40,
      outputText: 30,
      reasoning: 20,
      raw,
    })
  })

  it('adds up to what the provider bills, whatever it breaks down', () => {
    const count = fc.option(fc.nat(1e6), { nil: null })
    const raws = fc.record({
      input_tokens: fc.nat(1e6),
      cache_read_input_tokens: count,
      hour: fc.nat(1e6),
      minutes: fc.nat(1e6),
      output_tokens: fc.nat(1e6),
      thinking: fc.nat(1e6),
    })
    fc.assert(
      fc.property(raws, ({ hour, minutes, thinking, ...counts }) => {
        const raw = {
          ...counts,
          cache_creation_input_tokens: hour + minutes,
          cache_creation: { ephemeral_1h_input_tokens: hour },
          output_tokens_details: { thinking_tokens: Math.min(thinking, counts.output_tokens) },
        }
        const usage = decodeUsage(raw)
        expect(inputTokens(usage)).toBe(counts.input_tokens + (counts.cache_read_input_tokens ?? 0) + hour + minutes)
        expect(outputTokens(usage)).toBe(counts.output_tokens)
        const { raw: _, ...counters } = usage
        const { raw: __, ...again } = decodeUsage(encodeUsage(usage))
        expect(again).toEqual(counters)
      }),
    )
  })

  it('tells absent from zero, and takes cache writes without a breakdown for five minutes', () => {
    expect(decodeUsage({ input_tokens: 0, cache_read_input_tokens: null })).toEqual({
      inputUncached: 0,
      raw: { input_tokens: 0, cache_read_input_tokens: null },
    })
    expect(decodeUsage({ cache_creation_input_tokens: 9 }).cacheWrite5m).toBe(9)
    expect(
      decodeUsage({ cache_creation: { ephemeral_5m_input_tokens: 4, ephemeral_1h_input_tokens: 5 } }),
    ).toMatchObject({
      cacheWrite5m: 4,
      cacheWrite1h: 5,
    })
  })
})

describe('how it was served, and what tools were used', () => {
  it.each([
    [{ server_tool_use: { web_search_requests: 2, web_fetch_requests: 1 } }, { webSearches: 2 }],
    [{ server_tool_use: { code_execution_requests: 4 } }, { codeSessions: 1 }],
    [{ server_tool_use: { code_execution_requests: 4, web_fetch_requests: 1 } }, { codeSessions: 0 }],
    [
      { service_tier: 'batch', inference_geo: 'us' },
      { serviceTier: 'batch', geography: 'us' },
    ],
    [{ service_tier: 'standard', speed: 'fast' }, { serviceTier: 'fast' }],
    [{ service_tier: null, inference_geo: null, server_tool_use: null }, {}],
  ])('%j', (raw, told) => {
    const { raw: _, ...usage } = decodeUsage(raw)
    expect(usage).toEqual(told)
  })

  it('is told in Anthropic’s words, as far as it has them', () => {
    expect(encodeUsage({ outputText: 1, webSearches: 2, serviceTier: 'priority' })).toMatchObject({
      server_tool_use: { web_search_requests: 2 },
      service_tier: 'priority',
    })
    expect(encodeUsage({ outputText: 1, serviceTier: 'flex' })).not.toHaveProperty('service_tier')
  })

  it('comes with a stream as well', () => {
    const usage = new StreamUsage()
    usage.start({ input_tokens: 10, service_tier: 'priority' })
    usage.update({ output_tokens: 4, server_tool_use: { web_search_requests: 1 } })
    expect(usage.current).toMatchObject({ serviceTier: 'priority', webSearches: 1, outputText: 4 })
  })
})

it('takes nothing for a count that is none', () => {
  for (const odd of [1.5, -1, 2 ** 60, Number.NaN, '7']) {
    expect(decodeUsage({ input_tokens: odd, output_tokens: odd })).toEqual({
      raw: { input_tokens: odd, output_tokens: odd },
    })
  }
})

describe('usage of a stream', () => {
  it('takes totals for totals: the last word wins, counter by counter', () => {
    const usage = new StreamUsage()
    expect(usage.current).toBeUndefined()
    usage.start({ input_tokens: 10, cache_read_input_tokens: 5, output_tokens: 3 })
    usage.update({ output_tokens: 40 })
    usage.update({ input_tokens: 25, output_tokens: 60, cache_read_input_tokens: null })
    expect(usage.current).toMatchObject({ inputUncached: 25, cacheRead: 5, outputText: 60 })
  })

  it('does not take the placeholder of the start for the output', () => {
    const usage = new StreamUsage()
    usage.start({ input_tokens: 10, output_tokens: 3 })
    expect(usage.current).toEqual({ inputUncached: 10, raw: { input_tokens: 10, output_tokens: 3 } })
    usage.update(undefined)
    expect(usage.current?.outputText).toBe(3)
  })
})
