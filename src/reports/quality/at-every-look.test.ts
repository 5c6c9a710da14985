import { describe, expect, it } from 'vitest'
import { mulberry32 } from '../../lib/mulberry32.ts'
import { boundsAtEveryLook, isAbove, isBelow } from './at-every-look.ts'
import type { Cases } from './cases.ts'
import { normalQuantile, wilson } from './interval.ts'

/*
 * Thousands of models are watched answer by answer, and each is called good at the first look that says so. Who is called good and is not was called so wrongly.
 */

type Verdict = (seen: Cases, bar: number, chance: number) => boolean

interface Watch {
  /** What each answer is worth, 0 to 1. */
  readonly answer: (next: () => number, at: number) => number
  readonly bar: number
  readonly chance: number
  readonly answers: number
  readonly runs: number
}

/** After how many answers the verdict fell, run by run; null where it never did. */
function watched(verdict: Verdict, { answer, bar, chance, answers, runs }: Watch): readonly (number | null)[] {
  const next = mulberry32(Math.round(bar * 1000) + answers)
  return Array.from({ length: runs }, () => {
    let good = 0
    for (let n = 1; n <= answers; n += 1) {
      good += answer(next, n)
      if (verdict({ n, good }, bar, chance)) return n
    }
    return null
  })
}

const share = (quality: number) => (next: () => number) => (next() < quality ? 1 : 0)

function shareOf(found: readonly (number | null)[]): number {
  return found.filter((at) => at !== null).length / found.length
}

/** Four standard deviations above what so many runs of exactly that chance would show. */
function atMost(chance: number, runs: number): number {
  return chance + 4 * Math.sqrt((chance * (1 - chance)) / runs)
}

/** What `isAbove` must not be: the interval of one look, at each look. */
const atOneLook: Verdict = ({ n, good }, bar, chance) => wilson(good / n, n, normalQuantile(1 - chance)).low >= bar

const WORST = { runs: 400, answers: 1_000 } as const

describe('a verdict at every look', () => {
  it.each([
    [0.95, 0.05],
    [0.9, 0.1],
    [0.6, 0.05],
    [0.8, 0.2],
  ])('is wrong about models at the bar of %s no oftener than %s, over all looks together', (bar, chance) => {
    const watch = { ...WORST, bar, chance, answer: share(bar) }
    expect(shareOf(watched(isAbove, watch))).toBeLessThanOrEqual(atMost(chance, WORST.runs))
    expect(shareOf(watched(isBelow, watch))).toBeLessThanOrEqual(atMost(chance, WORST.runs))
  })

  it('would be wrong far too often with an interval that is made for one look', () => {
    const watch = { ...WORST, bar: 0.9, chance: 0.05, answer: share(0.9) }
    const wrong = shareOf(watched(atOneLook, watch))
    expect(wrong).toBeGreaterThan(atMost(0.05, WORST.runs))
    expect(wrong).toBeGreaterThan(0.2)
  })

  it('is no oftener wrong about a model that is better some days and worse on others, but never good enough', () => {
    const moody = (next: () => number, at: number) => share(at % 200 < 100 ? 0.9 : 0.7)(next)
    const watch = { ...WORST, bar: 0.9, chance: 0.05, answer: moody }
    expect(shareOf(watched(isAbove, watch))).toBeLessThanOrEqual(atMost(0.05, WORST.runs))
  })

  it('holds for scores between good and bad', () => {
    const scored = (next: () => number) => 0.5 + 0.5 * next() * next()
    const watch = { ...WORST, bar: 0.625, chance: 0.05, answer: scored }
    expect(shareOf(watched(isAbove, watch))).toBeLessThanOrEqual(atMost(0.05, WORST.runs))
    expect(shareOf(watched(isAbove, { ...watch, bar: 0.5 }))).toBe(1)
  })

  it.each([
    [0.9, 0.95, 330],
    [0.95, 0.98, 500],
    [0.9, 0.99, 120],
    [0.5, 0.6, 300],
  ])('comes for a bar of %s and a model of %s after some %s answers', (bar, quality, usual) => {
    const watch = { bar, chance: 0.05, answers: usual * 5, runs: 120, answer: share(quality) }
    const found = watched(isAbove, watch).map((at) => at ?? Number.POSITIVE_INFINITY)
    const [median = 0] = found.toSorted((one, other) => one - other).slice(found.length / 2)
    expect(median).toBeLessThanOrEqual(usual)
    expect(shareOf(watched(isBelow, watch))).toBeLessThanOrEqual(atMost(0.05, 120))
  })

  it('comes as well about a model that is worse than the bar', () => {
    const watch = { bar: 0.9, chance: 0.05, answers: 600, runs: 200, answer: share(0.8) }
    expect(shareOf(watched(isBelow, watch))).toBe(1)
    expect(shareOf(watched(isAbove, watch))).toBeLessThan(0.01)
  })
})

describe('bounds at every look', () => {
  it('are where the verdict turns, wider than those of one look, and narrower with each case', () => {
    for (const [n, good] of [
      [50, 50],
      [200, 190],
      [4_000, 3_900],
      [20_000, 10_000.5],
    ] as const) {
      const { low, high } = boundsAtEveryLook({ n, good }, 0.05)
      expect([isAbove({ n, good }, low - 1e-9, 0.05), isAbove({ n, good }, low + 1e-9, 0.05)]).toEqual([true, false])
      if (high < 1) {
        expect([isBelow({ n, good }, high + 1e-9, 0.05), isBelow({ n, good }, high - 1e-9, 0.05)]).toEqual([
          true,
          false,
        ])
      }
      const once = wilson(good / n, n, normalQuantile(0.95))
      expect(low).toBeLessThan(once.low)
      expect(boundsAtEveryLook({ n: n * 2, good: good * 2 }, 0.05).low).toBeGreaterThan(low)
    }
    expect(boundsAtEveryLook({ n: 0, good: 0 }, 0.05)).toEqual({ low: 0, high: 1 })
    expect(boundsAtEveryLook({ n: 10, good: 0 }, 0.05).low).toBe(0)
    expect(boundsAtEveryLook({ n: 10, good: 10 }, 0.05).high).toBe(1)
  })
})
