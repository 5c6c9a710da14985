import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type KnownSlice, type Ladder, type LadderBudget, type LadderStep, LadderWatch, shareOf } from './ladder.ts'

const LADDER: Ladder = { alertAt: [0.5, 0.8], downgradeAt: 0.9, downgradeTo: null, killAt: 1 }

function budgetWith(ladder: Partial<Ladder> = {}, windowId = 'day:1'): LadderBudget {
  const window = { key: 'tenant=acme/usd/day', windowId, unit: 'usd' as const, limit: 1_000n, endsAt: 0 }
  return { window, subject: 'Tenant acme', ladder: { ...LADDER, ...ladder } }
}

/** A window of which so much is spent, or lent to others, and held by this instance. */
function sliceOf({ spent = 0n, held = 0n }): KnownSlice {
  return { spent, held }
}

function setting() {
  let now = 0
  const steps: LadderStep[] = []
  const watch = new LadderWatch({ monotonic: () => now }, (step) => steps.push(step))
  const said = () => steps.splice(0).map(({ kind, share }) => `${kind} ${share}`)
  const wait = (ms: number) => {
    now += ms
  }
  return { watch, said, steps, wait }
}

describe('alerts', () => {
  it('are given once for each threshold, by what is spent and held', () => {
    const { watch, said } = setting()
    const budget = budgetWith()
    watch.held(budget, sliceOf({ spent: 300n, held: 199n }), 10n)
    expect(said()).toEqual([])
    watch.held(budget, sliceOf({ spent: 300n, held: 200n }), 10n)
    expect(said()).toEqual(['alert 0.5'])
    watch.settled(budget, sliceOf({ spent: 100n }))
    watch.held(budget, sliceOf({ spent: 600n }), 10n)
    expect(said()).toEqual([])
    watch.settled(budget, sliceOf({ spent: 800n }))
    expect(said()).toEqual(['alert 0.8'])
  })

  it('of several thresholds at once tell of the last', () => {
    const { watch, said } = setting()
    watch.settled(budgetWith(), sliceOf({ spent: 850n }))
    expect(said()).toEqual(['alert 0.8'])
  })

  it('begin anew with the next window', () => {
    const { watch, said } = setting()
    watch.settled(budgetWith(), sliceOf({ spent: 500n }))
    watch.settled(budgetWith({}, 'day:2'), sliceOf({ spent: 500n }))
    expect(said()).toEqual(['alert 0.5', 'alert 0.5'])
  })

  it('at the whole limit are given when a call as large as others no longer fits', () => {
    const { watch, said } = setting()
    const budget = budgetWith({ alertAt: [1], downgradeAt: null, killAt: null })
    watch.held(budget, sliceOf({ held: 30n }), 30n)
    watch.refused(budget, sliceOf({ spent: 975n }), 30n)
    expect(said()).toEqual(['alert 1'])
  })
})

describe('the downgrade', () => {
  it('holds while so much is spent and held, and is told of once', () => {
    const { watch, said } = setting()
    const budget = budgetWith({ alertAt: [], killAt: null })
    expect([watch.anyDowngraded, watch.isDowngraded(budget)]).toEqual([false, false])
    watch.held(budget, sliceOf({ spent: 500n, held: 400n }), 10n)
    expect([watch.anyDowngraded, watch.isDowngraded(budget), said()]).toEqual([true, true, ['downgrade 0.9']])
    watch.settled(budget, sliceOf({ spent: 600n }))
    expect(watch.isDowngraded(budget)).toBe(false)
    watch.settled(budget, sliceOf({ spent: 900n }))
    expect([watch.isDowngraded(budget), said()]).toEqual([true, []])
    expect(watch.isDowngraded(budgetWith({}, 'day:2'))).toBe(false)
  })
})

describe('the kill', () => {
  const onlyKill = budgetWith({ alertAt: [], downgradeAt: null, killAt: 0.9 })

  it('is suggested when so much is spent; what is held comes back and does not count', () => {
    const { watch, said, steps } = setting()
    watch.held(onlyKill, sliceOf({ spent: 100n, held: 900n }), 900n)
    expect(said()).toEqual([])
    watch.settled(onlyKill, sliceOf({ spent: 900n }))
    expect(steps).toMatchObject([{ kind: 'kill', share: 0.9, used: 900n, needed: 0n }])
  })

  it('is suggested when a call as large as others would not fit even if all holds came back', () => {
    const { watch, said, steps } = setting()
    watch.held(onlyKill, sliceOf({ held: 200n }), 200n)
    watch.refused(onlyKill, sliceOf({ spent: 500n, held: 400n }), 200n)
    expect(said()).toEqual([])
    watch.refused(onlyKill, sliceOf({ spent: 850n }), 200n)
    expect(steps).toMatchObject([{ kind: 'kill', used: 850n, needed: 200n }])
  })

  it('is not suggested because of one call that is larger than any before', () => {
    const { watch, said } = setting()
    watch.held(onlyKill, sliceOf({ held: 20n }), 20n)
    watch.refused(onlyKill, sliceOf({ spent: 500n }), 501n)
    expect(said()).toEqual([])
  })

  it('is suggested again after a while, not with every call', () => {
    const { watch, said, wait } = setting()
    for (let count = 0; count < 5; count += 1) watch.settled(onlyKill, sliceOf({ spent: 950n }))
    expect(said()).toEqual(['kill 0.9'])
    wait(1_000)
    watch.settled(onlyKill, sliceOf({ spent: 950n }))
    expect(said()).toEqual(['kill 0.9'])
  })
})

it('says nothing of a window of which it knows nothing', () => {
  const { watch, said } = setting()
  watch.held(budgetWith(), { spent: null, held: 0n }, 0n)
  watch.refused(budgetWith(), { spent: null, held: 0n }, 5n)
  expect(said()).toEqual([])
})

it('never rounds a share below what it says', () => {
  const limit = fc.bigInt({ min: 0n, max: 10n ** 20n })
  fc.assert(
    fc.property(limit, fc.integer({ min: 1, max: 1_000_000 }), (whole, millionths) => {
      const part = shareOf(whole, millionths / 1_000_000)
      expect(part * 1_000_000n >= whole * BigInt(millionths)).toBe(true)
      expect((part - 1n) * 1_000_000n < whole * BigInt(millionths)).toBe(true)
    }),
  )
})
