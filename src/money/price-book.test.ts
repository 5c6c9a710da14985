import { readFileSync } from 'node:fs'
import type { ModelInfo } from '@pydantic/genai-prices'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Clock } from '../lib/clock.ts'
import { handClock } from './money.contract.ts'
import { loadPriceBook, PRICE_DATA_VERSION, type PriceBook } from './price-book.ts'
import { PRICE_CORRECTIONS } from './price-corrections.ts'
import { matchRow } from './price-match.ts'
import { NO_FEES, overrideVersion, type PriceOverride, priceFromOverride, ratesFromOverride } from './price-override.ts'
import { ratesOf } from './price-rates.ts'

const on = (date: string): Clock => handClock(Date.parse(date))
const perMtok = (usd: number): bigint => BigInt(Math.round(usd * 1e6)) * 1000n
const row = (changes: Partial<ModelInfo>): ModelInfo => ({
  id: 'model',
  match: { equals: 'model' },
  prices: { input_mtok: 1, output_mtok: 2 },
  ...changes,
})
let book: PriceBook

beforeAll(async () => {
  book = await loadPriceBook(on('2026-11-21'))
})

describe('price book', () => {
  test('the version names the installed price data', () => {
    const installed = new URL('../../node_modules/@pydantic/genai-prices/package.json', import.meta.url)
    expect(JSON.parse(readFileSync(installed, 'utf8')).version).toBe(PRICE_DATA_VERSION)
  })

  test('a listed model has every rate, in nano-USD per million', () => {
    expect(book.priceOf('mistral', 'codestral')).toEqual({
      version: 'genai-prices@0.1.8:mistral/codestral',
      input: perMtok(0.3),
      output: perMtok(0.9),
      cacheRead: perMtok(0.3),
      cacheReadAudio: perMtok(0.3),
      cacheWrite5m: perMtok(0.3),
      cacheWrite1h: perMtok(0.3),
      reasoning: perMtok(0.9),
      inputAudio: perMtok(0.3),
      outputAudio: perMtok(0.9),
      outputImage: perMtok(0.9),
      tiers: [],
    })
    expect(book.priceOf('google', 'gemini-2.5-flash')).toMatchObject({
      input: perMtok(0.3),
      cacheRead: perMtok(0.03),
      inputAudio: perMtok(1),
      cacheReadAudio: perMtok(0.1),
    })
  })

  test('Anthropic models have their cache prices', () => {
    const price = book.priceOf('anthropic', 'claude-haiku-4-5')
    expect([price?.cacheRead, price?.cacheWrite5m, price?.cacheWrite1h]).toEqual([
      perMtok(0.1),
      perMtok(1.25),
      perMtok(2),
    ])
  })

  test('a long prompt has its own rates from the token after the boundary', () => {
    const price = book.priceOf('anthropic', 'claude-sonnet-4-5')
    expect(price?.tiers.map((tier) => [tier.fromInputTokens, tier.rates.input, tier.rates.output])).toEqual([
      [200_001, perMtok(6), perMtok(22.5)],
    ])
    expect(book.priceOf('openai', 'gpt-5.4')?.tiers[0]?.fromInputTokens).toBe(272_000)
  })

  test('a dated snapshot of a listed model is no guess, another name of its shape is one', () => {
    expect(book.priceOf('anthropic', 'claude-sonnet-4-5-20250929')?.version).toBe(
      'genai-prices@0.1.8:anthropic/claude-sonnet-4-5',
    )
    expect(book.priceOf('openai', 'gpt-5-nano-turbo')?.version).toBe('genai-prices@0.1.8:openai/gpt-5-nano~guess')
  })

  test('an unknown model has no price, and so has a provider that only sounds like a known one', () => {
    expect(book.priceOf('openai', 'gpt-4o-of-my-own')).toBeNull()
    expect(book.priceOf('openai-compatible', 'gpt-4o')).toBeNull()
    expect(book.priceOf('ollama', 'llama3')).toBeNull()
  })

  test('a model that is not paid by the token, or by units that no usage counts, has no price', () => {
    expect(book.priceOf('openai', 'whisper-1')).toBeNull()
    expect(book.priceOf('perplexity', 'sonar-deep-research')).toBeNull()
    expect(book.priceOf('openai', 'gpt-image-1')).toBeNull()
    expect(book.priceOf('mistral', 'mistral-nemo:free')).toBeNull()
  })

  test('fees by the piece are in the price, in nano-USD per million', () => {
    expect(book.priceOf('perplexity', 'sonar')?.fees).toEqual({ calls: 12_000n * 1_000_000_000n })
    expect(book.priceOf('openai', 'gpt-5')?.fees).toEqual({
      webSearches: 10_000n * 1_000_000_000n,
      fileSearches: 2_500n * 1_000_000_000n,
    })
    expect(book.priceOf('anthropic', 'claude-sonnet-5')?.fees).toEqual({
      webSearches: 10_000n * 1_000_000_000n,
      codeSessions: 10_000n * 1_000_000_000n,
    })
    expect(book.priceOf('openai', 'gpt-4o-search-preview')?.fees).toMatchObject({ calls: 25_000n * 1_000_000_000n })
    expect(book.priceOf('mistral', 'codestral')?.fees).toBeUndefined()
  })

  test('an override keeps the fees of tools, and a server of one’s own has none', () => {
    const cheap: PriceOverride = { inputPerMtok: 1, outputPerMtok: 2 }
    const negotiated = book.priceOf('anthropic', 'claude-sonnet-5', cheap)
    expect(negotiated).toMatchObject({ input: perMtok(1), fees: { webSearches: 10_000n * 1_000_000_000n } })
    expect(negotiated?.serviceTiers?.batch?.input).toBe(perMtok(0.5))
    expect(book.priceOf('vllm', 'llama', cheap)?.fees).toEqual(NO_FEES)
    expect(negotiated?.version).not.toBe(book.priceOf('vllm', 'llama', cheap)?.version)
  })

  test('an endpoint of a region costs more on the models that the page names', () => {
    const eu = 'https://eu.api.openai.com/v1'
    expect(book.priceOf('openai', 'gpt-5.4', undefined, eu)).toMatchObject({
      version: 'genai-prices@0.1.8:openai/gpt-5.4@eu',
      input: perMtok(2.75),
      output: perMtok(16.5),
      tiers: [{ fromInputTokens: 272_000, rates: { input: perMtok(5.5), output: perMtok(24.75) } }],
    })
    expect(book.priceOf('openai', 'gpt-5.4', undefined, eu)?.serviceTiers?.priority?.input).toBe(perMtok(5.5))
    expect(book.priceOf('openai', 'gpt-5', undefined, eu)?.input).toBe(perMtok(1.25))
    expect(book.priceOf('openai', 'gpt-5.4', undefined, 'https://api.openai.com/v1')?.input).toBe(perMtok(2.5))
    expect(book.priceOf('openai', 'gpt-5.4', { inputPerMtok: 1, outputPerMtok: 1 }, eu)?.input).toBe(perMtok(1))
  })

  test('a price that changes at midnight is another one the day after', async () => {
    const clock = handClock(Date.parse('2026-12-31T23:59:00Z'))
    const kept = await loadPriceBook(clock)
    expect(kept.priceOf('google', 'gemini-3.7-flash')?.input).toBe(perMtok(0.75))
    clock.advance(120_000)
    expect(kept.priceOf('google', 'gemini-3.7-flash')).toMatchObject({
      input: perMtok(1.5),
      version: 'genai-prices@0.1.8:google/gemini-3.7-flash@2027-01-01',
    })
  })

  test('the ceiling of a provider is the dearest that is known, rate by rate', () => {
    const ceiling = book.ceilingOf('mistral')
    expect(ceiling?.version).toBe('unknown')
    for (const model of book.modelsOf('mistral')) {
      const price = book.priceOf('mistral', model)
      expect(ceiling && price && ceiling.input >= price.input && ceiling.output >= price.output).toBe(true)
    }
    expect([ceiling?.input, ceiling?.output]).toEqual([perMtok(2.7), perMtok(8.1)])
    expect(ceiling?.fees?.otherToolUses).toBeGreaterThan(0n)
    expect(book.ceilingOf('ollama')).toBeNull()
  })

  test('hosts that sell the models of others find them there', () => {
    expect(book.priceOf('azure', 'gpt-4o')?.version).toBe('genai-prices@0.1.8:openai/gpt-4o')
  })

  test('a price that changed has the date in its version, and the day decides', async () => {
    const before = await loadPriceBook(on('2025-06-09'))
    expect([before.priceOf('openai', 'o3')?.input, before.priceOf('openai', 'o3')?.version]).toEqual([
      perMtok(10),
      'genai-prices@0.1.8:openai/o3',
    ])
    expect([book.priceOf('openai', 'o3')?.input, book.priceOf('openai', 'o3')?.version]).toEqual([
      perMtok(2),
      'genai-prices@0.1.8:openai/o3@2025-06-10',
    ])
  })

  test('prices by the hour count at their peak', () => {
    const price = book.priceOf('deepseek', 'deepseek-v4-pro')
    expect([price?.input, price?.output]).toEqual([perMtok(1.32), perMtok(3.96)])
    expect(price?.version).toMatch(/~peak$/)
  })

  test('a correction beats the price data and says when it was read', () => {
    for (const { provider, models, price, date, source } of PRICE_CORRECTIONS) {
      expect(source).toMatch(/^https:/)
      for (const model of models) {
        const version = `corrected@${date}:${provider}/${model}`
        expect(book.priceOf(provider, model)).toMatchObject({ ...ratesFromOverride(price), version })
        expect(book.modelsOf(provider)).toContain(model)
      }
    }
    expect(book.priceOf('mistral', 'mistral-small-latest')?.output).toBe(perMtok(0.6))
  })

  test('the config beats everything', () => {
    const free: PriceOverride = { inputPerMtok: 0, outputPerMtok: 0 }
    expect(book.priceOf('deepseek', 'deepseek-chat', free)).toMatchObject({ input: 0n, output: 0n })
    expect(book.priceOf('nobody', 'nothing', free)?.version).toMatch(/^config:[0-9a-f]{8}$/)
  })

  test('lists models that have a price', () => {
    const models = book.modelsOf('openai')
    expect(models).toContain('gpt-4o-mini')
    expect(models).not.toContain('whisper-1')
    for (const model of models) expect(book.priceOf('openai', model)).not.toBeNull()
    expect(book.modelsOf('ollama')).toEqual([])
  })

  test('knows context windows and longest answers, or says that it does not', () => {
    expect(book.contextTokens('openai', 'gpt-4o-mini-2024-07-18')).toBe(128_000)
    expect(book.contextTokens('deepseek', 'deepseek-flash')).toBe(1_000_000)
    expect(book.contextTokens('ollama', 'llama3')).toBeNull()
    expect(book.maxOutputTokens('openai', 'gpt-4o-mini-2024-07-18')).toBe(16_384)
    expect(book.maxOutputTokens('openai', 'unheard-of')).toBeNull()
  })

  test('every price in the data is at least zero, with tiers that are never cheaper than what they replace', () => {
    for (const provider of [
      'openai',
      'anthropic',
      'google',
      'mistral',
      'deepseek',
      'groq',
      'x-ai',
      'openrouter',
      'together',
      'fireworks',
    ]) {
      for (const model of book.modelsOf(provider)) {
        const price = book.priceOf(provider, model)
        if (!price) throw new Error(`${provider}/${model} has no price`)
        let last = price.output
        for (const tier of price.tiers) {
          expect((tier.rates.output ?? 0n) >= last).toBe(true)
          last = tier.rates.output ?? 0n
        }
        expect(price.input > 0n && price.output > 0n).toBe(true)
      }
    }
  })
})

describe('a row of the price data', () => {
  test('cache writes that it leaves out cost what Anthropic charges, for Anthropic models', () => {
    const rates = (id: string) => ratesOf(row({ id }), 0)?.rates
    expect([rates('claude-x')?.cacheWrite5m, rates('claude-x')?.cacheWrite1h]).toEqual([perMtok(1.25), perMtok(2)])
    expect([rates('other')?.cacheWrite5m, rates('other')?.cacheWrite1h]).toEqual([perMtok(1), perMtok(1)])
  })

  test('a name that is listed beats an earlier row that fits its shape', () => {
    const rows = [
      row({ id: 'a', match: { starts_with: 'model' } }),
      row({ id: 'b', match: { or: [{ equals: 'model-2' }] } }),
    ]
    expect(matchRow(rows, 'MODEL-2')).toMatchObject({ row: { id: 'b' }, guess: false })
    expect(matchRow(rows, 'model-3')).toMatchObject({ row: { id: 'a' }, guess: true })
    expect(matchRow(rows, 'other')).toBeNull()
  })

  test('all kinds of rules are understood', () => {
    const fits = (match: ModelInfo['match'], name: string): boolean =>
      matchRow([row({ id: 'x', match })], name) !== null
    expect(fits({ and: [{ starts_with: 'a' }, { ends_with: 'z' }] }, 'a-z')).toBe(true)
    expect(fits({ and: [{ starts_with: 'a' }, { ends_with: 'z' }] }, 'a-y')).toBe(false)
    expect(fits({ contains: 'mid' }, 'a-mid-z')).toBe(true)
    expect(fits({ regex: '^v\\d+$' }, 'v12')).toBe(true)
    expect(fits({ regex: '^v\\d+$' }, 'v1x')).toBe(false)
  })
})

describe('price override', () => {
  test('missing cached prices are the input price, missing reasoning the output price', () => {
    expect(priceFromOverride({ inputPerMtok: 1, outputPerMtok: 5 }, 'v')).toMatchObject({
      cacheRead: perMtok(1),
      cacheWrite5m: perMtok(1),
      cacheWrite1h: perMtok(1),
      reasoning: perMtok(5),
    })
    const written = {
      inputPerMtok: 1,
      outputPerMtok: 5,
      cachedInputPerMtok: 0.1,
      cacheWritePerMtok: 1.25,
      reasoningPerMtok: 6,
    }
    expect(priceFromOverride(written, 'v')).toMatchObject({
      cacheRead: perMtok(0.1),
      cacheWrite5m: perMtok(1.25),
      cacheWrite1h: perMtok(1.25),
      reasoning: perMtok(6),
    })
  })

  test('USD and nano-USD say the same', () => {
    const usd = { inputPerMtok: 0.15, outputPerMtok: 0.6 }
    const nano = { inputPerMtok: perMtok(0.15), outputPerMtok: perMtok(0.6) }
    expect(priceFromOverride(usd, 'v')).toEqual(priceFromOverride(nano, 'v'))
    expect(overrideVersion(usd)).toBe(overrideVersion(nano))
  })

  test('another price is another version', () => {
    const usd = { inputPerMtok: 0.15, outputPerMtok: 0.6 }
    expect(overrideVersion({ ...usd, reasoningPerMtok: 0.6 })).toBe(overrideVersion(usd))
    expect(overrideVersion({ ...usd, reasoningPerMtok: 0.7 })).not.toBe(overrideVersion(usd))
  })

  test('what is no amount is refused', () => {
    expect(() => priceFromOverride({ inputPerMtok: Number.NaN, outputPerMtok: 1 }, 'v')).toThrow(RangeError)
  })
})
