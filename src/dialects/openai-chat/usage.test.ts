import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inputTokens, outputTokens, type Usage } from '../../canonical/usage.ts'
import type { JsonObject } from '../../lib/json.ts'
import { openaiChat } from './index.ts'
import { decodeUsage, encodeUsage } from './usage.ts'

function counters(raw: JsonObject): Usage {
  const { raw: kept, ...usage } = decodeUsage(raw)
  expect(kept).toBe(raw)
  return usage
}

describe('usage of different hosts', () => {
  test.each<[string, JsonObject, Usage]>([
    ['plain', { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }, { inputUncached: 10, outputText: 5 }],
    [
      'OpenAI: cached and reasoning are parts',
      {
        ...{ prompt_tokens: 100, completion_tokens: 50, total_tokens: 150 },
        prompt_tokens_details: { cached_tokens: 60, audio_tokens: 10 },
        completion_tokens_details: { reasoning_tokens: 30, audio_tokens: 5 },
      },
      { inputUncached: 30, cacheRead: 60, inputAudio: 10, outputText: 15, reasoning: 30, outputAudio: 5 },
    ],
    [
      'OpenRouter: cache writes',
      {
        ...{ prompt_tokens: 100, completion_tokens: 5, total_tokens: 105 },
        prompt_tokens_details: { cached_tokens: 20, cache_write_tokens: 70 },
      },
      { inputUncached: 10, cacheRead: 20, cacheWrite5m: 70, outputText: 5 },
    ],
    [
      'DeepSeek: hits and misses',
      {
        prompt_tokens: 100,
        completion_tokens: 5,
        total_tokens: 105,
        prompt_cache_hit_tokens: 64,
        prompt_cache_miss_tokens: 36,
      },
      { inputUncached: 36, cacheRead: 64, outputText: 5 },
    ],
    [
      'Moonshot: cached at the top',
      { prompt_tokens: 30, completion_tokens: 5, total_tokens: 35, cached_tokens: 10 },
      { inputUncached: 20, cacheRead: 10, outputText: 5 },
    ],
    [
      'xAI: reasoning stands beside the completion',
      {
        ...{ prompt_tokens: 468, completion_tokens: 82, total_tokens: 870 },
        completion_tokens_details: { reasoning_tokens: 320 },
      },
      { inputUncached: 468, outputText: 82, reasoning: 320 },
    ],
    [
      'xAI: also when there is less of it',
      {
        ...{ prompt_tokens: 10, completion_tokens: 82, total_tokens: 112 },
        completion_tokens_details: { reasoning_tokens: 20 },
      },
      { inputUncached: 10, outputText: 82, reasoning: 20 },
    ],
    [
      'Google: reasoning that only the total tells of',
      { prompt_tokens: 35, completion_tokens: 12, total_tokens: 109 },
      { inputUncached: 35, outputText: 12, reasoning: 62 },
    ],
    [
      'a gateway to Gemini: more reasoning than completion',
      {
        ...{ prompt_tokens: 28, completion_tokens: 9, total_tokens: 37 },
        completion_tokens_details: { reasoning_tokens: 61 },
      },
      { inputUncached: 28, outputText: 9, reasoning: 61 },
    ],
    [
      'cached beside the prompt, as more than all of it',
      { prompt_tokens: 24, completion_tokens: 2, total_tokens: 26, prompt_tokens_details: { cached_tokens: 161 } },
      { inputUncached: 24, cacheRead: 161, outputText: 2 },
    ],
    [
      'cached beside the prompt, as the total tells',
      { prompt_tokens: 40, completion_tokens: 10, total_tokens: 80, cache_read_input_tokens: 30 },
      { inputUncached: 40, cacheRead: 30, outputText: 10 },
    ],
    [
      'the same tokens stored and served, both charged',
      {
        ...{ prompt_tokens: 2168, completion_tokens: 100, total_tokens: 2268 },
        prompt_tokens_details: { cached_tokens: 2161, cache_write_tokens: 2161 },
      },
      { inputUncached: 7, cacheRead: 2161, cacheWrite5m: 2161, outputText: 100 },
    ],
    [
      'Anthropic’s names',
      {
        ...{ prompt_tokens: 100, completion_tokens: 5, total_tokens: 105, cache_creation_input_tokens: 50 },
        ...{
          cache_read_input_tokens: 10,
          cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 30 },
        },
      },
      { inputUncached: 40, cacheRead: 10, cacheWrite5m: 20, cacheWrite1h: 30, outputText: 5 },
    ],
    [
      'audio from the cache stands in both figures, and counts once',
      {
        ...{ prompt_tokens: 100, completion_tokens: 5, total_tokens: 105 },
        prompt_tokens_details: { cached_tokens: 80, audio_tokens: 60 },
      },
      { inputUncached: 0, cacheRead: 80, inputAudio: 20, outputText: 5 },
    ],
    [
      'Mistral: audio beside the prompt',
      {
        ...{ prompt_audio_seconds: 4, prompt_tokens: 9, completion_tokens: 201, total_tokens: 585 },
        prompt_tokens_details: { cached_tokens: 0, audio_tokens: 375 },
      },
      { inputUncached: 9, cacheRead: 0, inputAudio: 375, outputText: 201 },
    ],
    [
      'Mistral: its older name for what a cache served',
      { prompt_tokens: 77, completion_tokens: 12, total_tokens: 89, num_cached_tokens: 76 },
      { inputUncached: 1, cacheRead: 76, outputText: 12 },
    ],
    [
      'pictures in the answer',
      {
        ...{ prompt_tokens: 10, completion_tokens: 1300, total_tokens: 1310 },
        completion_tokens_details: { image_tokens: 1290, reasoning_tokens: 0 },
      },
      { inputUncached: 10, outputText: 10, reasoning: 0, outputImage: 1290 },
    ],
    [
      'OpenRouter: searches, and what it all cost',
      {
        ...{ prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, cost: 0.0133176, is_byok: false },
        server_tool_use_details: { web_search_requests: 1 },
      },
      { inputUncached: 10, outputText: 5, webSearches: 1, billedUsd: 0.0133176 },
    ],
    [
      'OpenRouter: with a key of the caller’s own it names its fee alone, which is not what the call costs',
      { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, cost: 0.0001, is_byok: true },
      { inputUncached: 10, outputText: 5 },
    ],
    [
      'xAI: ticks, and sources',
      {
        ...{ prompt_tokens: 468, completion_tokens: 82, total_tokens: 870 },
        ...{ completion_tokens_details: { reasoning_tokens: 320 }, num_sources_used: 2, cost_in_usd_ticks: 2488500 },
      },
      { inputUncached: 468, outputText: 82, reasoning: 320, otherToolUses: 2, billedUsd: 0.00024885 },
    ],
    [
      'Perplexity: what each part cost, and all',
      { prompt_tokens: 8, completion_tokens: 3, total_tokens: 11, cost: { request_cost: 0.005, total_cost: 0.00503 } },
      { inputUncached: 8, outputText: 3, billedUsd: 0.00503 },
    ],
    ['nothing is not zero', {}, {}],
    [
      'details that are null',
      { prompt_tokens: 3, completion_tokens: 0, prompt_tokens_details: null },
      { inputUncached: 3, outputText: 0 },
    ],
    ['nonsense', { prompt_tokens: -3, completion_tokens: 'many' }, {}],
  ])('%s', (_, raw, usage) => {
    expect(counters(raw)).toEqual(usage)
  })
})

describe('usage as we write it', () => {
  const count = fc.nat(1_000_000)
  const usage = fc.record(
    {
      ...{ inputUncached: count, cacheRead: count, cacheWrite5m: count, cacheWrite1h: count, inputAudio: count },
      ...{ outputText: count, reasoning: count, outputAudio: count },
    },
    { requiredKeys: ['inputUncached', 'outputText'] },
  )

  test('the parts sum to the totals, and read back the same', () => {
    fc.assert(
      fc.property(usage, (counted) => {
        const raw = encodeUsage(counted)
        expect(raw.prompt_tokens).toBe(inputTokens(counted))
        expect(raw.completion_tokens).toBe(outputTokens(counted))
        expect(raw.total_tokens).toBe(inputTokens(counted) + outputTokens(counted))
        const { raw: _, ...again } = decodeUsage(raw)
        const minutes = counted.cacheWrite1h === undefined ? {} : { cacheWrite5m: counted.cacheWrite5m ?? 0 }
        expect(again).toEqual({ ...counted, ...minutes })
      }),
    )
  })
})

describe('how a call was served', () => {
  const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }
  const choices = [{ index: 0, message: { role: 'assistant', content: 'Hi.' }, finish_reason: 'stop' }]

  test('stands in a whole answer', () => {
    const answer = openaiChat.decodeResponse({ id: 'c', choices, usage, service_tier: 'flex' })
    expect(answer.usage).toMatchObject({ serviceTier: 'flex', inputUncached: 3 })
    expect(openaiChat.decodeResponse({ id: 'c', choices, usage, service_tier: null }).usage).not.toHaveProperty(
      'serviceTier',
    )
  })

  test('stands in the chunk with the usage, decoded and relayed', () => {
    const last = JSON.stringify({ id: 'c', choices: [], usage, service_tier: 'priority' })
    const decoder = openaiChat.streamDecoder()
    expect(decoder.push({ data: last } as Parameters<typeof decoder.push>[0])).toContainEqual({
      type: 'usage',
      usage: expect.objectContaining({ serviceTier: 'priority' }),
    })
    const scanner = openaiChat.relayScanner({ keepUsage: true })
    scanner.scan(Buffer.from(`data: ${last}\n\n`))
    expect(scanner.seen.usage).toMatchObject({ serviceTier: 'priority', outputText: 2 })
  })

  test('and what was counted stand in an error too', () => {
    const body = JSON.stringify({ error: { message: 'broke' }, usage, service_tier: 'flex' })
    expect(openaiChat.decodeError(500, body)).toMatchObject({
      message: 'broke',
      usage: { inputUncached: 3, outputText: 2, serviceTier: 'flex' },
    })
    expect(openaiChat.decodeError(500, '{"error":{"message":"broke"}}')).not.toHaveProperty('usage')
  })
})
