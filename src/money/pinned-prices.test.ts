import { describe, expect, test } from 'vitest'
import { currentPrices, type PinnedPrice, pinnedPrices, priceDrops } from './pinned-prices.contract.ts'

const gpt: PinnedPrice = { provider: 'openai', model: 'gpt', rates: ['2.5', '10', '1.25'] }

describe('the price data', () => {
  test('has let no price vanish or fall by more than half since a person last looked (node src/money/write-pinned-prices.ts)', async () => {
    const pinned = pinnedPrices()
    expect(pinned.length).toBeGreaterThan(800)
    expect(priceDrops(pinned, await currentPrices())).toEqual([])
  })

  test('that was poisoned is seen', () => {
    expect(priceDrops([gpt], [])).toEqual(['openai/gpt has no price any more'])
    expect(priceDrops([gpt], [{ ...gpt, rates: ['1.249', '10', '1.25'] }])).toEqual([
      'openai/gpt fell from 2.5 to 1.249',
    ])
    expect(priceDrops([gpt], [{ ...gpt, rates: ['2.5', '0', '0'] }])).toEqual([
      'openai/gpt fell from 10 to 0',
      'openai/gpt fell from 1.25 to 0',
    ])
    expect(priceDrops([gpt], [{ ...gpt, rates: ['1.25', '20', '1.25'] }])).toEqual([])
  })
})
