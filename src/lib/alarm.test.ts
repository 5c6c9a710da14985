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
  const alarm: Alarm = new Alarm({ ring: () => rings.push(alarm.now) })
  const start = alarm.now
  alarm.by(start + 500)
  alarm.by(start + 100)
  alarm.by(start + 300)
  vi.advanceTimersByTime(1_000)
  expect(rings).toEqual([start + 100])
})

test('after it rang it may be asked again', () => {
  let rings = 0
  const alarm: Alarm = new Alarm({
    ring() {
      rings += 1
      if (rings < 3) alarm.by(alarm.now + 10)
    },
  })
  alarm.by(alarm.now + 10)
  vi.advanceTimersByTime(1_000)
  expect(rings).toBe(3)
})

test('off is off, until it is asked again', () => {
  const ring = vi.fn()
  const alarm = new Alarm({ ring })
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
  const alarm = new Alarm({ ring })
  alarm.by(Number.MAX_SAFE_INTEGER)
  vi.advanceTimersByTime(60_000)
  expect(ring).not.toHaveBeenCalled()
  alarm.off()
})

test('far deadlines ring to the millisecond, each alarm at its own', () => {
  const rings: [string, number][] = []
  const start = new Alarm({ ring: () => undefined }).now
  const alarms = new Map<string, Alarm>()
  for (const [name, afterMs] of [
    ['a', 10_001],
    ['b', 60_000],
    ['c', 14_999],
    ['d', 700_000],
  ] as const) {
    vi.advanceTimersByTime(700)
    const alarm: Alarm = new Alarm({ ring: () => rings.push([name, Math.round(alarm.now - start)]) })
    alarm.by(start + afterMs)
    alarms.set(name, alarm)
  }
  vi.advanceTimersByTime(1_000_000)
  expect(rings).toEqual([
    ['a', 10_001],
    ['c', 14_999],
    ['b', 60_000],
    ['d', 700_000],
  ])
})

test('a far deadline comes nearer when it is asked for, and never when the alarm is off', () => {
  const ring = vi.fn()
  const off = vi.fn()
  const [alarm, other] = [new Alarm({ ring }), new Alarm({ ring: off })]
  alarm.by(alarm.now + 120_000)
  other.by(other.now + 120_000)
  vi.advanceTimersByTime(20_000)
  alarm.by(alarm.now + 50)
  other.off()
  vi.advanceTimersByTime(50)
  expect(ring).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(200_000)
  expect(ring).toHaveBeenCalledTimes(1)
  expect(off).not.toHaveBeenCalled()
})

test('alarms share one timer while they are far from ringing, and leave none behind', () => {
  const alarms = Array.from({ length: 9 }, () => new Alarm({ ring: () => undefined }))
  for (const alarm of alarms) alarm.by(alarm.now + 60_000)
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(30_000)
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(25_000)
  expect(vi.getTimerCount()).toBe(9)
  for (const alarm of alarms) alarm.off()
  expect(vi.getTimerCount()).toBe(0)
})
