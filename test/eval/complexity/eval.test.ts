import { describe, expect, test } from 'vitest'
import { featuresOf } from '../../../src/policy/complexity/features.ts'
import { gainOf, trainedScore } from '../../../src/policy/complexity/scorer.ts'
import { curveOf } from './curve.ts'
import type { Question } from './questions.ts'
import { train } from './train.ts'

/** Long questions gain from the strong model, short ones do not; one set could not be graded. */
function questions(): Question[] {
  return Array.from({ length: 400 }, (_, at) => {
    const isLong = at % 2 === 1
    const prompt = isLong
      ? `How far is it? ${'And then some more of it. '.repeat(5 + (at % 7))}`
      : `Where is number ${at}?`
    const isUnreadable = at % 4 === 1
    return { prompt, subject: isUnreadable ? 'unreadable' : 'plain', weakOk: !isLong, strongOk: !isUnreadable }
  })
}

describe('the curve of a scorer', () => {
  const of = questions().filter(({ subject }) => subject === 'plain')

  test('is a half on average for one that says the same of all', () => {
    const { area, separation, points } = curveOf(
      of,
      of.map(() => 1),
    )
    expect(area).toBeCloseTo(0.5, 2)
    expect(separation).toBeCloseTo(0.5, 5)
    expect(points.map(({ recovered }) => Math.round(10 * recovered))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('is that of an oracle for one that knows', () => {
    const oracle = curveOf(
      of,
      of.map(({ weakOk }) => (weakOk ? 0 : 1)),
    )
    expect(oracle.separation).toBe(1)
    expect(oracle.points.find(({ strongShare }) => strongShare === 0.4)?.recovered).toBeCloseTo(1)
    const fool = curveOf(
      of,
      of.map(({ weakOk }) => (weakOk ? 1 : 0)),
    )
    expect(fool.separation).toBe(0)
    expect(fool.area).toBeLessThan(0.5)
  })
})

describe('training', () => {
  test('finds what tells the questions apart that gain from a stronger model', () => {
    const weights = train(questions(), 'test')
    const scores = questions().map(({ prompt }) => trainedScore(prompt, weights))
    expect(
      curveOf(
        questions().filter(({ subject }) => subject === 'plain'),
        scores.filter((_, at) => at % 4 !== 1),
      ).separation,
    ).toBe(1)
  })

  test('learns nothing from sets in which the strong model is never right', () => {
    const all = questions()
    const readable = all.filter(({ subject }) => subject === 'plain')
    expect(train(all, 'test').features).toEqual(train(readable, 'test').features)
  })

  test('predicts the mean gain where questions do not differ', () => {
    const same = Array.from({ length: 50 }, (_, at) => ({
      prompt: 'Why?',
      subject: 's',
      weakOk: at % 2 === 0,
      strongOk: true,
    }))
    const { features, steps } = train(same, 'test')
    expect(gainOf(featuresOf('Why?'), { features })).toBeCloseTo(0)
    expect(steps.every(Number.isFinite)).toBe(true)
  })
})
