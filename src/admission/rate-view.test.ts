import { expect, it } from 'vitest'
import { compileLimits } from './limit-rule.ts'
import { limitOf } from './limit-world.contract.ts'
import { resetText, tightest } from './rate-view.ts'

it.each([
  [0, '0s'],
  [1, '1ms'],
  [999, '999ms'],
  [1_000, '1s'],
  [8_640, '8.64s'],
  [60_000, '1m0s'],
  [86_400, '1m26.4s'],
  [360_000, '6m0s'],
  [3_600_000, '1h0m0s'],
  [90_061_001, '25h1m1.001s'],
])('%d ms are written %s', (ms, text) => {
  expect(resetText(ms)).toBe(text)
})

it('tells of each unit the rate of which least is left, and of two such the slower one', () => {
  const takes = compileLimits([
    limitOf({ per: 'user', amount: 10 }),
    limitOf({ per: 'tenant', amount: 100 }),
    limitOf({ per: 'total', amount: 1_000 }),
    limitOf({ per: 'team', amount: 5_000, unit: 'tokens' }),
  ]).map((limit) => ({ limit }))
  const standings = [
    { remaining: 9, resetMs: 6_000, waitMs: 0 },
    { remaining: 3, resetMs: 58_000, waitMs: 0 },
    { remaining: 3, resetMs: 59_000, waitMs: 0 },
    { remaining: 4_000, resetMs: 12_000, waitMs: 0 },
  ]
  expect(tightest(takes, standings)).toEqual([
    { unit: 'requests', limit: 1_000, remaining: 3, resetMs: 59_000 },
    { unit: 'tokens', limit: 5_000, remaining: 4_000, resetMs: 12_000 },
  ])
  expect(tightest([], [])).toEqual([])
})
