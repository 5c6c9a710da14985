import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { editDistance, nearestName } from './edit-distance.ts'

describe('edit distance', () => {
  test.each([
    ['', '', 0],
    ['abc', '', 3],
    ['plan', 'plans', 1],
    ['plna', 'plan', 1],
    ['kitten', 'sitting', 3],
  ])('%j to %j takes %d', (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance)
  })

  test('is the same both ways, and zero only for equal texts', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (one, other) => {
        expect(editDistance(one, other)).toBe(editDistance(other, one))
        expect(editDistance(one, other) === 0).toBe(one === other)
      }),
    )
  })
})

describe('nearest name', () => {
  const keys = ['default', 'fallback', 'max_latency_ms', 'max_cost_usd']

  test.each([
    ['defualt', 'default'],
    ['fallbacks', 'fallback'],
    ['maxLatencyMs', 'max_latency_ms'],
    ['max-cost-usd', 'max_cost_usd'],
    ['max_cost', 'max_cost_usd'],
  ])('%s means %s', (written, meant) => {
    expect(nearestName(written, keys)).toBe(meant)
  })

  test('a name far from all gives none, and a huge one is not compared', () => {
    expect(nearestName('temperature', keys)).toBeUndefined()
    expect(nearestName('d'.repeat(100_000), keys)).toBeUndefined()
  })
})
