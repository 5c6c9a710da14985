import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Breaker,
  type BreakerEvent,
  type BreakerSettings,
  CLOSED,
  ejectionMs,
  isLeased,
  LEASE_MS,
  LONGEST_EJECTION_MS,
  reduce,
} from './circuit-breaker.ts'

const SETTINGS: BreakerSettings = { failures: 3, p95Ms: null, openForMs: 30_000 }

const failed = (breaker: Breaker, at = 0) => reduce(breaker, { type: 'failed', epoch: breaker.epoch, at }, SETTINGS)
const opened = (at = 0): Breaker => failed(failed(failed(CLOSED, at), at), at)
const ask = (breaker: Breaker, at: number, now = false) => reduce(breaker, { type: 'asked', at, now }, SETTINGS)
const tell = (breaker: Breaker, type: 'answered' | 'succeeded' | 'tripped' | 'released', at: number) =>
  reduce(breaker, { type, epoch: breaker.epoch, at }, SETTINGS)

describe('a closed breaker', () => {
  it('opens with so many failures in a row, and not with more of them that have a success between', () => {
    expect(opened()).toMatchObject({ phase: 'open', until: 30_000 })
    let breaker = CLOSED
    for (let time = 0; time < 20; time += 1) breaker = tell(failed(failed(breaker)), 'succeeded', 0)
    expect(breaker.phase).toBe('closed')
  })

  it('does not open for what says nothing: a thousand callers who left', () => {
    let breaker = failed(failed(CLOSED))
    for (let time = 0; time < 1000; time += 1) breaker = tell(breaker, 'released', time)
    expect(breaker).toMatchObject({ phase: 'closed', failures: 2 })
  })

  it('never opens for failures when that is switched off, but does when it is tripped', () => {
    let breaker = CLOSED
    const off = { ...SETTINGS, failures: null }
    for (let time = 0; time < 100; time += 1) {
      breaker = reduce(breaker, { type: 'failed', epoch: breaker.epoch, at: time }, off)
    }
    expect(breaker.phase).toBe('closed')
    expect(tell(breaker, 'tripped', 100).phase).toBe('open')
  })

  it('is the same object after a success: nothing is made for the calls that go well', () => {
    expect(tell(CLOSED, 'succeeded', 1)).toBe(CLOSED)
    expect(tell(CLOSED, 'answered', 1)).toBe(CLOSED)
    expect(ask(CLOSED, 1)).toBe(CLOSED)
  })
})

describe('an open breaker', () => {
  it('lets nobody through before its time, unless nobody else is left', () => {
    const breaker = opened()
    expect(ask(breaker, 29_999)).toBe(breaker)
    expect(isLeased(breaker, ask(breaker, 29_999, true))).toBe(true)
    expect(isLeased(breaker, ask(breaker, 30_000))).toBe(true)
  })

  it('is not closed by the late success of a call that began before', () => {
    const breaker = opened()
    for (const type of ['answered', 'succeeded', 'failed', 'released'] as const) {
      expect(reduce(breaker, { type, epoch: CLOSED.epoch, at: 5 }, SETTINGS)).toBe(breaker)
    }
  })
})

describe('a half-open breaker', () => {
  it('has one probe, however many ask, in turn or when nobody else is left', () => {
    let breaker = opened()
    let probes = 0
    for (let waiter = 0; waiter < 100; waiter += 1) {
      const after = ask(breaker, 30_000 + waiter, waiter % 2 === 0)
      if (isLeased(breaker, after)) probes += 1
      breaker = after
    }
    expect(probes).toBe(1)
  })

  it('closes with the first content of its probe', () => {
    expect(tell(ask(opened(), 30_000), 'answered', 30_100)).toMatchObject({ phase: 'closed', failures: 0 })
  })

  it('ejects again when the probe fails, and for twice as long when the next one does', () => {
    const again = failed(ask(opened(), 30_000), 31_000)
    expect(again).toMatchObject({ phase: 'open', until: 61_000 })
    expect(failed(ask(again, 61_000), 62_000)).toMatchObject({ phase: 'open', until: 122_000 })
  })

  it('is ejected for no longer by calls that had nobody else to go to, however many fail', () => {
    const again = failed(ask(opened(), 30_000), 31_000)
    let breaker = failed(ask(again, 61_000), 62_000)
    for (let at = 62_000; at < 82_000; at += 1_000) breaker = failed(ask(breaker, at, true), at + 100)
    expect(breaker).toMatchObject({ phase: 'open', since: 81_100, until: 141_100 })
    expect(failed(ask(breaker, 141_100), 141_200)).toMatchObject({ until: 141_200 + 120_000 })
  })

  it('gives the lease to the next call when the probe was given up by its caller', () => {
    const breaker = tell(ask(opened(), 30_000), 'released', 30_010)
    expect(breaker).toMatchObject({ phase: 'open', until: 30_010, ejections: 1 })
    expect(isLeased(breaker, ask(breaker, 30_010))).toBe(true)
  })

  it('keeps the lease for a probe that is on its way and says so; nobody else can', () => {
    const leased = ask(opened(), 30_000)
    const renewed = reduce(leased, { type: 'renewed', epoch: leased.epoch, at: 70_000 }, SETTINGS)
    expect(renewed).toEqual({ ...leased, until: 70_000 + LEASE_MS })
    expect(ask(renewed, 30_000 + LEASE_MS)).toBe(renewed)
    expect(reduce(leased, { type: 'renewed', epoch: leased.epoch - 1, at: 70_000 }, SETTINGS)).toBe(leased)
    const closed = tell(renewed, 'answered', 80_000)
    expect(reduce(closed, { type: 'renewed', epoch: closed.epoch, at: 81_000 }, SETTINGS)).toBe(closed)
  })

  it('gives the lease to another when the probe is lost, whose word then counts no more', () => {
    const lost = ask(opened(), 30_000)
    const other = ask(lost, 30_000 + LEASE_MS)
    expect(isLeased(lost, other)).toBe(true)
    expect(reduce(other, { type: 'answered', epoch: lost.epoch, at: 95_000 }, SETTINGS)).toBe(other)
  })
})

describe('ejections', () => {
  it('grow while they follow one another closely, up to ten minutes, and begin anew after a good time', () => {
    let breaker = opened()
    let at = 0
    const lengths: number[] = []
    for (let time = 0; time < 7; time += 1) {
      lengths.push(breaker.until - breaker.since)
      at = breaker.until
      breaker = tell(ask(breaker, at), 'answered', at)
      for (let failure = 0; failure < 3; failure += 1) breaker = failed(breaker, at)
    }
    expect(lengths).toEqual([30, 30, 60, 120, 240, 480, 600].map((seconds) => seconds * 1000))
    breaker = tell(ask(breaker, breaker.until), 'answered', breaker.until)
    const later = breaker.since + LONGEST_EJECTION_MS + 1
    for (let failure = 0; failure < 3; failure += 1) breaker = failed(breaker, later)
    expect(breaker.until - breaker.since).toBe(30_000)
  })

  it('are never shorter than the operator wrote', () => {
    expect(ejectionMs(4, { ...SETTINGS, openForMs: 3_600_000 })).toBe(3_600_000)
  })
})

describe('whatever happens, in whatever order', () => {
  const step = fc.record({
    type: fc.constantFrom('asked', 'answered', 'succeeded', 'failed', 'tripped', 'renewed', 'released' as const),
    after: fc.integer({ min: 0, max: 40_000 }),
    now: fc.boolean(),
    /** Which of the attempts that have begun it is about, from the newest. */
    back: fc.nat(5),
  })

  it('there is never more than one live lease, epochs only grow, and only the newest epoch changes anything', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        let breaker = CLOSED
        let at = 0
        let leaseEnds = Number.NEGATIVE_INFINITY
        const epochs = [CLOSED.epoch]
        for (const { type, after, now, back } of steps) {
          at += after
          const epoch = epochs.at(-1 - back) ?? 0
          const event: BreakerEvent = type === 'asked' ? { type, at, now } : { type, epoch, at }
          const changed = reduce(breaker, event, SETTINGS)
          if (type !== 'asked' && epoch !== breaker.epoch) expect(changed).toBe(breaker)
          expect(changed.epoch).toBe(
            breaker.epoch + (changed.phase === breaker.phase && changed.epoch === breaker.epoch ? 0 : 1),
          )
          if (type === 'renewed') leaseEnds = Math.max(leaseEnds, changed === breaker ? leaseEnds : changed.until)
          else if (isLeased(breaker, changed)) {
            if (breaker.phase === 'half-open') expect(at).toBeGreaterThanOrEqual(leaseEnds)
            leaseEnds = changed.until
          }
          if (changed.phase === 'open') expect(changed.until - changed.since).toBeLessThanOrEqual(LONGEST_EJECTION_MS)
          if (changed.phase === 'closed') expect(changed.failures).toBeLessThan(3)
          if (changed.epoch !== breaker.epoch) epochs.push(changed.epoch)
          breaker = changed
        }
      }),
    )
  })

  it('a deployment that is well again is called again: asked long enough, there is a probe', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        let breaker = CLOSED
        let at = 0
        for (const { type, after, now } of steps) {
          at += after
          breaker = reduce(breaker, type === 'asked' ? { type, at, now } : { type, epoch: breaker.epoch, at }, SETTINGS)
        }
        const asked = ask(breaker, at + LONGEST_EJECTION_MS)
        const well = asked.phase === 'closed' ? asked : tell(asked, 'answered', at + LONGEST_EJECTION_MS)
        expect(well.phase).toBe('closed')
      }),
    )
  })
})
