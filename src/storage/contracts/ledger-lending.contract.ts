import { describe, expect, it } from 'vitest'
import { instanceOf, type StorageUnderTest, settlementOf, stateOf, unique, windowOf } from './samples.contract.ts'

const UNAVAILABLE = expect.objectContaining({ code: 'ledger_unavailable' })
const INTERNAL = expect.objectContaining({ code: 'internal' })

/** How money is lent to instances and given back. */
export function lendingContract(under: () => StorageUnderTest): void {
  describe('lending', () => {
    it('gives what is wanted when it fits, else what is left, else nothing, and says what is left', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      const window = windowOf(100n)
      const ask = (atLeast: bigint, wanted: bigint) =>
        storage.ledger.growSlices(instance, [{ window, atLeast, wanted }])
      expect(await ask(10n, 60n)).toEqual([{ granted: 60n, left: 40n, recalled: false }])
      expect(await ask(10n, 60n)).toEqual([{ granted: 40n, left: 0n, recalled: false }])
      expect(await ask(1n, 1n)).toEqual([{ granted: 0n, left: 0n, recalled: false }])
      expect(await stateOf(storage, window)).toEqual({ limit: 100n, posted: 0n, sliced: 100n })
    })

    it('never lends less than what is needed at least', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      const window = windowOf(100n)
      expect(await storage.ledger.growSlices(instance, [{ window, atLeast: 101n, wanted: 500n }])).toEqual([
        { granted: 0n, left: 100n, recalled: false },
      ])
      expect(await storage.ledger.growSlices(instance, [{ window, atLeast: 100n, wanted: 7n }])).toEqual([
        { granted: 100n, left: 0n, recalled: false },
      ])
    })

    it('lends within the limit when a window is used for the first time eight times at once', async () => {
      const { storage } = under()
      const window = windowOf(5n)
      const instances = await Promise.all(Array.from({ length: 8 }, () => instanceOf(storage)))
      const grants = await Promise.all(
        instances.map((instance) => storage.ledger.growSlices(instance, [{ window, atLeast: 1n, wanted: 1n }])),
      )
      expect(grants.flat().filter((grant) => grant.granted === 1n)).toHaveLength(5)
      expect(await stateOf(storage, window)).toEqual({ limit: 5n, posted: 0n, sliced: 5n })
    })

    it('lets exactly one of 64 parallel loans pass when one unit is left', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      const window = windowOf(1n)
      const grants = await Promise.all(
        Array.from({ length: 64 }, () => storage.ledger.growSlices(instance, [{ window, atLeast: 1n, wanted: 1n }])),
      )
      expect(
        grants
          .flat()
          .map((grant) => grant.granted)
          .filter(Boolean),
      ).toEqual([1n])
      expect((await stateOf(storage, window)).sliced).toBe(1n)
    })

    it('leaves the parent budget as it was when the child refuses, and says what each has left', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      const parent = windowOf(1000n)
      const child = windowOf(10n)
      const grants = await storage.ledger.growSlices(instance, [
        { window: parent, atLeast: 20n, wanted: 20n },
        { window: child, atLeast: 20n, wanted: 20n },
      ])
      expect(grants).toEqual([
        { granted: 0n, left: 1000n, recalled: false },
        { granted: 0n, left: 10n, recalled: false },
      ])
      expect((await stateOf(storage, parent)).sliced).toBe(0n)
    })

    it('lends from nested budgets named in any order, many at once, without a deadlock', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      const windows = [windowOf(10_000n), windowOf(10_000n), windowOf(10_000n)]
      const loan = (turn: number) => {
        const order = turn % 2 === 0 ? windows : windows.toReversed()
        return storage.ledger.growSlices(
          instance,
          order.map((window) => ({ window, atLeast: 1n, wanted: 1n })),
        )
      }
      const settle = (turn: number) =>
        storage.ledger.settle(instance, [settlementOf(1n, turn % 2 === 0 ? windows : windows.toReversed())])
      await Promise.all(Array.from({ length: 40 }, (_, turn) => (turn % 4 < 2 ? loan(turn) : settle(turn))))
      for (const window of windows) {
        const { posted, sliced } = await stateOf(storage, window)
        expect(posted).toBe(20n)
        expect(sliced).toBeLessThanOrEqual(20n)
      }
    })

    it('takes the limit from each request, so that a changed config counts at once', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      const small = windowOf(10n)
      const large = { ...small, limit: 50n }
      await storage.ledger.growSlices(instance, [{ window: small, atLeast: 10n, wanted: 10n }])
      expect(await storage.ledger.growSlices(instance, [{ window: large, atLeast: 1n, wanted: 15n }])).toEqual([
        { granted: 15n, left: 25n, recalled: false },
      ])
    })

    it('stops new loans only when a limit is lowered below what is used, and shows the new limit', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      const window = windowOf(100n)
      await storage.ledger.growSlices(instance, [{ window, atLeast: 80n, wanted: 80n }])
      const lowered = { ...window, limit: 50n }
      expect(await storage.ledger.growSlices(instance, [{ window: lowered, atLeast: 1n, wanted: 1n }])).toEqual([
        { granted: 0n, left: 0n, recalled: false },
      ])
      await storage.ledger.settle(instance, [settlementOf(80n, [lowered])])
      expect(await stateOf(storage, window)).toEqual({ limit: 50n, posted: 80n, sliced: 0n })
    })

    it('counts a loan of nothing as one that fits', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      const [full, other] = [windowOf(0n), windowOf(10n)]
      const grants = await storage.ledger.growSlices(instance, [
        { window: full, atLeast: 0n, wanted: 0n },
        { window: other, atLeast: 4n, wanted: 4n },
      ])
      expect(grants).toEqual([
        { granted: 0n, left: 0n, recalled: false },
        { granted: 4n, left: 6n, recalled: false },
      ])
    })

    it('refuses a loan that names a window twice or asks for less than nothing', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      const request = { window: windowOf(10n), atLeast: 1n, wanted: 1n }
      await expect(storage.ledger.growSlices(instance, [request, request])).rejects.toEqual(INTERNAL)
      await expect(storage.ledger.growSlices(instance, [{ ...request, atLeast: -1n }])).rejects.toEqual(INTERNAL)
    })

    it('lends to registered instances alone', async () => {
      const loan = { window: windowOf(10n), atLeast: 1n, wanted: 1n }
      await expect(under().storage.ledger.growSlices(unique('ins'), [loan])).rejects.toEqual(UNAVAILABLE)
    })

    it('keeps amounts that a JavaScript number cannot hold', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      const window = windowOf(90_071_992_547_409_931n)
      await storage.ledger.growSlices(instance, [{ window, atLeast: 1n, wanted: 90_071_992_547_409_930n }])
      expect((await stateOf(storage, window)).sliced).toBe(90_071_992_547_409_930n)
    })
  })

  describe('returning', () => {
    it('gives money back to the window, never more than the slice holds', async () => {
      const { storage } = under()
      const [instance, other] = [await instanceOf(storage), await instanceOf(storage)]
      const window = windowOf(100n)
      await storage.ledger.growSlices(instance, [{ window, atLeast: 60n, wanted: 60n }])
      await storage.ledger.growSlices(other, [{ window, atLeast: 40n, wanted: 40n }])
      await storage.ledger.returnSlices(instance, [{ window: window, amount: 25n }])
      expect((await stateOf(storage, window)).sliced).toBe(75n)
      await storage.ledger.returnSlices(instance, [{ window: window, amount: 1000n }])
      expect((await stateOf(storage, window)).sliced).toBe(40n)
      await storage.ledger.returnSlices(instance, [{ window: window, amount: 1n }])
      expect((await stateOf(storage, window)).sliced).toBe(40n)
    })

    it('gives each unit back once when it is returned, spent and lent at the same time', async () => {
      const { storage } = under()
      const [instance, other] = [await instanceOf(storage), await instanceOf(storage)]
      const window = windowOf(1_000n)
      await storage.ledger.growSlices(other, [{ window, atLeast: 100n, wanted: 100n }])
      await storage.ledger.growSlices(instance, [{ window, atLeast: 35n, wanted: 35n }])
      const turns = Array.from({ length: 12 }, (_, turn) =>
        turn % 3 === 0
          ? storage.ledger.settle(instance, [settlementOf(10n, [window])])
          : storage.ledger.returnSlices(instance, [{ window: window, amount: 10n }]),
      )
      await Promise.all(turns)
      expect(await stateOf(storage, window)).toEqual({ limit: 1_000n, posted: 40n, sliced: 100n })
    })

    it('ignores windows that nobody knows and amounts of nothing', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      const window = windowOf(100n)
      await storage.ledger.returnSlices(instance, [{ window: window, amount: 5n }])
      await storage.ledger.growSlices(instance, [{ window, atLeast: 5n, wanted: 5n }])
      await storage.ledger.returnSlices(instance, [{ window: window, amount: 0n }])
      await storage.ledger.returnSlices(instance, [{ window: window, amount: -5n }])
      expect((await stateOf(storage, window)).sliced).toBe(5n)
    })
  })

  describe('keeping', () => {
    it('gives back what slices hold beyond what their instance believes to have, and touches nobody else', async () => {
      const { storage } = under()
      const [instance, other] = [await instanceOf(storage), await instanceOf(storage)]
      const windows = [windowOf(100n), windowOf(100n), windowOf(100n)] as const
      for (const [window, amount] of [
        [windows[0], 40n],
        [windows[1], 40n],
      ] as const) {
        await storage.ledger.growSlices(instance, [{ window, atLeast: amount, wanted: amount }])
        await storage.ledger.growSlices(other, [{ window, atLeast: 5n, wanted: 5n }])
      }
      const believed = [
        { window: windows[0], amount: 10n },
        { window: windows[1], amount: 50n },
        { window: windows[2], amount: 0n },
      ]
      for (const _ of ['once', 'and again']) {
        await storage.ledger.keepSlices(instance, believed)
        expect((await stateOf(storage, windows[0])).sliced).toBe(15n)
        expect((await stateOf(storage, windows[1])).sliced).toBe(45n)
      }
      await storage.ledger.keepSlices(instance, [{ window: windows[0], amount: 0n }])
      expect((await stateOf(storage, windows[0])).sliced).toBe(5n)
      await storage.ledger.keepSlices(instance, [])
    })
  })

  it('lists windows that are open or have money lent, and no others', async () => {
    const { storage } = under()
    const instance = await instanceOf(storage)
    const past = { ...windowOf(100n), endsAt: Date.now() - 86_400_000 }
    const [pastIdle, pastLent, open] = [past, { ...past, key: unique('budget') }, windowOf(100n)]
    await storage.ledger.settle(instance, [settlementOf(1n, [pastIdle, open])])
    await storage.ledger.growSlices(instance, [{ window: pastLent, atLeast: 1n, wanted: 1n }])
    const states = await storage.ledger.budgets()
    expect(states.find(({ key }) => key === open.key)?.endsAt).toBe(open.endsAt)
    const keys = states.map((state) => state.key)
    expect(keys).toEqual(expect.arrayContaining([pastLent.key, open.key]))
    expect(keys).not.toContain(pastIdle.key)
    expect(keys).toEqual(keys.toSorted())
    expect(await storage.ledger.budgets(open)).toEqual(states.filter(({ key }) => key === open.key))
    expect(await storage.ledger.budgets(pastIdle)).toEqual([])
    expect(await storage.ledger.budgets({ ...open, windowId: 'day:2001-01-01' })).toEqual([])
  })
}
