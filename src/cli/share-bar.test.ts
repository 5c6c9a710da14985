import { expect, test } from 'vitest'
import { shareBar, usedBar } from './share-bar.ts'

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

test.each([
  [0, 8, '  0% '],
  [1, 3, ' 33% █████▍'],
  [30, 20, '150% ████████████████'],
  [0, 0, '100% ████████████████'],
])('%d used of %d is shown as %j', (used, limit, text) => {
  expect(usedBar(used, limit)).toBe(text)
})
