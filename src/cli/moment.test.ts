import { expect, test } from 'vitest'
import { momentAfter, momentBefore, parseMoment } from './moment.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')

test('durations count forward or back, times stand for themselves', () => {
  expect(momentAfter(NOW, parseMoment('30d'))).toBe('2026-12-21T12:00:00.000Z')
  expect(momentBefore(NOW, parseMoment('90m'))).toBe('2026-11-21T10:30:00.000Z')
  for (const moment of [momentAfter, momentBefore]) {
    expect(moment(NOW, parseMoment('2026-01-02'))).toBe('2026-01-02T00:00:00.000Z')
    expect(moment(NOW, parseMoment('2026-01-02T03:04:05+01:00'))).toBe('2026-01-02T02:04:05.000Z')
  }
})

test('a time beyond the calendar is its end', () => {
  expect(momentBefore(NOW, parseMoment('999999999d'))).toBe('1970-01-01T00:00:00.000Z')
  expect(momentAfter(NOW, parseMoment('999999999d'))).toBe('9999-12-31T00:00:00.000Z')
})

test.each(['', 'soon', '30', '30 d', '-1d', '2026', '2026-13-01', '1e3s', '2026-02-01T25:00Z'])(
  '%j is refused',
  (text) => {
    expect(() => parseMoment(text)).toThrow('It must be a time')
  },
)
