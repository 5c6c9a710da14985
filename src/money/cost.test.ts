import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Usage } from '../canonical/usage.ts'
import { inputTokens, outputTokens } from '../canonical/usage.ts'
import type { ModelPrice } from '../providers/deployment.ts'
import { affordableOutput, bound as worstCase } from './bound.ts'
import { COUNTERS, type CostLine, cost, ratesFor } from './cost.ts'
import { modelPrice } from './money.contract.ts'
import type { CallSize } from './reservation.ts'

const tokens = fc.oneof(fc.nat(50), fc.nat(2_000_000))
const usages: fc.Arbitrary<Usage> = fc.record(
  Object.fromEntries(COUNTERS.map(([counter]) => [counter, tokens])) as Record<
    (typeof COUNTERS)[number][0],
    typeof tokens
  >,
  { requiredKeys: [] },
)
const textUsages = usages.map(({ inputAudio: _, cacheReadAudio: __, ...usage }) => usage)
/** A bound that is known. */
const bound = (price: ModelPrice, size: CallSize): bigint => worstCase(price, size) ?? -1n
const rate = fc.oneof(
  fc.bigInt(0n, 100_000_000_000n),
  fc.bigInt(0n, 999_999n),
  fc.constantFrom(2_800_000n, 150_000_000n),
)
const rates = fc.record({
  input: rate,
  output: rate,
  cacheRead: rate,
  cacheReadAudio: rate,
  cacheWrite5m: rate,
  cacheWrite1h: rate,
  reasoning: rate,
  inputAudio: rate,
  outputAudio: rate,
  outputImage: rate,
})
/** Prices whose tiers are never cheaper than what they replace, as all real ones. */
const prices: fc.Arbitrary<ModelPrice> = fc
  .tuple(rates, fc.array(fc.tuple(fc.integer({ min: 1, max: 300_000 }), rate), { maxLength: 3 }))
  .map(([base, steps]) => {
    let current = base
    const ordered = [...steps].sort(([a], [b]) => a - b)
    const tiers = ordered.map(([fromInputTokens, more]) => {
      current = Object.fromEntries(Object.entries(current).map(([name, value]) => [name, value + more])) as typeof base
      return { fromInputTokens, rates: current }
    })
    return { version: 'random', ...base, tiers }
  })

describe('cost', () => {
  test('the lines of any usage add up to its cost, each rounded up once', () => {
    fc.assert(
      fc.property(prices, usages, (price, usage) => {
        const lines: CostLine[] = []
        const { total } = cost(price, usage, lines)
        const applied = ratesFor(price, inputTokens(usage))
        expect(lines.reduce((sum, line) => sum + line.cost, 0n)).toBe(total)
        for (const line of lines) {
          const name = COUNTERS.find(([counter]) => counter === line.counter)?.[1]
          const exact = BigInt(line.units) * (name ? applied[name] : 0n)
          expect(line.cost * 1_000_000n >= exact && (line.cost - 1n) * 1_000_000n < exact).toBe(true)
        }
      }),
      { numRuns: 100_000 },
    )
  })

  test('more tokens never cost less', () => {
    fc.assert(
      fc.property(prices, usages, fc.constantFrom(...COUNTERS), fc.nat(100_000), (price, usage, [counter], more) => {
        const dearer = cost(price, { ...usage, [counter]: (usage[counter] ?? 0) + more })
        expect(dearer.total >= cost(price, usage).total).toBe(true)
      }),
      { numRuns: 5_000 },
    )
  })

  test('a counter that the provider did not give costs nothing', () => {
    expect(cost(modelPrice(), {})).toEqual({ total: 0n, toolFees: 0n })
    expect(cost(modelPrice(), { outputText: 2 }).total).toBe(30_000n)
  })

  test('a fraction of a nano-USD is a whole one', () => {
    expect(cost(modelPrice({ cacheRead: 2_800_000n }), { cacheRead: 1 }).total).toBe(3n)
    expect(cost(modelPrice({ cacheRead: 1n }), { cacheRead: 1 }).total).toBe(1n)
  })

  test.each([
    [199_999, 3n],
    [200_000, 3n],
    [200_001, 6n],
  ])('a prompt of %i tokens pays the tier it reaches', (promptTokens, perToken) => {
    const tier = { fromInputTokens: 200_001, rates: { input: 6_000_000n } }
    const price = modelPrice({ input: 3_000_000n, tiers: [tier] })
    expect(cost(price, { inputUncached: promptTokens }).total).toBe(BigInt(promptTokens) * perToken)
  })

  test('the tier is chosen on the whole prompt, cached tokens included', () => {
    const price = modelPrice({
      input: 3_000_000n,
      cacheRead: 1_000_000n,
      tiers: [{ fromInputTokens: 200_001, rates: { input: 6_000_000n, cacheRead: 2_000_000n } }],
    })
    expect(cost(price, { inputUncached: 1, cacheRead: 200_000 }).total).toBe(6n + 400_000n)
  })

  test('of several tiers the highest that is reached counts, in whatever order they are listed', () => {
    const tiers = [
      { fromInputTokens: 100, rates: { input: 9_000_000n } },
      { fromInputTokens: 10, rates: { input: 5_000_000n } },
    ]
    expect(cost(modelPrice({ input: 1_000_000n, tiers }), { inputUncached: 100 }).total).toBe(900n)
    expect(cost(modelPrice({ input: 1_000_000n, tiers }), { inputUncached: 99 }).total).toBe(495n)
  })
})

describe('bound', () => {
  test('no text usage within a size costs more than its bound, however it is split', () => {
    fc.assert(
      fc.property(prices, textUsages, fc.nat(1000), fc.nat(1000), (price, usage, moreInput, moreOutput) => {
        const size = {
          inputTokens: inputTokens(usage) + moreInput,
          maxOutputTokens: outputTokens(usage) + moreOutput,
        }
        expect(cost(price, usage).total <= bound(price, size)).toBe(true)
      }),
      { numRuns: 20_000 },
    )
  })

  test('a bound covers lines that are each rounded up', () => {
    const price = modelPrice({ input: 1n, output: 1n })
    const split = { inputUncached: 1, cacheRead: 1, outputText: 1, reasoning: 1 }
    expect(cost(price, split).total).toBe(4n)
    expect(bound(price, { inputTokens: 2, maxOutputTokens: 2 })).toBeGreaterThanOrEqual(4n)
  })

  test('a bound at whole nano-USD a token is exact', () => {
    expect(bound(modelPrice(), { inputTokens: 1000, maxOutputTokens: 100 })).toBe(3_000_000n + 1_500_000n)
  })

  test('a free model is held with nothing', () => {
    const free = modelPrice({ input: 0n, output: 0n })
    expect(bound(free, { inputTokens: 1000, maxOutputTokens: 100 })).toBe(0n)
    expect(affordableOutput(free, 1000, 0n)).toBe(Number.MAX_SAFE_INTEGER)
  })

  test('affordable output is what the limit pays for, and not one token more', () => {
    fc.assert(
      fc.property(prices, fc.nat(400_000), fc.bigInt(0n, 10n ** 15n), (price, promptTokens, limit) => {
        const output = affordableOutput(price, promptTokens, limit)
        if (bound(price, { inputTokens: promptTokens, maxOutputTokens: 0 }) > limit) {
          expect(output).toBe(0)
          return
        }
        expect(bound(price, { inputTokens: promptTokens, maxOutputTokens: output }) <= limit).toBe(true)
        if (output === Number.MAX_SAFE_INTEGER) return
        expect(bound(price, { inputTokens: promptTokens, maxOutputTokens: output + 1 }) > limit).toBe(true)
      }),
      { numRuns: 20_000 },
    )
  })
})
