import { describe, expect, test, vi } from 'vitest'
import type { PriceRow } from '../storage/contracts/ledger-store.ts'
import { openMemoryStorage } from '../storage/memory/open.ts'
import { deployment, handClock, modelPrice } from './money.contract.ts'
import { createPriceLedger, priceRow } from './price-ledger.ts'
import { createPricing } from './pricing.ts'

const NOON = Date.parse('2026-11-21T12:00:00Z')
const target = (changes: Parameters<typeof modelPrice>[0] = {}) => ({
  ...deployment(modelPrice(changes)),
  endpoint: { provider: 'test' } as ReturnType<typeof deployment>['endpoint'],
})

function world(notePrices: (rows: readonly PriceRow[]) => Promise<void>) {
  const failed = vi.fn()
  const ledger = createPriceLedger({ notePrices }, handClock(NOON), failed)
  return { ledger, failed, pricing: createPricing(ledger.used) }
}

describe('the prices that rows name', () => {
  test('are kept once, with every rate, fee and tier as exact text', async () => {
    const notePrices = vi.fn(async () => undefined)
    const { ledger, pricing } = world(notePrices)
    const priced = target({
      version: 'v1',
      fees: { webSearches: 12_500_000_000_001n },
      tiers: [{ fromInputTokens: 200_001, rates: { input: 6_000_000_000n } }],
    })
    expect(ledger.kept()).toBeNull()
    pricing.price(priced, { outputText: 1 })
    pricing.price(priced, { outputText: 2 })
    await ledger.kept()
    expect(ledger.kept()).toBeNull()
    expect(notePrices.mock.calls).toEqual([
      [
        [
          {
            version: 'v1',
            provider: 'test',
            model: 'test-model',
            rates: expect.objectContaining({
              input: '3.000000000',
              output: '15.000000000',
              tiers: [{ from_input_tokens: 200_001, input: '6.000000000' }],
              fees: { webSearches: '0.012500000000001' },
            }),
            source: 'the price data of @pydantic/genai-prices',
            firstUsedAt: NOON,
          },
        ],
      ],
    ])
  })

  test('are tried again with the next call when the ledger was away, and no call fails for it', async () => {
    let away = true
    const kept: string[] = []
    const { ledger, failed, pricing } = world(async (rows) => {
      if (away) throw new Error('away')
      kept.push(...rows.map(({ version }) => version))
    })
    pricing.price(target({ version: 'v1' }), { outputText: 1 })
    await ledger.kept()
    expect(failed).toHaveBeenCalledOnce()
    away = false
    pricing.price(target({ version: 'v1' }), { outputText: 1 })
    await ledger.kept()
    expect(kept).toEqual(['v1'])
  })

  test('are those of the way that the call was served; an unknown price has none', async () => {
    const kept: string[] = []
    const { ledger, pricing } = world(async (rows) => {
      kept.push(...rows.map(({ version }) => version))
    })
    const priority = modelPrice({ version: 'v1#priority' })
    pricing.price(target({ version: 'v1', serviceTiers: { priority } }), { outputText: 1, serviceTier: 'priority' })
    pricing.price(target({ version: 'unknown' }), { outputText: 1 })
    pricing.price(target({ version: 'v2', statedByProvider: true }), { outputText: 1, billedUsd: 0.5 })
    await ledger.kept()
    expect(kept).toEqual(['v1#priority', 'v2#billed'])
  })

  test('stay what they were when the same version comes with other rates, and so does what was paid', async () => {
    const { ledger: store, reader } = openMemoryStorage({ clock: handClock(NOON) })
    const before = target({ version: 'v1', output: 10_000_000_000n })
    const after = target({ version: 'v1', output: 99_000_000_000n })
    await store.notePrices([priceRow(before, 'v1', before.price, NOON)])
    const kept = await reader.price('v1')
    await store.notePrices([priceRow(after, 'v1', after.price, NOON + 1)])
    expect(await reader.price('v1')).toEqual(kept)
    expect(kept?.rates).toMatchObject({ output: '10.000000000' })
  })

  test.each([
    ['config:1f09a2c4', 'the configuration'],
    ['simulated-1', 'the simulated provider'],
    ['genai-prices@0.1.8:openai/gpt-5', 'the price data of @pydantic/genai-prices'],
    ['v#billed', 'the provider’s own figure in each answer'],
    [
      'corrected@2026-11-21:deepseek/deepseek-chat',
      'https://api-docs.deepseek.com/quick_start/pricing, read on 2026-11-21',
    ],
  ])('of the version %s are from %s', (version, source) => {
    expect(priceRow(target(), version, modelPrice(), NOON).source).toBe(source)
  })
})
