import { expect, it } from 'vitest'
import { defined } from './defined.ts'

it('keeps what is set, null and zero among it, and in its order', () => {
  expect(Object.entries(defined({ a: 0, b: undefined, c: null, d: '' }))).toEqual([
    ['a', 0],
    ['c', null],
    ['d', ''],
  ])
})
