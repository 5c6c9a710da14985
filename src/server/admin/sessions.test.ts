import { expect, test } from 'vitest'
import { createSessions } from './sessions.ts'

const HOUR_MS = 3_600_000

test('a session is over after twelve hours', () => {
  let now = 0
  const sessions = createSessions({ now: () => 0, monotonic: () => now })
  const token = sessions.open('hg-admin-key')
  now = 12 * HOUR_MS - 1
  expect(sessions.keyOf(token)).toBe('hg-admin-key')
  now = 12 * HOUR_MS
  expect(sessions.keyOf(token)).toBeNull()
})

test('many sessions do not fill the memory: the oldest go', () => {
  const sessions = createSessions({ now: () => 0, monotonic: () => 0 })
  const tokens = Array.from({ length: 1_001 }, () => sessions.open('key'))
  expect(sessions.keyOf(tokens[0] ?? '')).toBeNull()
  expect(sessions.keyOf(tokens[1] ?? '')).toBe('key')
  expect(new Set(tokens).size).toBe(1_001)
})
