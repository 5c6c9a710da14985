import { expect, it } from 'vitest'
import { listedToolFees } from './tool-fee-list.ts'

it('a search by Google costs 1.4 cents from Gemini 3 on and 3.5 before', () => {
  const feeOf = (model: string) => listedToolFees('google', model).webSearches
  expect(feeOf('gemini-3.8-flash')).toBe(14_000_000_000_000n)
  expect(feeOf('gemini-2.5-pro')).toBe(35_000_000_000_000n)
})

it('a host that nobody listed has no fees here', () => {
  expect(listedToolFees('somebody', 'gemini-3.8-flash')).toEqual({})
})
