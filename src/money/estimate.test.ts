import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createEstimator } from './estimate.ts'

const text = (textBytes: number) => ({ textBytes, images: 0 })

describe('prompt estimate', () => {
  test('covers ordinary prompts before anything is learned', () => {
    const estimator = createEstimator()
    // Bytes and tokens of recorded calls: prose, code, many tools, a short prompt with a tool.
    for (const [bytes, tokens, tools] of [
      [12_996, 4_020, true],
      [7_369, 1_221, true],
      [744, 624, true],
      [363, 723, true],
      [20, 8, false],
    ] as const) {
      expect(estimator.tokens('model', { ...text(bytes), tools })).toBeGreaterThanOrEqual(tokens)
    }
  })

  test('learns with and without tools apart, so that tools do not make every small prompt look large', () => {
    const estimator = createEstimator()
    const [plain, withTools] = [text(60), { ...text(60), tools: true }]
    expect(estimator.tokens('model', plain)).toBeLessThan(100)
    estimator.learn('model', withTools, 2_000)
    expect(estimator.tokens('model', withTools)).toBeGreaterThanOrEqual(2_000)
    expect(estimator.tokens('model', plain)).toBeLessThan(100)
  })

  test('stays above every prompt of one kind of text after learning from some', () => {
    const densities = fc.double({ min: 2.2, max: 5, noNaN: true })
    const prompt = fc.record({
      bytes: fc.integer({ min: 4_000, max: 200_000 }),
      sparser: fc.double({ min: 0, max: 0.09, noNaN: true }),
    })
    fc.assert(
      fc.property(
        densities,
        fc.array(prompt, { minLength: 10, maxLength: 100 }),
        fc.array(prompt),
        (density, seen, next) => {
          const estimator = createEstimator()
          const tokensOf = ({ bytes, sparser }: (typeof seen)[number]): number =>
            Math.round(bytes / (density * (1 + sparser)))
          for (const one of seen) estimator.learn('model', text(one.bytes), tokensOf(one))
          for (const one of [...seen, ...next]) {
            expect(estimator.tokens('model', text(one.bytes))).toBeGreaterThanOrEqual(tokensOf(one))
          }
        },
      ),
    )
  })

  test('a denser prompt raises the estimate at once, sparser ones lower it little by little', () => {
    const estimator = createEstimator()
    const before = estimator.tokens('model', text(100_000))
    estimator.learn('model', text(100_000), 60_000)
    const denser = estimator.tokens('model', text(100_000))
    expect(denser).toBeGreaterThan(before * 1.3)
    estimator.learn('model', text(100_000), 22_000)
    expect(estimator.tokens('model', text(100_000))).toBeGreaterThan(denser * 0.95)
    for (let count = 0; count < 500; count += 1) estimator.learn('model', text(100_000), 22_000)
    const learned = estimator.tokens('model', text(100_000))
    expect(learned).toBeLessThan(before)
    expect(learned).toBeGreaterThan(22_000 * 1.05)
  })

  test('learns what a provider adds to small prompts', () => {
    const estimator = createEstimator()
    estimator.learn('model', text(300), 2_300)
    expect(estimator.tokens('model', text(300))).toBeGreaterThanOrEqual(2_300)
    for (let count = 0; count < 500; count += 1) estimator.learn('model', text(300), 80)
    expect(estimator.tokens('model', text(300))).toBeLessThan(300)
  })

  test('one prompt of dense data does not make every small prompt look large', () => {
    const estimator = createEstimator()
    const before = estimator.tokens('model', text(300))
    estimator.learn('model', text(1_000_000), 700_000)
    expect(estimator.tokens('model', text(300))).toBeLessThan(before + 300)
  })

  test('models learn apart, and only so many are remembered', () => {
    const estimator = createEstimator({ maxModels: 2 })
    const fresh = estimator.tokens('a', text(100_000))
    estimator.learn('a', text(100_000), 90_000)
    expect(estimator.tokens('b', text(100_000))).toBe(fresh)
    estimator.learn('b', text(100_000), 90_000)
    estimator.learn('c', text(100_000), 90_000)
    expect(estimator.tokens('a', text(100_000))).toBe(fresh)
    expect(estimator.tokens('c', text(100_000))).toBeGreaterThan(fresh)
  })

  test('images count at their bound and teach nothing', () => {
    const estimator = createEstimator()
    const none = estimator.tokens('model', text(0))
    expect(estimator.tokens('model', { textBytes: 0, images: 3 })).toBe(none + 3 * 1600)
    expect(estimator.tokens('gpt-4o-mini-2024-07-18', { textBytes: 0, images: 1 })).toBe(none + 48_169)
    estimator.learn('model', { textBytes: 100_000, images: 1 }, 99_000)
    expect(estimator.tokens('model', text(0))).toBe(none)
  })

  test('more bytes are never fewer tokens', () => {
    const estimator = createEstimator()
    fc.assert(
      fc.property(fc.nat(10_000_000), fc.nat(1_000_000), (bytes, more) => {
        expect(estimator.tokens('model', text(bytes + more))).toBeGreaterThanOrEqual(
          estimator.tokens('model', text(bytes)),
        )
      }),
    )
  })
})
