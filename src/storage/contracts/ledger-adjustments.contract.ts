import { describe, expect, it } from 'vitest'
import { ONE_UNIT, wholeUnits } from '../../canonical/amounts.ts'
import { spanGroups, spanRowsIn } from '../columns/span-groups.ts'
import type { BudgetAdjustment, BudgetWindow, Settlement, UsageRow } from './ledger-store.ts'
import {
  instanceOf,
  requestRow,
  type StorageUnderTest,
  settlementOf,
  spanRow,
  stateOf,
  unique,
  usageRow,
  windowOf,
} from './samples.contract.ts'

/** How what was posted is corrected. */
export function adjustmentsContract(under: () => StorageUnderTest): void {
  const credit = (window: BudgetWindow, amount: bigint, changes: Partial<BudgetAdjustment> = {}): BudgetAdjustment => ({
    id: unique('adj'),
    actor: 'key_admin',
    reason: 'credit for the outage',
    window,
    amount,
    ...changes,
  })
  const listed = async (query: { budgetKey?: string; usageId?: string }) =>
    (await under().storage.reader.adjustments({ limit: 100, ...query })).rows

  describe('adjusting', () => {
    it('gives credit and takes it, in the window’s own books, and keeps who and why', async () => {
      const { storage } = under()
      const window = windowOf(100n)
      await storage.ledger.settle('any', [settlementOf(60n, [window])])
      const given = credit(window, 25n)
      expect(await storage.ledger.adjust(given)).toBe(true)
      expect(await stateOf(storage, window)).toEqual({ limit: 100n, posted: 35n, sliced: 0n })
      const taken = credit(window, -5n, { reason: 'too much' })
      await storage.ledger.adjust(taken)
      expect((await stateOf(storage, window)).posted).toBe(40n)
      expect(await listed({ budgetKey: window.key })).toEqual(
        [taken, given].map(({ window: { key, windowId, unit }, ...kept }) =>
          expect.objectContaining({ ...kept, budgetKey: key, windowId, unit, usageId: null }),
        ),
      )
    })

    it('lets more be lent after a credit, beyond the limit too, and nothing after a charge', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      const window = windowOf(100n)
      await storage.ledger.adjust(credit(window, 30n))
      expect((await stateOf(storage, window)).posted).toBe(-30n)
      const loan = { window, atLeast: 130n, wanted: 130n }
      expect(await storage.ledger.growSlices(instance, [loan])).toEqual([{ granted: 130n, left: 0n, recalled: false }])
      const other = windowOf(100n)
      await storage.ledger.adjust(credit(other, -100n))
      expect(await storage.ledger.growSlices(instance, [{ window: other, atLeast: 1n, wanted: 1n }])).toEqual([
        { granted: 0n, left: 0n, recalled: false },
      ])
    })

    it('happens once for each id, however often and by how many it is asked', async () => {
      const { storage } = under()
      const window = windowOf(100n)
      const adjustment = credit(window, 10n)
      const answers = await Promise.all(Array.from({ length: 8 }, () => storage.ledger.adjust(adjustment)))
      expect(answers.filter(Boolean)).toHaveLength(1)
      expect(await storage.ledger.adjust({ ...adjustment, amount: 50n })).toBe(false)
      expect((await stateOf(storage, window)).posted).toBe(-10n)
    })

    it('is listed newest first, in pages', async () => {
      const { storage } = under()
      const window = windowOf(100n)
      const ids = [1, 2, 3].map(() => unique('adj'))
      for (const id of ids) await storage.ledger.adjust(credit(window, 1n, { id }))
      const ask = { budgetKey: window.key, limit: 2 }
      const first = await storage.reader.adjustments(ask)
      const second = await storage.reader.adjustments({ ...ask, cursor: first.nextCursor ?? '' })
      expect([...first.rows, ...second.rows].map(({ id }) => id)).toEqual(ids.toReversed())
      expect(second.nextCursor).toBeNull()
    })
  })

  describe('the truth about an attempt that was presumed spent', () => {
    const presumedOf = (row: UsageRow, cost: bigint, windows: readonly BudgetWindow[]): Settlement => {
      const presumed: UsageRow = { ...row, status: 'presumed_spent', cost, inputTokens: 100, outputTokens: 900 }
      const of: Record<string, bigint> = { usd: cost, tokens: wholeUnits(1000), requests: ONE_UNIT }
      const postings = windows.map((window) => ({ window, spent: of[window.unit] ?? 0n }))
      return { usage: [presumed], request: null, spans: [], postings }
    }
    const windowsOfAllUnits = () =>
      (['usd', 'tokens', 'requests'] as const).map((unit) => ({ ...windowOf(wholeUnits(10_000)), unit }))
    /** A settlement of attempts that cost so much, with 100 tokens in and 50 out each. */
    const truthOf = (rows: readonly UsageRow[], windows: readonly BudgetWindow[]): Settlement => {
      const usd = rows.reduce((sum, row) => sum + row.cost, 0n)
      const of: Record<string, bigint> = { usd, tokens: wholeUnits(150 * rows.length), requests: ONE_UNIT }
      return {
        usage: rows,
        request: requestRow({ traceId: rows[0]?.traceId ?? '' }),
        spans: spanGroups([spanRow({ traceId: rows[0]?.traceId ?? '' })]),
        postings: windows.map((window) => ({ window, spent: of[window.unit] ?? 0n })),
      }
    }
    const attempt = (cost: bigint, changes: Partial<UsageRow> = {}) =>
      usageRow({ cost, inputTokens: 100, outputTokens: 50, ...changes })

    it('is an adjustment by the difference, in every budget and unit, and no second row', async () => {
      const { storage } = under()
      const dead = await instanceOf(storage)
      const windows = windowsOfAllUnits()
      const row = attempt(300n)
      await storage.ledger.buryInstance(dead, [presumedOf(row, 1_000n, windows)])
      const truth = truthOf([row], windows)
      await storage.ledger.settle(dead, [truth])
      const [usd, tokens, requests] = windows
      if (!usd || !tokens || !requests) throw new Error('three windows were made')
      expect((await stateOf(storage, usd)).posted).toBe(300n)
      expect((await stateOf(storage, tokens)).posted).toBe(wholeUnits(150))
      expect((await stateOf(storage, requests)).posted).toBe(ONE_UNIT)
      const stored = await storage.reader.trace(row.traceId, null)
      expect(stored?.usage.map(({ status, cost }) => [status, cost])).toEqual([['presumed_spent', 1_000n]])
      expect(stored?.request).toEqual(truth.request)
      expect(stored?.spans).toEqual(truth.spans.flatMap(spanRowsIn))
      const adjustments = await listed({ usageId: row.id })
      const facts = adjustments.map(({ budgetKey, unit, amount, actor }) => [budgetKey, unit, amount, actor])
      expect(facts).toHaveLength(3)
      expect(facts).toEqual(
        expect.arrayContaining([
          [null, 'usd', 700n, 'gateway'],
          [usd.key, 'usd', 700n, 'gateway'],
          [tokens.key, 'tokens', wholeUnits(850), 'gateway'],
        ]),
      )
    })

    it('is told once, however often and by how many', async () => {
      const { storage } = under()
      const dead = await instanceOf(storage)
      const window = windowOf(10_000n)
      const row = attempt(300n)
      const presumed = presumedOf(row, 1_000n, [window])
      await storage.ledger.buryInstance(dead, [presumed])
      const truth = truthOf([row], [window])
      await Promise.all(Array.from({ length: 8 }, () => storage.ledger.settle(dead, [truth, truth])))
      await storage.ledger.settle(dead, [presumed, truth])
      expect((await stateOf(storage, window)).posted).toBe(300n)
      expect(await listed({ usageId: row.id })).toHaveLength(2)
    })

    it('may be dearer than was presumed, or as dear', async () => {
      const { storage } = under()
      const dead = await instanceOf(storage)
      const window = windowOf(10_000n)
      const [dearer, same] = [attempt(1_500n), attempt(1_000n)]
      await storage.ledger.buryInstance(
        dead,
        [dearer, same].map((row) => presumedOf(row, 1_000n, [window])),
      )
      const truths = [truthOf([dearer], [window]), truthOf([same], [window])]
      await storage.ledger.settle(dead, truths)
      await storage.ledger.settle(dead, truths)
      expect((await stateOf(storage, window)).posted).toBe(2_500n)
      expect((await listed({ usageId: dearer.id })).map(({ amount }) => amount)).toEqual([-500n, -500n])
    })

    it('books attempts that nobody presumed as they are', async () => {
      const { storage } = under()
      const dead = await instanceOf(storage)
      const window = windowOf(10_000n)
      const [first, second] = [attempt(300n), attempt(40n, { attempt: 2 })]
      await storage.ledger.buryInstance(dead, [presumedOf(first, 1_000n, [window])])
      const truth = truthOf([first, { ...second, traceId: first.traceId }], [window])
      await storage.ledger.settle(dead, [truth])
      await storage.ledger.settle(dead, [truth])
      expect((await stateOf(storage, window)).posted).toBe(340n)
      const { rows } = await storage.reader.events({ traceId: first.traceId, limit: 5 })
      expect(rows.map(({ cost }) => cost).sort()).toEqual([1_000n, 40n].sort())
    })

    it('corrects each budget by the attempts that it paid for', async () => {
      const { storage } = under()
      const dead = await instanceOf(storage)
      const [all, ofFirst, ofSecond] = [windowOf(10_000n), windowOf(10_000n), windowOf(10_000n)]
      const first = attempt(300n)
      const second = attempt(40n, { attempt: 2, traceId: first.traceId })
      await storage.ledger.buryInstance(dead, [
        presumedOf(first, 1_000n, [all, ofFirst]),
        presumedOf(second, 500n, [all, ofSecond]),
      ])
      await storage.ledger.settle(dead, [
        {
          ...truthOf([first, second], [all]),
          postings: [
            { window: all, spent: 340n },
            { window: ofFirst, spent: 300n, usageIds: [first.id] },
            { window: ofSecond, spent: 40n, usageIds: [second.id] },
          ],
        },
      ])
      expect((await stateOf(storage, all)).posted).toBe(340n)
      expect((await stateOf(storage, ofFirst)).posted).toBe(300n)
      expect((await stateOf(storage, ofSecond)).posted).toBe(40n)
    })

    it('changes nothing of an exchange that its owner had settled himself', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      const window = windowOf(10_000n)
      const row = attempt(300n)
      await storage.ledger.settle(instance, [truthOf([row], [window])])
      await storage.ledger.buryInstance(instance, [presumedOf(row, 1_000n, [window])])
      await storage.ledger.settle(instance, [truthOf([row], [window])])
      expect((await stateOf(storage, window)).posted).toBe(300n)
      expect(await listed({ usageId: row.id })).toEqual([])
    })
  })
}
