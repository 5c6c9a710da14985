import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../lib/ids.ts'
import { createMemoryLimits } from '../memory/limit-store.ts'
import type {
  LimitAsk,
  LimitLook,
  LimitStore,
  LimitVerdict,
  Patience,
  RateRule,
  RateTake,
  Slot,
} from './limit-store.ts'

/** A limit store that a contract suite may use alone, and its clock. */
export interface LimitsUnderTest {
  readonly store: LimitStore
  /** The store's time, in ms. */
  time: { nowMs: number }
  close(): Promise<void>
}

const MINUTE_MS = 60_000
const WANT_MS = 200

const rule = (limit: number, windowMs = MINUTE_MS): RateRule => ({ id: newId('rule'), limit, windowMs })

function asking(rates: readonly RateTake[], slots: readonly Slot[] = [], patience: Patience = 'none'): LimitAsk {
  return { rates, slots, patience, wantMs: WANT_MS }
}

/** What every limit store must do, wherever it counts. */
export function limitStoreContract(open: () => Promise<LimitsUnderTest>): void {
  let under: LimitsUnderTest
  beforeAll(async () => {
    under = await open()
  })
  afterAll(() => under.close())
  const take = async (ask: LimitAsk): Promise<LimitVerdict> => under.store.take(ask)
  const takeOne = async (of: RateRule, amount = 1, value = 'v') => {
    const { admitted, rates } = await take(asking([{ rule: of, value, amount }]))
    return { admitted, ...rates[0] }
  }

  describe('a rate', () => {
    it('lets the whole limit through at once, then says exactly when the next one fits', async () => {
      const ten = rule(10)
      for (let left = 9; left >= 0; left -= 1) {
        expect(await takeOne(ten)).toEqual({ admitted: true, remaining: left, resetMs: (10 - left) * 6_000, waitMs: 0 })
      }
      expect(await takeOne(ten)).toEqual({ admitted: false, remaining: 0, resetMs: 60_000, waitMs: 6_000 })
      under.time.nowMs += 5_999
      expect(await takeOne(ten)).toMatchObject({ admitted: false, waitMs: 1 })
      under.time.nowMs += 1
      expect(await takeOne(ten)).toMatchObject({ admitted: true, remaining: 0 })
    })

    it('does not count what it refuses', async () => {
      const two = rule(2)
      for (let count = 0; count < 2; count += 1) await takeOne(two)
      for (let count = 0; count < 20; count += 1) await takeOne(two)
      under.time.nowMs += MINUTE_MS / 2
      expect(await takeOne(two)).toMatchObject({ admitted: true })
    })

    it('has no edge at which two bursts meet', async () => {
      const ten = rule(10)
      under.time.nowMs += MINUTE_MS - (under.time.nowMs % MINUTE_MS) - 10
      for (let count = 0; count < 10; count += 1) await takeOne(ten)
      under.time.nowMs += 20
      expect(await takeOne(ten)).toMatchObject({ admitted: false })
    })

    it('counts each value and each rule apart', async () => {
      const [one, other] = [rule(1), rule(1)]
      expect(await takeOne(one, 1, 'a')).toMatchObject({ admitted: true })
      expect(await takeOne(one, 1, 'b')).toMatchObject({ admitted: true })
      expect(await takeOne(other, 1, 'a')).toMatchObject({ admitted: true })
      expect(await takeOne(one, 1, 'a')).toMatchObject({ admitted: false })
    })

    it('takes the limit from each ask, so that a changed one counts at once and what was used stays used', async () => {
      const small = rule(10)
      for (let count = 0; count < 10; count += 1) await takeOne(small)
      expect(await takeOne({ ...small, limit: 15 })).toMatchObject({ admitted: true, remaining: 4 })
      expect(await takeOne({ ...small, limit: 5 })).toMatchObject({ admitted: false, waitMs: 84_000 })
    })

    it('of 0 lets nothing through, and says so for the whole window', async () => {
      expect(await takeOne(rule(0))).toEqual({
        admitted: false,
        remaining: 0,
        resetMs: MINUTE_MS,
        waitMs: MINUTE_MS,
      })
    })

    it('lets one ask for more than the limit through when nothing is counted, and counts all of it', async () => {
      const hundred = rule(100)
      expect(await takeOne(hundred, 250)).toMatchObject({ admitted: true, remaining: 0, resetMs: 150_000 })
      expect(await takeOne(hundred, 250)).toMatchObject({ admitted: false, waitMs: 150_000 })
      expect(await takeOne(hundred)).toMatchObject({ admitted: false, waitMs: 90_600 })
    })

    it('is put right afterwards, up and down, and never below nothing', async () => {
      const hundred = rule(100)
      const change = (amount: number, most?: number) =>
        under.store.correct([{ rule: hundred, value: 'v', amount, ...(most === undefined ? {} : { most }) }])
      await takeOne(hundred, 60)
      change(-50)
      expect(await takeOne(hundred, 0)).toMatchObject({ remaining: 90 })
      change(85)
      expect(await takeOne(hundred, 10)).toMatchObject({ admitted: false, remaining: 5, waitMs: 3_000 })
      change(900)
      expect(await takeOne(hundred, 1)).toMatchObject({ admitted: false, waitMs: 537_600 })
      change(0, 70)
      expect(await takeOne(hundred, 0)).toMatchObject({ remaining: 30 })
      change(-1_000)
      expect(await takeOne(hundred, 100)).toMatchObject({ admitted: true, remaining: 0 })
    })

    it('of a month of a billion tokens is right to the token', async () => {
      const month = rule(1_000_000_000, 31 * 86_400_000)
      expect(await takeOne(month, 999_999_999)).toMatchObject({ admitted: true, remaining: 1 })
      expect(await takeOne(month, 1)).toMatchObject({ admitted: true, remaining: 0 })
      expect(await takeOne(month, 1)).toMatchObject({ admitted: false })
    })
  })

  describe('several limits of one call', () => {
    it('are counted all or not at all', async () => {
      const [wide, narrow] = [rule(5), rule(1)]
      const both = asking([
        { rule: wide, value: 'v', amount: 1 },
        { rule: narrow, value: 'v', amount: 1 },
      ])
      expect(await take(both)).toMatchObject({ admitted: true, rates: [{ remaining: 4 }, { remaining: 0 }] })
      for (let count = 0; count < 3; count += 1) {
        expect(await take(both)).toMatchObject({
          admitted: false,
          rates: [
            { remaining: 4, waitMs: 0 },
            { remaining: 0, waitMs: 60_000 },
          ],
        })
      }
      expect(await takeOne(wide, 4)).toMatchObject({ admitted: true })
    })

    it('give no slot when a rate refuses, and count no rate when a slot is refused', async () => {
      const [rate, places] = [rule(2), { id: newId('rule'), limit: 1 }]
      const ask = (lease: string) =>
        asking([{ rule: rate, value: 'v', amount: 1 }], [{ rule: places, value: 'v', holder: '', lease }])
      expect(await take(ask('a'))).toMatchObject({ admitted: true, slots: [{ held: 1, refused: false }] })
      expect(await take(ask('b'))).toMatchObject({ admitted: false, slots: [{ held: 1, refused: true }] })
      under.store.release(ask('a').slots)
      expect(await take(ask('c'))).toMatchObject({ admitted: true, rates: [{ remaining: 0 }] })
      under.store.release(ask('c').slots)
      expect(await take(ask('d'))).toMatchObject({ admitted: false, slots: [{ held: 0, refused: false }] })
    })

    it('let exactly as many of 64 at once through as fit', async () => {
      const [rate, places] = [rule(50), { id: newId('rule'), limit: 7 }]
      const verdicts = await Promise.all(
        Array.from({ length: 64 }, (_, index) =>
          take(
            asking(
              [{ rule: rate, value: 'v', amount: 1 }],
              [{ rule: places, value: 'v', holder: 'h', lease: `l${index}` }],
            ),
          ),
        ),
      )
      expect(verdicts.filter(({ admitted }) => admitted)).toHaveLength(7)
      expect(await takeOne(rate, 0)).toMatchObject({ remaining: 43 })
    })
  })

  describe('slots', () => {
    const pool = (limit: number) => {
      const of = { id: newId('rule'), limit }
      return (lease: string, holder = ''): Slot => ({ rule: of, value: 'v', holder, lease })
    }
    const enter = async (slot: Slot, patience: Patience = 'none') => take(asking([], [slot], patience))

    it('come back once, however often they are released', async () => {
      const slot = pool(2)
      for (const lease of ['a', 'b']) expect(await enter(slot(lease))).toMatchObject({ admitted: true })
      for (let count = 0; count < 3; count += 1) under.store.release([slot('a'), slot('never taken')])
      expect(await enter(slot('c'))).toMatchObject({ admitted: true, slots: [{ held: 2 }] })
      expect(await enter(slot('d'))).toMatchObject({ admitted: false })
    })

    it('that are said to be held are held, above the limit too, and once', async () => {
      const slot = pool(1)
      under.store.hold([slot('a'), slot('b')])
      under.store.hold([slot('a')])
      expect(await enter(slot('c'))).toMatchObject({ admitted: false, slots: [{ held: 2 }] })
      under.store.release([slot('a'), slot('b')])
      expect(await enter(slot('c'))).toMatchObject({ admitted: true, slots: [{ held: 1 }] })
    })

    it('are all for one holder while no other wants any', async () => {
      const slot = pool(3)
      for (const lease of ['a', 'b', 'c']) expect(await enter(slot(lease, 'A'))).toMatchObject({ admitted: true })
      expect(await enter(slot('d', 'A'), 'share')).toMatchObject({ admitted: false, wanting: false })
    })

    it('that come free go to who has fewer and wants one, not to who has many', async () => {
      const slot = pool(4)
      for (const lease of ['a', 'b', 'c', 'd']) await enter(slot(lease, 'A'))
      expect(await enter(slot('e', 'B'), 'share')).toMatchObject({ admitted: false, wanting: true })
      under.store.release([slot('a', 'A')])
      expect(await enter(slot('f', 'A'), 'share')).toMatchObject({ admitted: false, wanting: false })
      expect(await enter(slot('e', 'B'), 'share')).toMatchObject({ admitted: true })
      under.store.release([slot('b', 'A')])
      expect(await enter(slot('g', 'A'))).toMatchObject({ admitted: true })
    })

    it('are kept for nobody who gave up or does not ask again', async () => {
      const slot = pool(1)
      await enter(slot('a', 'A'))
      await enter(slot('b', 'B'), 'share')
      under.store.release([slot('a', 'A'), slot('b', 'B')])
      expect(await enter(slot('c', 'A'))).toMatchObject({ admitted: true })
      await enter(slot('d', 'B'), 'share')
      under.store.release([slot('c', 'A')])
      expect(await enter(slot('e', 'A'))).toMatchObject({ admitted: false })
      under.time.nowMs += WANT_MS
      expect(await enter(slot('e', 'A'))).toMatchObject({ admitted: true })
    })

    it('go to those who queue in the order in which they came, when they have as many', async () => {
      const slot = pool(1)
      await enter(slot('a', 'A'))
      expect(await enter(slot('b', 'A'), 'any')).toMatchObject({ wanting: true })
      under.time.nowMs += 1
      expect(await enter(slot('c', 'A'), 'any')).toMatchObject({ wanting: true })
      under.store.release([slot('a', 'A')])
      expect(await enter(slot('d', 'A'), 'none')).toMatchObject({ admitted: false })
      expect(await enter(slot('c', 'A'), 'any')).toMatchObject({ admitted: false })
      expect(await enter(slot('b', 'A'), 'any')).toMatchObject({ admitted: true })
    })
  })

  describe('who looks', () => {
    const peek = async (looks: readonly LimitLook[]) => under.store.peek(looks)

    it('sees what is used and left of a rate, begun units as whole, and when all of it is back', async () => {
      const hundred = rule(100)
      const looks = [{ rule: hundred, value: 'v' }]
      expect(await peek(looks)).toEqual([{ used: 0, left: 100, resetMs: 0 }])
      await takeOne(hundred, 30)
      expect(await peek(looks)).toEqual([{ used: 30, left: 70, resetMs: 18_000 }])
      under.time.nowMs += 300
      expect(await peek(looks)).toEqual([{ used: 30, left: 70, resetMs: 17_700 }])
      under.time.nowMs += 17_700
      expect(await peek(looks)).toEqual([{ used: 0, left: 100, resetMs: 0 }])
    })

    it('sees more used than the limit has when calls were larger than expected', async () => {
      const hundred = rule(100)
      under.store.correct([{ rule: hundred, value: 'v', amount: 250 }])
      expect(await peek([{ rule: hundred, value: 'v' }])).toEqual([{ used: 250, left: 0, resetMs: 150_000 }])
    })

    it('sees the places that are taken, not those that are wanted', async () => {
      const places = { id: newId('rule'), limit: 1 }
      const slot = (lease: string, holder: string): Slot => ({ rule: places, value: 'v', holder, lease })
      await take(asking([], [slot('a', 'A')]))
      await take(asking([], [slot('b', 'B')], 'share'))
      expect(await peek([{ rule: places, value: 'v' }])).toEqual([{ used: 1, left: 0, resetMs: null }])
      under.store.hold([slot('b', 'B')])
      expect(await peek([{ rule: places, value: 'v' }])).toEqual([{ used: 2, left: 0, resetMs: null }])
      under.store.release([slot('a', 'A'), slot('b', 'B')])
      expect(await peek([{ rule: places, value: 'v' }])).toEqual([{ used: 0, left: 1, resetMs: null }])
    })

    it('sees any number of counts, in the order of the looks, and by the limit of each', async () => {
      const five = rule(5)
      const places = { id: newId('rule'), limit: 3 }
      for (const value of ['a', 'b', 'b']) await takeOne(five, 1, value)
      await take(asking([], [{ rule: places, value: 'b', holder: '', lease: 'l' }]))
      const empty = Array.from({ length: 1_200 }, (_, index) => ({ rule: five, value: `nobody-${index}` }))
      const seen = await peek([
        { rule: places, value: 'b' },
        ...empty,
        { rule: five, value: 'b' },
        { rule: { ...five, limit: 1 }, value: 'a' },
      ])
      expect(seen).toHaveLength(1_203)
      expect([seen[0], ...seen.slice(-3)].map((use) => [use?.used, use?.left])).toEqual([
        [1, 2],
        [0, 5],
        [2, 3],
        [1, 0],
      ])
      expect(await peek([])).toEqual([])
    })

    it('changes nothing', async () => {
      const two = rule(2)
      const looks = [{ rule: two, value: 'v' }]
      await takeOne(two)
      for (let count = 0; count < 20; count += 1) await peek(looks)
      expect(await takeOne(two)).toMatchObject({ admitted: true, remaining: 0 })
    })
  })

  it('answers a thousand random asks as the arithmetic in memory does', async () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({
          do: fc.constant('take' as const),
          rates: fc.array(fc.nat(2), { maxLength: 2 }),
          slots: fc.array(fc.nat(2), { maxLength: 2 }),
          amount: fc.nat(40),
          holder: fc.constantFrom('A', 'B', 'C c'),
          lease: fc.nat(12),
          patience: fc.constantFrom<Patience>('none', 'share', 'any'),
        }),
        fc.record({ do: fc.constant('correct' as const), rate: fc.nat(2), amount: fc.integer({ min: -60, max: 60 }) }),
        fc.record({ do: fc.constantFrom('release' as const, 'hold' as const), slot: fc.nat(2), lease: fc.nat(12) }),
        fc.record({ do: fc.constant('wait' as const), ms: fc.nat(20_000) }),
      ),
      { maxLength: 50 },
    )
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const rules = [rule(30), rule(7, 100_000), rule(100, 7_000)]
        const pools = [1, 3, 6].map((limit) => ({ id: newId('rule'), limit }))
        const reference = createMemoryLimits({ clock: { now: () => 0, monotonic: () => under.time.nowMs } })
        const holders = new Map<string, string>()
        const slotOf = (index: number, lease: number, holder: string): Slot => {
          const { id, limit } = pools[index] ?? { id: '', limit: 0 }
          const name = `${index}.${lease}`
          if (!holders.has(name)) holders.set(name, holder)
          return { rule: { id, limit }, value: 'v w', holder: holders.get(name) ?? '', lease: name }
        }
        for (const step of sequence) {
          if (step.do === 'wait') under.time.nowMs += step.ms
          if (step.do === 'correct') {
            const change = { rule: rules[step.rate] ?? rule(1), value: 'v:w', amount: step.amount }
            under.store.correct([change])
            reference.correct([change])
          }
          if (step.do === 'release' || step.do === 'hold') {
            const slot = slotOf(step.slot, step.lease, 'A')
            under.store[step.do]([slot])
            reference[step.do]([slot])
          }
          if (step.do !== 'take') continue
          const rates = [...new Set(step.rates)].map((index) => ({
            rule: rules[index] ?? rule(1),
            value: 'v:w',
            amount: step.amount,
          }))
          const slots = [...new Set(step.slots)].map((index) => slotOf(index, step.lease, step.holder))
          const ask = asking(rates, slots, step.patience)
          expect(await take(ask)).toEqual(reference.take(ask))
          const looks = [
            ...rules.map((one) => ({ rule: one, value: 'v:w' })),
            ...pools.map((one) => ({ rule: one, value: 'v w' })),
          ]
          expect(await under.store.peek(looks)).toEqual(reference.peek(looks))
        }
      }),
      { numRuns: 40 },
    )
  })
}
