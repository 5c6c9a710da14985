import { describe, expect, test } from 'vitest'
import type { CanonicalRequest } from '../../canonical/request.ts'
import { type ComplexityWeights, FEATURES, featuresOf } from './features.ts'
import { complexityOf, trainedScore } from './scorer.ts'
import { WEIGHTS } from './weights.ts'

function ask(text: string): CanonicalRequest {
  return { model: 'm', stream: false, messages: [{ role: 'user', content: [{ type: 'text', text }] }] }
}

describe('how hard a call is', () => {
  test.each([
    'Hi.',
    '',
    'Classify this e-mail as spam or not: you have won a prize!',
    'What is the capital of Portugal?',
    'Which of these is a prime number?\nA. 4\nB. 7\nC. 9\nD. 10\nAnswer:',
  ])('%j is simple', (text) => {
    expect(complexityOf(ask(text)).label).toBe('simple')
  })

  test.each([
    'A train leaves at 3 pm at 60 km/h, another at 4 pm at 90 km/h. When does the second catch the first? How far have they gone by then?',
    'Design a multi-step migration strategy for our billing database:\n1. dual writes\n2. backfill\n3. cut over\nWhat are the trade-offs?',
    '```ts\nfunction f() {}\n```\nRefactor this, explain why it deadlocks, find the root cause and implement a fix.',
  ])('%j is complex', (text) => {
    expect(complexityOf(ask(text)).label).toBe('complex')
  })

  test('is a score from 0 to 1, whatever the text', () => {
    for (const text of [
      '',
      'x',
      '7'.repeat(50_000),
      '?'.repeat(9_000),
      'a b c d e f g '.repeat(5_000),
      '∀∃\u0000\ud800'.repeat(99),
    ]) {
      const { score } = complexityOf(ask(text))
      expect(score).toBeGreaterThanOrEqual(0)
      expect(score).toBeLessThanOrEqual(1)
    }
  })
})

describe('the trained scorer', () => {
  test('has a weight for every feature, in the order of the features', () => {
    expect(WEIGHTS.features.map(({ name }) => name)).toEqual(FEATURES.map(({ name }) => name))
    for (const { mean, deviation, weight } of WEIGHTS.features) {
      expect([mean, deviation, weight].every(Number.isFinite)).toBe(true)
      expect(deviation).toBeGreaterThan(0)
    }
    expect(WEIGHTS.steps).toEqual(WEIGHTS.steps.toSorted((one, other) => one - other))
  })

  test('gives the place of a question among those that it learned from', () => {
    const weights: ComplexityWeights = {
      version: 'test',
      features: [{ name: 'characters', mean: 0, deviation: 1, weight: 1 }],
      steps: [1, 2, 4],
    }
    const of = (length: number): number => trainedScore('x'.repeat(length), weights)
    const gain = (length: number): number => Math.log1p(length)
    expect(of(0)).toBe(0)
    // Half way between two steps is half way between their places.
    expect(of(4)).toBeCloseTo((gain(4) - 1) / 2)
    expect(of(20)).toBeCloseTo(0.5 + (gain(20) - 2) / 4)
    expect(of(100)).toBe(1)
  })

  test('counts words of any script', () => {
    const at = (name: string) => FEATURES.findIndex((feature) => feature.name === name)
    expect(featuresOf('два слова')[at('words')]).toBeCloseTo(Math.log1p(2))
    expect(featuresOf('42 of 7')[at('numbers')]).toBeCloseTo(Math.log1p(2))
  })
})
