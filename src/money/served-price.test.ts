import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { CallExtras } from '../canonical/call-extras.ts'
import { FEE_COUNTERS } from '../canonical/usage.ts'
import type { ModelPrice } from '../providers/deployment.ts'
import { affordableOutput, bound } from './bound.ts'
import { deployment, handClock, modelPrice } from './money.contract.ts'
import { loadPriceBook, type PriceBook } from './price-book.ts'
import { createPricing, priceUsage } from './pricing.ts'
import { possiblePrices, servedPrice } from './served-price.ts'

const perMtok = (usd: number): bigint => BigInt(Math.round(usd * 1e6)) * 1000n
let book: PriceBook
beforeAll(async () => {
  book = await loadPriceBook(handClock(Date.parse('2026-11-21')))
})

function known(provider: string, model: string): ModelPrice {
  const price = book.priceOf(provider, model)
  if (!price) throw new Error(`${provider}/${model} has no price`)
  return price
}

describe('the price of the way a call was served', () => {
  test('is named in its version, with the day it was read', () => {
    const price = known('openai', 'gpt-5')
    expect(servedPrice(price, 'priority', undefined)).toMatchObject({
      version: 'genai-prices@0.1.8:openai/gpt-5#priority@2026-11-21',
      input: perMtok(2.5),
    })
    expect(servedPrice(price, 'flex', undefined).output).toBe(perMtok(5))
  })

  test.each([undefined, 'default', 'standard', 'auto', 'on_demand', 'scale'])('%s is the ordinary one', (tier) => {
    const price = known('openai', 'gpt-5')
    expect(servedPrice(price, tier, undefined)).toBe(price)
  })

  test('of an unknown way is the dearest that is known, and says so; of a cheaper way the ordinary one', () => {
    const price = known('openai', 'gpt-5')
    expect(servedPrice(price, 'warp', undefined)).toMatchObject({
      version: 'genai-prices@0.1.8:openai/gpt-5#priority@2026-11-21~tier',
      output: perMtok(20),
    })
    expect(servedPrice(known('openai', 'gpt-4o'), 'flex', undefined).version).toBe('genai-prices@0.1.8:openai/gpt-4o')
  })

  test('of a host with one way is that', () => {
    const price = known('mistral', 'codestral')
    expect(servedPrice(price, 'priority', 'us')).toBe(price)
  })

  test('at a place where tokens cost more names the place', () => {
    const price = known('anthropic', 'claude-opus-5')
    expect(servedPrice(price, 'fast', 'us')).toMatchObject({
      version: 'genai-prices@0.1.8:anthropic/claude-opus-5#fast@2026-11-21@us',
      output: perMtok(55),
    })
    expect(servedPrice(price, 'standard', 'global')).toBe(price)
    expect(servedPrice(price, 'standard', 'us')).toBe(servedPrice(price, undefined, 'us'))
  })

  test('is never taken from what objects inherit', () => {
    const price = known('openai', 'gpt-5')
    for (const name of ['constructor', 'toString', '__proto__']) {
      expect(servedPrice(price, name, name).version).toContain('~tier')
      expect(possiblePrices(price, { serviceTier: name })).toBeNull()
    }
  })
})

describe('what is held for a call that asks how to be served', () => {
  const size = { inputTokens: 1000, maxOutputTokens: 1000 }
  const usd = (price: ModelPrice, asked: CallExtras) => Number(bound(price, size, asked) ?? -1n) / 1e9

  test('is the dearest that may come of it', () => {
    const price = known('openai', 'gpt-5')
    expect(usd(price, {})).toBe(0.01125)
    expect(usd(price, { serviceTier: 'default' })).toBe(0.01125)
    expect(usd(price, { serviceTier: 'flex' })).toBe(0.01125)
    expect(usd(price, { serviceTier: 'priority' })).toBe(0.0225)
    expect(usd(price, { serviceTier: 'fast' })).toBe(0.0225)
    expect(usd(price, { serviceTier: 'auto' })).toBe(0.0225)
  })

  test('is nothing that is known when the way has no known price', () => {
    expect(bound(known('openai', 'gpt-5'), size, { serviceTier: 'warp' })).toBeNull()
    expect(bound(known('openai', 'gpt-5.4-nano'), size, { serviceTier: 'priority' })).toBeNull()
    expect(affordableOutput(known('openai', 'gpt-5'), 10, 10n ** 12n, { serviceTier: 'warp' })).toBe(0)
    expect(bound(known('openrouter', 'openai/gpt-6-sol'), size, { serviceTier: 'priority' })).toBeNull()
    expect(bound(known('mistral', 'codestral'), size, { serviceTier: 'warp' })).not.toBeNull()
  })

  test('counts tools as often as they may be used, and refuses those without a price', () => {
    const price = known('anthropic', 'claude-sonnet-5')
    expect(usd(price, { toolUses: { webSearches: 5 } })).toBeCloseTo(usd(price, {}) + 0.05, 12)
    expect(usd(price, { toolUses: { codeSessions: 1 } })).toBeCloseTo(usd(price, {}) + 0.01, 12)
    expect(bound(price, size, { toolUses: { otherToolUses: 1 } })).toBeNull()
    expect(bound(known('anthropic', 'claude-3-haiku'), size, { toolUses: { webSearches: 1 } })).toBeNull()
    expect(usd(known('openai', 'gpt-4o-search-preview'), {})).toBeCloseTo(0.0125 + 0.025, 12)
  })

  test('pays for the call however it is served and whatever tools it uses of those it may', () => {
    const prices = ['gpt-5', 'gpt-6-astra', 'gpt-5.4', 'gpt-4o-search-preview'].map((model) => known('openai', model))
    const tokens = fc.nat(400_000)
    const uses = fc.nat(10)
    fc.assert(
      fc.property(
        fc.constantFrom(...prices, known('anthropic', 'claude-opus-5')),
        fc.constantFrom(undefined, 'auto', 'default', 'priority', 'flex', 'fast'),
        fc.constantFrom(undefined, 'us'),
        fc.record({ inputUncached: tokens, cacheRead: tokens, outputText: tokens, reasoning: tokens }),
        uses,
        (price, serviceTier, geography, counted, most) => {
          const asked: CallExtras = {
            ...(serviceTier === undefined ? {} : { serviceTier }),
            ...(geography === undefined ? {} : { geography }),
            ...(price.fees?.webSearches === undefined ? {} : { toolUses: { webSearches: most } }),
          }
          const held = bound(
            price,
            {
              inputTokens: counted.inputUncached + counted.cacheRead,
              maxOutputTokens: counted.outputText + counted.reasoning,
            },
            asked,
          )
          const usable = possiblePrices(price, asked)
          if (held === null || !usable) return
          for (const served of [undefined, 'default', ...(serviceTier === undefined ? [] : [serviceTier])]) {
            const usage = {
              ...counted,
              webSearches: asked.toolUses?.webSearches ?? 0,
              ...(served === undefined ? {} : { serviceTier: served }),
              ...(geography === undefined ? {} : { geography }),
            }
            expect(priceUsage(price, usage, asked).cost.total <= held).toBe(true)
          }
        },
      ),
      { numRuns: 3_000 },
    )
  })
})

describe('pricing', () => {
  const price = modelPrice({
    serviceTiers: { priority: modelPrice({ version: 'test#priority', output: 30_000_000_000n }) },
  })

  test('takes a provider at its word where it states what a call cost', () => {
    const stated = { ...known('openrouter', 'anthropic/claude-haiku-4.5') }
    expect(priceUsage(stated, { outputText: 1000, billedUsd: 0.000235 })).toMatchObject({
      cost: { total: 235_000n },
      version: `${stated.version}#billed`,
    })
    // Free models, and hosts that state nothing: the list counts.
    expect(priceUsage(stated, { outputText: 1000, billedUsd: 0 }).cost.total).toBe(5_000_000n)
    expect(priceUsage(known('groq', 'llama-3.1-8b-instant'), { outputText: 1000, billedUsd: 1 }).cost.total).toBe(
      80_000n,
    )
  })

  test('learns that an account is set to be served in a dearer way than calls ask for', () => {
    const pricing = createPricing()
    const target = deployment(price)
    const size = { inputTokens: 0, maxOutputTokens: 1 }
    expect(pricing.bound(target, size)).toBe(15_000n)
    pricing.price({ ...target, asked: { serviceTier: 'priority' } }, { outputText: 1, serviceTier: 'priority' })
    expect(pricing.bound(target, size)).toBe(15_000n)
    pricing.price(target, { outputText: 1, serviceTier: 'priority' })
    expect(pricing.bound(target, size)).toBe(30_000n)
    expect(pricing.bound({ ...target, asked: { serviceTier: 'default' } }, size)).toBe(15_000n)
    expect(pricing.affordableOutput(target, 0, 60_000n)).toBe(2)
  })

  test('of a call that nobody says how it was served is the dearest that was asked for', () => {
    expect(priceUsage(price, { outputText: 1 }, { serviceTier: 'priority' }).cost.total).toBe(30_000n)
    expect(priceUsage(price, { outputText: 1 }, {}).cost.total).toBe(15_000n)
  })

  test('knows a fee for every tool that counts, under a ceiling', () => {
    const fees = book.ceilingOf('openai')?.fees ?? {}
    for (const counter of FEE_COUNTERS) expect(fees[counter]).toBeGreaterThan(0n)
  })
})
