import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Alarm } from './alarm.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'hrtime'] })
})
afterEach(() => {
  vi.useRealTimers()
})

test('it rings by the nearest of the deadlines it was given, once', () => {
  const rings: number[] = []
  const alarm: Alarm = new Alarm(() => rings.push(alarm.now))
  const start = alarm.now
  alarm.by(start + 500)
  alarm.by(start + 100)
  alarm.by(start + 300)
  vi.advanceTimersByTime(1_000)
  expect(rings).toEqual([start + 100])
})

test('after it rang it may be asked again', () => {
  let rings = 0
  const alarm: Alarm = new Alarm(() => {
    rings += 1
    if (rings < 3) alarm.by(alarm.now + 10)
  })
  alarm.by(alarm.now + 10)
  vi.advanceTimersByTime(1_000)
  expect(rings).toBe(3)
})

test('off is off, until it is asked again', () => {
  const ring = vi.fn()
  const alarm = new Alarm(ring)
  alarm.by(alarm.now + 10)
  alarm.off()
  vi.advanceTimersByTime(100)
  expect(ring).not.toHaveBeenCalled()
  alarm.by(alarm.now + 500)
  vi.advanceTimersByTime(1_000)
  expect(ring).toHaveBeenCalledTimes(1)
})

test('a deadline too far for a timer does not ring at once', () => {
  const ring = vi.fn()
  const alarm = new Alarm(ring)
  alarm.by(Number.MAX_SAFE_INTEGER)
  vi.advanceTimersByTime(60_000)
  expect(ring).not.toHaveBeenCalled()
  alarm.off()
})
