import { expect, test } from 'vitest'
import { spread } from './spread.ts'

const N = 20_000
const numbers = Array.from({ length: N }, (_, index) => spread(`tr_0123456789abcdef${index}`))

test('the same text gives the same number, from 0 to below 1', () => {
  expect(spread('a')).toBe(spread('a'))
  for (const number of numbers) expect(number >= 0 && number < 1).toBe(true)
})

test('texts that differ in their end alone are spread evenly', () => {
  const tenths = Array.from(
    { length: 10 },
    (_, at) => numbers.filter((number) => Math.floor(number * 10) === at).length,
  )
  for (const count of tenths) expect(Math.abs(count - N / 10)).toBeLessThan(N / 100)
})

test('what is put behind a text changes its number as if it were another text', () => {
  const both = Array.from({ length: N }, (_, index) => [spread(`${index} a`), spread(`${index} b`)] as const)
  const above = both.filter(([one, other]) => one > other).length
  expect(Math.abs(above - N / 2)).toBeLessThan(N / 50)
})
