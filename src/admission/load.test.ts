import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  AT_REST,
  afterSample,
  CALM_MS,
  LOAD_LIMITS,
  type Load,
  type LoadSample,
  loadLimitsOf,
  RISE_COUNT,
  rank,
} from './load.ts'

const HEAP = fc.double({ min: 0, max: 1, noNaN: true })
const LAG = fc.oneof(fc.double({ min: 0, max: 1_500, noNaN: true }), fc.double({ min: 0, max: 10_000, noNaN: true }))

/** Days of a process: each measurement with the load before and after it. */
const days = fc
  .array(fc.record({ afterMs: fc.integer({ min: 1, max: 900 }), lagMs: LAG, heapShare: HEAP }), { maxLength: 120 })
  .map((steps) => {
    let at = 0
    return play(
      steps.map(({ afterMs, lagMs, heapShare }) => {
        at += afterMs
        return { at, lagMs, heapShare }
      }),
    )
  })

interface Moment {
  readonly sample: LoadSample
  readonly before: Load
  readonly after: Load
}

function play(samples: readonly LoadSample[], from = AT_REST): readonly Moment[] {
  let load = from
  return samples.map((sample) => {
    const before = load
    load = afterSample(load, sample)
    return { sample, before, after: load }
  })
}

/** Measurements every tenth of a second. */
function steadily(lagMs: number, seconds: number, heapShare = 0.1): LoadSample[] {
  return Array.from({ length: seconds * 10 }, (_, index) => ({ at: 1e6 + index * 100, lagMs, heapShare }))
}

const levelAfter = (samples: readonly LoadSample[], from = AT_REST) => play(samples, from).at(-1)?.after.level
const asksFor = (level: 'busy' | 'overloaded', { lagMs, heapShare }: LoadSample) =>
  lagMs >= LOAD_LIMITS[level].enter.lagMs || heapShare >= LOAD_LIMITS[level].enter.heapShare

describe('the limits of the levels', () => {
  it('are what an operator wrote; what is not to count never does', () => {
    const limits = loadLimitsOf({
      busy: { lagMs: 80, heapShare: null, forMs: 0 },
      overloaded: { lagMs: null, heapShare: 0.5, forMs: 200 },
    })
    const levelWith = (lagMs: number, heapShare: number) =>
      steadily(lagMs, 2, heapShare).reduce((load, sample) => afterSample(load, sample, limits), AT_REST).level
    expect([levelWith(79, 0.49), levelWith(80, 0.49), levelWith(1e9, 0.49), levelWith(0, 0.5)]).toEqual([
      'normal',
      'busy',
      'busy',
      'overloaded',
    ])
  })
})

describe('the load of a process', () => {
  it('rises only after several measurements in a row that ask for it, for as long as the level says', () => {
    fc.assert(
      fc.property(days, (day) => {
        for (const [index, { before, after, sample }] of day.entries()) {
          if (rank(after.level) <= rank(before.level) || after.level === 'normal') continue
          const { level } = after
          let first = index
          while (first > 0 && asksFor(level, day[first - 1]?.sample ?? sample)) first -= 1
          expect(index - first + 1).toBeGreaterThanOrEqual(RISE_COUNT)
          expect(sample.at - (day[first]?.sample.at ?? 0)).toBeGreaterThanOrEqual(LOAD_LIMITS[level].forMs)
        }
      }),
    )
  })

  it('falls one step at a time, after two seconds that were all well below it', () => {
    fc.assert(
      fc.property(days, (day) => {
        for (const [index, { before, after, sample }] of day.entries()) {
          if (rank(after.level) >= rank(before.level) || before.level === 'normal') continue
          expect(rank(before.level) - rank(after.level)).toBe(1)
          const limits = LOAD_LIMITS[before.level].leave
          const calm = day.slice(0, index + 1).filter((moment) => sample.at - moment.sample.at <= CALM_MS)
          for (const { sample: one, before: then } of calm) {
            expect(one.lagMs < limits.lagMs && one.heapShare < limits.heapShare).toBe(true)
            expect(then.level).toBe(before.level)
          }
        }
      }),
    )
  })

  it('does not flap: whatever it rose to, it stays there for two seconds at least', () => {
    fc.assert(
      fc.property(days, (day) => {
        const changes = day.filter(({ before, after }) => before.level !== after.level)
        for (const [index, { sample, before, after }] of changes.entries()) {
          const last = changes[index - 1]
          if (last && rank(after.level) < rank(before.level)) {
            expect(sample.at - last.sample.at).toBeGreaterThanOrEqual(CALM_MS)
          }
        }
      }),
    )
  })

  it('settles where a steady measurement belongs, whatever was before', () => {
    fc.assert(
      fc.property(days, LAG, HEAP, (day, lagMs, heapShare) => {
        const before = day.at(-1)?.after ?? AT_REST
        const level = levelAfter(steadily(lagMs, 8, heapShare), before)
        const [sample] = steadily(lagMs, 1, heapShare)
        if (!sample) return
        const { leave } = LOAD_LIMITS.busy
        if (asksFor('overloaded', sample)) expect(level).toBe('overloaded')
        else if (asksFor('busy', sample)) expect(level).not.toBe('normal')
        if (lagMs < leave.lagMs && heapShare < leave.heapShare) expect(level).toBe('normal')
      }),
    )
  })

  it('takes no notice of one long collection, nor of a second in which many streams begin', () => {
    const samples = [
      ...steadily(5, 3),
      { at: 2e6, lagMs: 4_000, heapShare: 0.5 },
      { at: 2e6 + 100, lagMs: 3, heapShare: 0.2 },
    ]
    expect(levelAfter(samples)).toBe('normal')
    expect(levelAfter([...steadily(5, 1), ...steadily(900, 0.9)])).toBe('normal')
    expect(levelAfter(steadily(2_000, 4))).toBe('busy')
  })

  it('is overloaded by a heap that stays full as by a loop that stays late', () => {
    expect(levelAfter(steadily(0, 6, 0.95))).toBe('overloaded')
    expect(levelAfter(steadily(1_100, 6))).toBe('overloaded')
    expect(levelAfter(steadily(250, 2))).toBe('busy')
    expect(levelAfter(steadily(0, 2, 0.86))).toBe('busy')
  })
})
