import { describe, expect, it } from 'vitest'
import { instanceOf, type StorageUnderTest, settlementOf, stateOf, unique, windowOf } from './samples.contract.ts'

const BURIED = expect.objectContaining({ code: 'ledger_unavailable', details: { buried: true } })

/** How instances live and die, and what becomes of what they leave. */
export function instancesContract(under: () => StorageUnderTest): void {
  describe('instances', () => {
    it('calls an instance dead once its lease has run out, until somebody buries it', async () => {
      const { storage } = under()
      const [silent, alive] = [await instanceOf(storage), await instanceOf(storage)]
      expect(await storage.ledger.deadInstances(60_000)).not.toContain(silent)
      await under().letTimePass(90_000)
      await storage.ledger.heartbeat(alive)
      const dead = await storage.ledger.deadInstances(60_000)
      expect(dead).toContain(silent)
      expect(dead).not.toContain(alive)
      await storage.ledger.buryInstance(silent, [])
      expect(await storage.ledger.deadInstances(60_000)).not.toContain(silent)
    })

    it('posts what a dead instance had dispatched and returns the rest of its slices', async () => {
      const { storage } = under()
      const [dead, other] = [await instanceOf(storage), await instanceOf(storage)]
      const [day, month] = [windowOf(100n), windowOf(1000n)]
      const loans = [day, month].map((window) => ({ window, atLeast: 40n, wanted: 40n }))
      await storage.ledger.growSlices(dead, loans)
      await storage.ledger.growSlices(other, loans)
      const presumed = settlementOf(15n, [day, month], { status: 'presumed_spent' })
      await storage.ledger.buryInstance(dead, [{ ...presumed, request: null }])
      expect(await stateOf(storage, day)).toEqual({ limit: 100n, posted: 15n, sliced: 40n })
      expect(await stateOf(storage, month)).toEqual({ limit: 1000n, posted: 15n, sliced: 40n })
      const { rows } = await storage.reader.events({ traceId: presumed.usage[0]?.traceId ?? '', limit: 5 })
      expect(rows).toEqual(presumed.usage)
    })

    it('lets nobody be buried who was heard of since, and nothing changes', async () => {
      const { storage } = under()
      const silent = await instanceOf(storage)
      const window = windowOf(100n)
      await storage.ledger.growSlices(silent, [{ window, atLeast: 40n, wanted: 40n }])
      await under().letTimePass(90_000)
      expect(await storage.ledger.deadInstances(60_000)).toContain(silent)
      await storage.ledger.heartbeat(silent)
      const presumed = settlementOf(15n, [window], { status: 'presumed_spent' })
      expect(await storage.ledger.buryInstance(silent, [presumed], 60_000)).toBe(false)
      expect(await stateOf(storage, window)).toEqual({ limit: 100n, posted: 0n, sliced: 40n })
      await storage.ledger.heartbeat(silent)
      await under().letTimePass(90_000)
      expect(await storage.ledger.buryInstance(silent, [presumed], 60_000)).toBe(true)
      expect(await stateOf(storage, window)).toEqual({ limit: 100n, posted: 15n, sliced: 0n })
      expect(await storage.ledger.buryInstance(silent, [], 60_000)).toBe(true)
    })

    it('either hears of an instance or buries it, when both are asked at once', async () => {
      const { storage } = under()
      const silent = await Promise.all(Array.from({ length: 10 }, () => instanceOf(storage)))
      await under().letTimePass(90_000)
      for (const id of silent) {
        const [heard, buried] = await Promise.allSettled([
          storage.ledger.heartbeat(id),
          storage.ledger.buryInstance(id, [], 60_000),
        ])
        expect(buried).toEqual({ status: 'fulfilled', value: heard.status === 'rejected' })
      }
    })

    it('tells the truth about what had to be presumed, when that is what a burial brings', async () => {
      const { storage } = under()
      const dead = await instanceOf(storage)
      const window = windowOf(100n)
      const truth = settlementOf(6n, [window])
      const presumed = truth.usage.map((row) => ({ ...row, status: 'presumed_spent' as const, cost: 15n }))
      await storage.ledger.settle(dead, [
        { ...truth, usage: presumed, request: null, spans: [], postings: [{ window, spent: 15n }] },
      ])
      await storage.ledger.buryInstance(dead, [truth])
      expect((await stateOf(storage, window)).posted).toBe(6n)
    })

    it('is buried once, however many try and whatever they bring', async () => {
      const { storage } = under()
      const dead = await instanceOf(storage)
      const window = windowOf(100n)
      await storage.ledger.growSlices(dead, [{ window, atLeast: 40n, wanted: 40n }])
      const bury = () => storage.ledger.buryInstance(dead, [settlementOf(15n, [window])])
      await Promise.all(Array.from({ length: 8 }, bury))
      await bury()
      expect(await stateOf(storage, window)).toEqual({ limit: 100n, posted: 15n, sliced: 0n })
    })

    it('does not post again what the instance had settled before it died, or settles after', async () => {
      const { storage } = under()
      const dead = await instanceOf(storage)
      const window = windowOf(100n)
      await storage.ledger.growSlices(dead, [{ window, atLeast: 60n, wanted: 60n }])
      const [before, after] = [settlementOf(5n, [window]), settlementOf(20n, [window])]
      await storage.ledger.settle(dead, [before])
      await storage.ledger.buryInstance(dead, [before, after])
      await storage.ledger.settle(dead, [after])
      expect(await stateOf(storage, window)).toEqual({ limit: 100n, posted: 25n, sliced: 0n })
    })

    it('still posts what a buried instance settles for the first time', async () => {
      const { storage } = under()
      const dead = await instanceOf(storage)
      const window = windowOf(100n)
      await storage.ledger.growSlices(dead, [{ window, atLeast: 60n, wanted: 60n }])
      await storage.ledger.buryInstance(dead, [])
      await storage.ledger.settle(dead, [settlementOf(8n, [window])])
      await storage.ledger.returnSlices(dead, [{ window: window, amount: 50n }])
      expect(await stateOf(storage, window)).toEqual({ limit: 100n, posted: 8n, sliced: 0n })
    })

    it('stays buried: no heartbeat, no registration, no loan', async () => {
      const { storage } = under()
      const dead = await instanceOf(storage)
      await storage.ledger.buryInstance(dead, [])
      const loan = { window: windowOf(10n), atLeast: 1n, wanted: 1n }
      await expect(storage.ledger.heartbeat(dead)).rejects.toEqual(BURIED)
      await expect(storage.ledger.pulse(dead)).rejects.toEqual(BURIED)
      await expect(storage.ledger.registerInstance(dead)).rejects.toEqual(BURIED)
      await expect(storage.ledger.growSlices(dead, [loan])).rejects.toEqual(BURIED)
    })

    it('leaves no slice behind when an instance is buried while it borrows', async () => {
      const { storage } = under()
      const window = windowOf(1_000_000n)
      for (let round = 0; round < 10; round += 1) {
        const dead = await instanceOf(storage)
        const loan = () => storage.ledger.growSlices(dead, [{ window, atLeast: 7n, wanted: 7n }]).catch(() => [])
        await Promise.all([loan(), loan(), storage.ledger.buryInstance(dead, []), loan(), loan()])
      }
      expect((await stateOf(storage, window)).sliced).toBe(0n)
    })

    it('takes the attempts of an instance that never registered', async () => {
      const { storage } = under()
      const window = windowOf(100n)
      await storage.ledger.buryInstance(unique('ins'), [settlementOf(9n, [window])])
      expect((await stateOf(storage, window)).posted).toBe(9n)
    })

    it('may register twice', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      await storage.ledger.registerInstance(instance)
      await storage.ledger.heartbeat(instance)
    })

    it('knows no heartbeat of an instance that never registered', async () => {
      await expect(under().storage.ledger.heartbeat(unique('ins'))).rejects.toEqual(BURIED)
    })
  })
}
