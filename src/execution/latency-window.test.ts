import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DeploymentLatency, LatencyWindow } from './latency-window.ts'

const SECOND = 1_000

function filled(...times: readonly number[]): LatencyWindow {
  const window = new LatencyWindow()
  for (const ms of times) window.note(0, ms)
  return window
}

describe('how long the last answers took', () => {
  it('is not said of fewer than 20', () => {
    const window = filled(...Array.from({ length: 19 }, () => 100))
    expect(window.read(0)).toBeNull()
    window.note(0, 100)
    expect(window.read(0)?.samples).toBe(20)
  })

  it('is within a tenth of what sorting would say, whatever they took', () => {
    const time = fc.integer({ min: 1, max: 600_000 })
    fc.assert(
      fc.property(fc.array(time, { minLength: 20, maxLength: 300 }), (times) => {
        const sorted = times.toSorted((one, other) => one - other)
        const exact = (share: number) => sorted[Math.ceil(times.length * share) - 1] ?? 0
        const { p50Ms = 0, p95Ms = 0 } = filled(...times).read(0) ?? {}
        for (const [told, true_] of [
          [p50Ms, exact(0.5)],
          [p95Ms, exact(0.95)],
        ] as const)
          expect(Math.abs(told - true_)).toBeLessThanOrEqual(true_ * 0.1 + 1)
      }),
    )
  })

  it('leaves one of twenty out of the 95th percentile', () => {
    const usual = Array.from({ length: 19 }, () => 100)
    expect(filled(...usual, 60_000).read(0)?.p95Ms).toBeLessThan(110)
    expect(filled(...usual.slice(1), 60_000, 60_000).read(0)?.p95Ms).toBeGreaterThan(50_000)
  })

  it('follows what changes, and forgets what is some minutes old', () => {
    const window = new LatencyWindow()
    const note = (fromSecond: number, ms: number) => {
      for (let second = fromSecond; second < fromSecond + 100; second += 1) window.note(second * SECOND, ms)
    }
    note(0, 100)
    note(150, 2_000)
    expect(window.read(250 * SECOND)).toMatchObject({ samples: 200 })
    expect(window.read(250 * SECOND)?.p95Ms).toBeGreaterThan(1_800)
    note(300, 2_000)
    expect(window.read(400 * SECOND)?.p50Ms).toBeGreaterThan(1_800)
    expect(window.read(601 * SECOND)).toBeNull()
  })

  it('is known again at once when more came', () => {
    const window = filled(...Array.from({ length: 20 }, () => 100))
    expect(window.read(0)?.p95Ms).toBeLessThan(110)
    for (let time = 0; time < 20; time += 1) window.note(SECOND, 3_000)
    expect(window.read(SECOND)?.p95Ms).toBeGreaterThan(2_700)
  })
})

describe('a silence that was given up', () => {
  it('counts where it is longer than usual, and says nothing where many answers take as long', () => {
    const window = filled(...Array.from({ length: 40 }, () => 1_000))
    window.noteAtLeast(0, 200)
    expect(window.read(0)?.samples).toBe(40)
    for (let time = 0; time < 4; time += 1) window.noteAtLeast(0, 5_000)
    expect(window.read(0)?.p95Ms).toBeGreaterThan(4_500)
  })
})

describe('the times of a deployment', () => {
  it('are kept apart for streams and for answers in one piece', () => {
    const latency = new DeploymentLatency()
    for (let time = 0; time < 20; time += 1) latency.of(true).note(0, 100)
    expect(latency.read(0, true)?.samples).toBe(20)
    expect(latency.read(0, false)).toBeNull()
  })
})
