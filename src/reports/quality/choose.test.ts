import { describe, expect, it } from 'vitest'
import { mulberry32 } from '../../lib/mulberry32.ts'
import { chooseModel, type Seen } from './choose.ts'
import { normalQuantile, wilson } from './interval.ts'

/** What is seen of a model that is so good, in so many calls. */
function sample(model: string, quality: number, n: number, costUsd: number, next: () => number): Seen {
  let good = 0
  for (let call = 0; call < n; call += 1) if (next() < quality) good += 1
  return { model, n, mean: n === 0 ? null : good / n, costUsd }
}

describe('an interval', () => {
  it('has the bounds of the tables', () => {
    expect(normalQuantile(0.95)).toBeCloseTo(1.6448536, 6)
    expect(normalQuantile(0.975)).toBeCloseTo(1.959964, 6)
    expect(normalQuantile(0.001)).toBeCloseTo(-3.0902323, 6)
    expect(normalQuantile(0.5)).toBeCloseTo(0, 9)
    // Wilson 1927, as in Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for (const [good, n, low, high] of [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ] as const) {
      const found = wilson(good / n, n, 1.959964)
      expect([found.low, found.high].map((bound) => Number(bound.toFixed(4)))).toEqual([low, high])
    }
    expect(wilson(0, 0, 2)).toEqual({ low: 0, high: 1 })
  })
})

describe('the cheapest model that meets a bar', () => {
  const BAR = { atLeast: 0.95, confidence: 0.95 }

  it('is the cheaper of two that do, and never one that fails', () => {
    const choice = chooseModel(
      [
        { model: 'usual', n: 5000, mean: 0.98, costUsd: 0.01 },
        { model: 'candidate', n: 800, mean: 0.97, costUsd: 0.002 },
        { model: 'bad', n: 500, mean: 0.7, costUsd: 0.0001 },
      ],
      BAR,
    )
    expect(choice.cheapest?.model).toBe('candidate')
    expect(choice.models.map(({ model, verdict }) => [model, verdict])).toEqual([
      ['bad', 'fails'],
      ['candidate', 'meets'],
      ['usual', 'meets'],
    ])
    expect(choice.undecided).toEqual([])
  })

  it('says how many more calls would tell, and those are about enough', () => {
    const few = { model: 'candidate', n: 60, mean: 0.97, costUsd: 0.002 }
    const choice = chooseModel([few], BAR)
    expect(choice.cheapest).toBeNull()
    const [{ moreCases } = { moreCases: null }] = choice.undecided
    expect(moreCases).toBeGreaterThan(100)
    const later = { ...few, n: few.n + (moreCases ?? 0) }
    expect(chooseModel([later], BAR).cheapest?.model).toBe('candidate')
    expect(chooseModel([{ ...later, n: later.n - 1 }], BAR).cheapest).toBeNull()
  })

  it('promises nothing of a model that seems to be below the bar, and nothing without calls', () => {
    const below = chooseModel([{ model: 'm', n: 40, mean: 0.94, costUsd: 1 }], BAR)
    expect(below.models).toMatchObject([{ verdict: 'undecided', moreCases: null }])
    const unseen = chooseModel([{ model: 'm', n: 0, mean: null, costUsd: null }], BAR)
    expect(unseen.models).toMatchObject([{ verdict: 'undecided', moreCases: null }])
    expect(chooseModel([], BAR)).toEqual({ models: [], cheapest: null, undecided: [] })
  })

  it.each([
    [0.95, 0.95, 1000],
    [0.95, 0.9, 150],
    [0.8, 0.95, 60],
    [0.9, 0.99, 400],
  ])('is named wrongly no oftener than it says: bar %s, confidence %s, %s calls each', (atLeast, confidence, n) => {
    // The worst case: every model is just below the bar, so that whatever is named is wrong.
    const runs = 4_000
    const next = mulberry32(n * 7 + Math.round(confidence * 1000))
    let wrong = 0
    for (let run = 0; run < runs; run += 1) {
      const seen = ['a', 'b', 'c'].map((model, at) => sample(model, atLeast - 1e-9, n, at + 1, next))
      if (chooseModel(seen, { atLeast, confidence }).cheapest !== null) wrong += 1
    }
    const allowed = 1 - confidence
    // Four standard deviations of what 4000 runs of exactly that chance would show.
    expect(wrong / runs).toBeLessThanOrEqual(allowed + 4 * Math.sqrt((allowed * confidence) / runs))
  })

  it('is the right one among models of different quality, nearly always', () => {
    const next = mulberry32(2026)
    const named: Record<string, number> = {}
    for (let run = 0; run < 400; run += 1) {
      const seen = [
        sample('usual', 0.98, 4000, 0.01, next),
        sample('candidate', 0.97, 1500, 0.002, next),
        sample('bad', 0.7, 300, 0.0005, next),
      ]
      const { cheapest } = chooseModel(seen, BAR)
      named[cheapest?.model ?? 'nobody'] = (named[cheapest?.model ?? 'nobody'] ?? 0) + 1
    }
    expect(named.bad ?? 0).toBe(0)
    expect(named.candidate ?? 0).toBeGreaterThanOrEqual(380)
  })
})
