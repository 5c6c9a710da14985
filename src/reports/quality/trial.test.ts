import { describe, expect, it } from 'vitest'
import { mulberry32 } from '../../lib/mulberry32.ts'
import type { Cases } from './cases.ts'
import { failsWatch, judgeTrial, passesTrial, watchSpans } from './trial.ts'

const BAR = { atLeast: 0.9, confidence: 0.95, minCases: 100 }
const DAY_MS = 86_400_000

describe('models that are tried at a task', () => {
  it('are said to meet the bar with the cases that they said they would need, not before, and not before the fewest', () => {
    const seen = { n: 60, good: 58 }
    const { verdict, moreCases } = judgeTrial(seen, BAR, 2)
    expect([verdict, (moreCases ?? 0) > 40]).toEqual(['undecided', true])
    const later = (n: number) => judgeTrial({ n, good: (58 / 60) * n }, BAR, 2).verdict
    expect([later(60 + (moreCases ?? 0)), later(59 + (moreCases ?? 0))]).toEqual(['meets', 'undecided'])
    expect(judgeTrial({ n: 99, good: 99 }, BAR, 1)).toMatchObject({ verdict: 'undecided', moreCases: 1 })
    expect(judgeTrial({ n: 100, good: 100 }, BAR, 1)).toMatchObject({ verdict: 'meets', moreCases: null })
  })

  it('are promised nothing when they seem to be below the bar, have shown nothing, or are as near to it as to need more than are looked at', () => {
    for (const seen of [
      { n: 500, good: 440 },
      { n: 0, good: 0 },
      { n: 5_000, good: 4_503 },
    ])
      expect(judgeTrial(seen, BAR, 1)).toMatchObject({ verdict: 'undecided', moreCases: null })
  })

  it('are wrongly promoted no oftener than the confidence says: two that are not good enough, looked at after every answer', () => {
    const [runs, answers] = [300, 800]
    const next = mulberry32(7)
    let wrong = 0
    for (let run = 0; run < runs; run += 1) {
      const good = [0, 0]
      let isPromoted = false
      for (let n = 1; n <= answers && !isPromoted; n += 1) {
        for (const at of [0, 1]) good[at] = (good[at] ?? 0) + (next() < 0.9 - 1e-9 ? 1 : 0)
        isPromoted = n >= 20 && good.some((count) => isShown({ n, good: count }))
      }
      if (isPromoted) wrong += 1
    }
    expect(wrong / runs).toBeLessThanOrEqual(0.05 + 4 * Math.sqrt((0.05 * 0.95) / runs))
  })
})

function isShown(seen: Cases): boolean {
  return passesTrial(seen, { ...BAR, minCases: 20 }, 2)
}

describe('the watch over a promoted model', () => {
  it('begins anew each day and each month, and all its parts together are no more than the whole chance', () => {
    const at = 1_000 * DAY_MS
    const daysOf = (day: number) => watchSpans(at, at + day * DAY_MS).map(({ from }) => (from - at) / DAY_MS)
    expect([daysOf(0), daysOf(1), daysOf(31), daysOf(65)]).toEqual([[0], [0, 1], [30, 31, 0], [64, 65, 30, 60]])
    const parts = new Map<number, number>()
    for (let day = 0; day < 3_000; day += 1) {
      for (const { from, part } of watchSpans(at, at + day * DAY_MS))
        parts.set(from, Math.max(part, parts.get(from) ?? 0))
    }
    const sum = [...parts.values()].reduce((total, part) => total + part, 0)
    expect(sum).toBeLessThanOrEqual(1)
    expect(sum).toBeGreaterThan(0.95)
  })

  it('sees on the second day after a change that a model which was good for two months is so no more', () => {
    const [first] = watchSpans(0, 61.5 * DAY_MS)
    expect(first?.from).toBe(60 * DAY_MS)
    if (!first) return
    // A thousand answers a day: one good day, and the half of one in which one of four is bad.
    expect(failsWatch({ n: 1_500, good: 980 + 375 }, { ...BAR, atLeast: 0.95 }, first)).toBe(true)
    // All of its time does not tell.
    expect(failsWatch({ n: 61_500, good: 61_000 * 0.98 + 375 }, { ...BAR, atLeast: 0.95 }, { from: 0, part: 1 })).toBe(
      false,
    )
  })

  it('does not send back a model that is as good as the bar oftener than the confidence says, over forty days', () => {
    const [runs, days, perDay] = [200, 40, 60]
    const next = mulberry32(11)
    let wrong = 0
    for (let run = 0; run < runs; run += 1) {
      const goodOf: number[] = []
      let isSentBack = false
      for (let day = 0; day < days && !isSentBack; day += 1) {
        let good = 0
        for (let n = 0; n < perDay; n += 1) if (next() < 0.9) good += 1
        goodOf.push(good)
        isSentBack = watchSpans(0, day * DAY_MS).some((span) => {
          const since = goodOf.slice(span.from / DAY_MS)
          const seen = { n: since.length * perDay, good: since.reduce((sum, one) => sum + one, 0) }
          return failsWatch(seen, { ...BAR, minCases: 20 }, span)
        })
      }
      if (isSentBack) wrong += 1
    }
    expect(wrong / runs).toBeLessThanOrEqual(0.05 + 4 * Math.sqrt((0.05 * 0.95) / runs))
  })
})
