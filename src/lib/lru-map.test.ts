import { expect, test } from 'vitest'
import { LruMap } from './lru-map.ts'

test('a full map drops what was not used for longest, and reading counts as use', () => {
  const map = new LruMap<string, number>(2)
  map.set('a', 1)
  map.set('b', 2)
  map.get('a')
  map.set('c', 3)
  expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([1, undefined, 3, 2])
})

test('writing an entry again renews it without taking a second place', () => {
  const map = new LruMap<string, number>(2)
  map.set('a', 1)
  map.set('b', 2)
  map.set('a', 9)
  map.set('c', 3)
  expect([map.get('a'), map.get('b'), map.delete('a'), map.get('a')]).toEqual([9, undefined, true, undefined])
})

test('what is read once the map is half full outlives what is not', () => {
  const map = new LruMap<string, number>(4)
  for (const [at, key] of ['a', 'b', 'c'].entries()) map.set(key, at)
  map.get('a')
  map.set('d', 3)
  map.set('e', 4)
  expect(['a', 'b', 'c', 'd', 'e'].map((key) => map.get(key) !== undefined)).toEqual([true, false, true, true, true])
})

test('who only looks keeps nothing from being dropped', () => {
  const map = new LruMap<string, number>(2)
  map.set('a', 1)
  map.set('b', 2)
  expect([map.peek('a'), map.peek('z'), [...map.entries()]]).toEqual([
    1,
    undefined,
    [
      ['a', 1],
      ['b', 2],
    ],
  ])
  map.set('c', 3)
  expect([map.get('a'), map.get('b')]).toEqual([undefined, 2])
})

test('drained, it is empty', () => {
  const map = new LruMap<string, number>(2)
  map.set('a', 1)
  map.set('b', 2)
  expect([map.drain(), map.size, map.get('a')]).toEqual([[1, 2], 0, undefined])
})
