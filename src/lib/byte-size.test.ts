import { expect, test } from 'vitest'
import { parseByteSize } from './byte-size.ts'

test.each([
  ['0b', 0],
  ['512b', 512],
  ['64kb', 65_536],
  ['10mb', 10_485_760],
  ['10MB', 10_485_760],
  ['1.5gb', 1_610_612_736],
])('%s is %d bytes', (text, bytes) => {
  expect(parseByteSize(text)).toBe(bytes)
})

test.each(['', '10', '10 mb', 'mb', '-1mb', '10mib', '1e3kb', '10mb '])('%j is no size', (text) => {
  expect(parseByteSize(text)).toBeUndefined()
})
