import { expect, test } from 'vitest'
import { shareBar } from './share-bar.ts'

test.each([
  [0, ''],
  [1 / 16, '▌'],
  [0.5, '████'],
  [0.99, '███████▉'],
  [1, '████████'],
  [7, '████████'],
  [-1, ''],
  [Number.NaN, ''],
])('a share of %d of eight characters is %j', (share, bar) => {
  expect(shareBar(share, 8)).toBe(bar)
})
