import { expect, test } from 'vitest'
import { isLoopbackHost } from './loopback.ts'

test.each(['127.0.0.1', '127.8.9.1', 'localhost', 'LOCALHOST', '::1', '[::1]', '0:0:0:0:0:0:0:1'])(
  '%s is this machine alone',
  (host) => {
    expect(isLoopbackHost(host)).toBe(true)
  },
)

test.each([
  '0.0.0.0',
  '::',
  '10.0.0.1',
  '127.evil.example',
  'localhost.example',
  '',
  '1::1',
  '::ffff:10.0.0.1',
  '128.0.0.1',
])('%j is not', (host) => {
  expect(isLoopbackHost(host)).toBe(false)
})
