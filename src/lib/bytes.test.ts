import { expect, it } from 'vitest'
import { standsAt } from './bytes.ts'

it('bytes stand where they are, and nowhere that they do not fit', () => {
  const bytes = Buffer.from('data: x')
  expect(standsAt(bytes, 0, Buffer.from('data:'))).toBe(true)
  expect(standsAt(bytes, 1, Buffer.from('data:'))).toBe(false)
  expect(standsAt(bytes, 6, Buffer.from('x'))).toBe(true)
  expect(standsAt(bytes, 6, Buffer.from('xy'))).toBe(false)
  expect(standsAt(bytes, 99, Buffer.from('x'))).toBe(false)
})
