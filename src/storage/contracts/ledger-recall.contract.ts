import { describe, expect, it } from 'vitest'
import { ANSWER_HOLDS_MS } from '../protocol/recall.ts'
import type { BudgetWindow } from './ledger-store.ts'
import { instanceOf, type StorageUnderTest, settlementOf, stateOf, windowOf } from './samples.contract.ts'

/** How idle money of one instance comes to another that is short. */
export function recallContract(under: () => StorageUnderTest): void {
  const ask = async (instance: string, window: BudgetWindow, atLeast: bigint) => {
    const [grant] = await under().storage.ledger.growSlices(instance, [{ window, atLeast, wanted: atLeast }])
    return grant
  }
  const recallsOf = async (instance: string) => (await under().storage.ledger.pulse(instance)).recalls
  const answer = (instance: string, window: BudgetWindow, amount: bigint) =>
    under().storage.ledger.answerRecall(instance, [{ window, amount }])
  const nameOf = ({ key, windowId }: BudgetWindow) => ({ key, windowId })

  /** A window of 100 of which one instance has 90. */
  async function setup() {
    const { storage } = under()
    const [holder, short] = [await instanceOf(storage), await instanceOf(storage)]
    const window = windowOf(100n)
    await ask(holder, window, 90n)
    return { storage, holder, short, window }
  }

  describe('recalling', () => {
    it('tells the holders of a window when another instance finds too little in it, until they answer', async () => {
      const { storage, holder, short, window } = await setup()
      expect(await recallsOf(holder)).toEqual([])
      expect(await ask(short, window, 20n)).toEqual({ granted: 0n, left: 10n, recalled: true })
      expect(await recallsOf(holder)).toEqual([nameOf(window)])
      await answer(holder, window, 30n)
      expect(await recallsOf(holder)).toEqual([])
      expect(await stateOf(storage, window)).toMatchObject({ sliced: 60n })
      expect(await ask(short, window, 20n)).toMatchObject({ granted: 20n })
    })

    it('recalls nothing while there is enough, and nothing that only the asker has', async () => {
      const { storage, holder, short, window } = await setup()
      expect(await ask(short, window, 10n)).toMatchObject({ granted: 10n, recalled: false })
      expect(await recallsOf(holder)).toEqual([])
      const mine = windowOf(100n)
      await ask(short, mine, 90n)
      expect(await ask(short, mine, 20n)).toEqual({ granted: 0n, left: 10n, recalled: false })
      const spent = windowOf(100n)
      await storage.ledger.settle(holder, [settlementOf(95n, [spent])])
      expect(await ask(short, spent, 20n)).toEqual({ granted: 0n, left: 5n, recalled: false })
    })

    it('blames only the windows that are short', async () => {
      const { storage, holder, short, window } = await setup()
      const roomy = windowOf(1_000n)
      await ask(holder, roomy, 90n)
      const grants = await storage.ledger.growSlices(short, [
        { window: roomy, atLeast: 20n, wanted: 20n },
        { window, atLeast: 20n, wanted: 20n },
      ])
      expect(grants.map(({ recalled }) => recalled)).toEqual([false, true])
      expect(await recallsOf(holder)).toEqual([nameOf(window)])
    })

    it('knows for a moment that what is left after an answer is in use, and asks again later', async () => {
      const { holder, short, window } = await setup()
      await ask(short, window, 20n)
      await answer(holder, window, 0n)
      expect(await ask(short, window, 20n)).toMatchObject({ granted: 0n, recalled: false })
      expect(await recallsOf(holder)).toEqual([])
      await under().letTimePass(2 * ANSWER_HOLDS_MS)
      expect(await ask(short, window, 20n)).toMatchObject({ granted: 0n, recalled: true })
      expect(await recallsOf(holder)).toEqual([nameOf(window)])
    })

    it('does not know it of what was lent since', async () => {
      const { holder, short, window } = await setup()
      await ask(short, window, 20n)
      await answer(holder, window, 0n)
      await ask(holder, window, 5n)
      expect(await ask(short, window, 20n)).toMatchObject({ granted: 0n, recalled: true })
      expect(await recallsOf(holder)).toEqual([nameOf(window)])
    })

    it('waits for each of several holders, and not for one that gave back all it had', async () => {
      const { storage, holder, short, window } = await setup()
      const other = await instanceOf(storage)
      await ask(other, window, 10n)
      await ask(short, window, 20n)
      await answer(holder, window, 0n)
      expect(await recallsOf(other)).toEqual([nameOf(window)])
      expect(await ask(short, window, 20n)).toMatchObject({ recalled: true })
      await answer(other, window, 10n)
      expect(await ask(short, window, 20n)).toMatchObject({ granted: 0n, left: 10n, recalled: false })
    })

    it('asks both when two are short of the same window', async () => {
      const { storage, window, holder } = await setup()
      const other = await instanceOf(storage)
      await ask(other, window, 10n)
      await ask(other, window, 20n)
      await ask(holder, window, 20n)
      expect(await recallsOf(holder)).toEqual([nameOf(window)])
      expect(await recallsOf(other)).toEqual([nameOf(window)])
    })

    it('ignores answers for windows that nobody knows, and gives back no more than there is', async () => {
      const { storage, holder, window } = await setup()
      await answer(holder, windowOf(5n), 5n)
      await answer(holder, window, 1_000n)
      expect(await stateOf(storage, window)).toMatchObject({ sliced: 0n })
      await storage.ledger.answerRecall(holder, [])
    })

    it('tells the database’s own time', async () => {
      const { storage, holder } = await setup()
      const { nowMs } = await storage.ledger.pulse(holder)
      expect(Math.abs(nowMs - (await storage.ledger.now()))).toBeLessThan(60_000)
    })
  })
}
