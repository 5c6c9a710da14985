import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nanoUsdFrom, usdNumber, usdText } from './money.ts'

const around = (amount: bigint) => fc.bigInt({ min: amount - 3n, max: amount + 3n })
const amounts = fc.oneof(
  fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
  fc.bigInt({ min: 0n, max: 10n ** 12n }),
  around(0n),
  around(10n ** 9n),
  around(BigInt(Number.MAX_SAFE_INTEGER)),
)

test('an amount as text has nine decimals and is the same amount when it is read', () => {
  fc.assert(
    fc.property(amounts, (amount) => {
      const text = usdText(amount)
      expect(text).toMatch(/^-?(0|[1-9]\d*)\.\d{9}$/)
      expect(nanoUsdFrom(text)).toBe(amount)
    }),
  )
})

test('an amount as a number is the number nearest to it', () => {
  fc.assert(
    fc.property(amounts, (amount) => {
      expect(usdNumber(amount)).toBe(Number(usdText(amount)))
    }),
  )
})
