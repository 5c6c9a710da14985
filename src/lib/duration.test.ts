import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { durationText, parseDurationMs } from './duration.ts'

describe('durations', () => {
  test.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['1.5s', 1500],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
    ['0s', 0],
    ['0.1ms', 1],
  ])('%s is %d ms', (text, durationMs) => {
    expect(parseDurationMs(text)).toBe(durationMs)
  })

  test.each(['', '10', '10 s', 's', '-1s', '1e3s', '1.s', '1week', '10S', '1s ', '٣s'])('%j is none', (text) => {
    expect(parseDurationMs(text)).toBeUndefined()
  })

  test('what is written is read back the same', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10 ** 12 }), (durationMs) => {
        expect(parseDurationMs(durationText(durationMs))).toBe(durationMs)
      }),
    )
  })
})
