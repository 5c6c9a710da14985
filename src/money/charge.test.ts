import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chargeOf } from './charge.ts'

test.each([
  [100n, 0n, 100n],
  [100n, 200_000_000n, 120n],
  [1n, 1n, 2n],
  [3n, 333_333_333n, 4n],
  [0n, 200_000_000n, 0n],
  [999_999_999_999n, 150_000_000n, 1_149_999_999_999n],
])('a cost of %i with a markup of %i billionths is charged at %i', (cost, markup, charge) => {
  expect(chargeOf(cost, markup)).toBe(charge)
})

test('a charge is the least whole nano-dollar that is no less than cost and markup', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 10n ** 18n), fc.bigInt(0n, 10n ** 11n), (cost, markup) => {
      const exact = cost * (1_000_000_000n + markup)
      const charge = chargeOf(cost, markup)
      expect(charge * 1_000_000_000n >= exact && (charge - 1n) * 1_000_000_000n < exact).toBe(true)
    }),
  )
})
