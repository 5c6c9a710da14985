import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SlotPool } from './slot-pool.ts'

const WANT_MS = 200

/** A pool under load: calls come, wait where they may, are asked again when a place comes free, and end. */
class World {
  readonly pool = new SlotPool()
  readonly limit: number
  /** Running calls, by lease. */
  readonly running = new Map<string, string>()
  readonly waiting: { readonly lease: string; readonly holder: string }[] = []
  readonly grants: string[] = []
  nowMs = 0
  #calls = 0

  constructor(limit: number) {
    this.limit = limit
  }

  come(holder: string): 'runs' | 'waits' | 'refused' {
    const applicant = { lease: `l${this.#calls++}`, holder }
    if (this.#try(applicant)) return 'runs'
    const answer = this.pool.ask(applicant, this.limit, this.nowMs)
    if (!this.#want(applicant, answer)) return 'refused'
    this.waiting.push(applicant)
    return 'waits'
  }

  /** Ends a running call; who waits asks again. */
  end(lease: string): void {
    this.running.delete(lease)
    this.pool.release(lease)
    for (const applicant of [...this.waiting]) {
      if (this.#try(applicant)) this.waiting.splice(this.waiting.indexOf(applicant), 1)
      else this.#want(applicant, this.pool.ask(applicant, this.limit, this.nowMs))
    }
  }

  heldBy(holder: string): number {
    return [...this.running.values()].filter((one) => one === holder).length
  }

  #want(applicant: { lease: string; holder: string }, answer: ReturnType<SlotPool['ask']>): boolean {
    const time = { nowMs: this.nowMs, wantMs: WANT_MS }
    return this.pool.want(applicant, { answer, limit: this.limit, patience: 'share' }, time)
  }

  #try(applicant: { lease: string; holder: string }): boolean {
    if (this.pool.ask(applicant, this.limit, this.nowMs) !== 'free') return false
    // The rule itself, from what the world knows: a place for everybody who waits, has fewer and is not this call.
    const mine = this.heldBy(applicant.holder)
    const first = this.waiting.filter((one) => one.lease !== applicant.lease && this.heldBy(one.holder) < mine)
    expect(this.limit - this.running.size).toBeGreaterThan(first.length)
    this.pool.take(applicant)
    this.running.set(applicant.lease, applicant.holder)
    this.grants.push(applicant.holder)
    return true
  }
}

const events = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ come: fc.constantFrom('A', 'A', 'A', 'A', 'A', 'A', 'B', 'C') }) },
    { weight: 2, arbitrary: fc.record({ end: fc.nat(1_000) }) },
  ),
  { maxLength: 300 },
)

describe('the places of a pool', () => {
  it('are never more than the limit, never idle while somebody waits, and never given past one who has fewer', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), events, (limit, sequence) => {
        const world = new World(limit)
        for (const event of sequence) {
          if ('come' in event) {
            const free = world.running.size < limit && world.waiting.length === 0
            const outcome = world.come(event.come)
            if (free) expect(outcome).toBe('runs')
          } else {
            const leases = [...world.running.keys()]
            const lease = leases[event.end % Math.max(1, leases.length)]
            if (lease) world.end(lease)
          }
          expect(world.pool.size).toBe(world.running.size)
          expect(world.running.size).toBeLessThanOrEqual(limit)
          if (world.waiting.length > 0) expect(world.running.size).toBe(limit)
        }
      }),
    )
  })

  it('are shared max-min after each came free once, however much faster one holder asks', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 24 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.nat(1_000), { minLength: 200, maxLength: 200 }),
        (limit, others, ends) => {
          const world = new World(limit)
          const quiet = Array.from({ length: others }, (_, index) => `quiet ${index}`)
          for (let count = 0; count < limit; count += 1) world.come('noisy')
          const share = Math.floor(limit / (others + 1))
          for (const [step, end] of ends.entries()) {
            // The quiet ones keep one call more than they have waiting; the noisy one comes 50 times a step.
            for (const holder of quiet) {
              while (world.waiting.filter((one) => one.holder === holder).length < 1) {
                if (world.come(holder) === 'refused') break
              }
            }
            for (let count = 0; count < 50; count += 1) world.come('noisy')
            const leases = [...world.running.keys()]
            // In the first rounds every place that the noisy one took at first comes free.
            const lease = step < limit ? leases.find((one) => world.running.get(one) === 'noisy') : undefined
            world.end(lease ?? leases[end % leases.length] ?? '')
            if (step < limit) continue
            for (const holder of quiet) expect(world.heldBy(holder)).toBeGreaterThanOrEqual(share - 1)
          }
          // Nor does the noisy one starve: it is a holder like the others.
          expect(world.heldBy('noisy')).toBeGreaterThanOrEqual(Math.min(1, share - 1))
        },
      ),
    )
  })

  it('owe a newcomer one while the others have all of them', () => {
    const world = new World(4)
    for (let count = 0; count < 4; count += 1) expect(world.come('A')).toBe('runs')
    expect(world.come('A')).toBe('refused')
    expect([world.come('B'), world.come('B'), world.come('B')]).toEqual(['waits', 'waits', 'refused'])
    world.end('l0')
    expect(world.come('A')).toBe('refused')
    expect(world.heldBy('B')).toBe(1)
  })
})
