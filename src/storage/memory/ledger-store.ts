import type { Clock } from '../../lib/clock.ts'
import { PRICE_COLUMNS } from '../columns/price-columns.ts'
import type { LedgerStore, Posting, Settlement } from '../contracts/ledger-store.ts'
import { assertLoan } from '../protocol/divide-grants.ts'
import { notAlive } from '../protocol/not-alive.ts'
import { assertIdentified } from '../protocol/settlement-identity.ts'
import { sumPostings } from '../protocol/window-name.ts'
import { Books } from './books.ts'
import { asStored, type LedgerRows } from './rows.ts'

interface Instance {
  seenAt: number
  buried: boolean
}

/** The ledger in memory: the same promises as over PostgreSQL, but for durability. For tests and for trying things out. */
export function createMemoryLedger(rows: LedgerRows, clock: Clock): LedgerStore {
  const books = new Books()
  const instances = new Map<string, Instance>()

  function write(instanceId: string, settlements: readonly Settlement[]): void {
    const owed: Posting[] = []
    for (const settlement of settlements) {
      if (rows.writeIfNew(settlement)) owed.push(...settlement.postings)
      else owed.push(...(rows.correct(settlement, clock.now())?.postings ?? []))
    }
    books.post(instanceId, sumPostings(owed))
  }

  return {
    async registerInstance(instanceId) {
      if (instances.get(instanceId)?.buried) throw notAlive(instanceId)
      instances.set(instanceId, { seenAt: clock.now(), buried: false })
    },

    async heartbeat(instanceId) {
      const instance = instances.get(instanceId)
      if (!instance || instance.buried) throw notAlive(instanceId)
      instance.seenAt = clock.now()
    },

    async growSlices(instanceId, requests) {
      assertLoan(requests)
      const instance = instances.get(instanceId)
      if (requests.length > 0 && (!instance || instance.buried)) throw notAlive(instanceId)
      return books.lend(instanceId, requests, clock.now())
    },

    async returnSlice(instanceId, window, amount) {
      if (amount > 0n) books.giveBack(instanceId, window, amount)
    },

    async answerRecall(instanceId, returns) {
      books.answer(instanceId, returns, clock.now())
    },

    async settle(instanceId, settlements) {
      assertIdentified(settlements)
      write(instanceId, settlements)
    },

    async buryInstance(deadInstanceId, settlements) {
      assertIdentified(settlements)
      const instance = instances.get(deadInstanceId) ?? { seenAt: clock.now(), buried: false }
      if (instance.buried) return
      instances.set(deadInstanceId, { ...instance, buried: true })
      write(deadInstanceId, settlements)
      books.release(deadInstanceId)
    },

    async notePrices(prices) {
      for (const price of prices) {
        if (!rows.prices.has(price.version)) rows.prices.set(price.version, asStored(PRICE_COLUMNS, price))
      }
    },

    async adjust({ id, actor, reason, window, amount }) {
      const { key: budgetKey, windowId, unit } = window
      const createdAt = clock.now()
      if (!rows.adjust({ id, createdAt, actor, reason, budgetKey, windowId, unit, amount, usageId: null })) return false
      books.post('', [{ window, spent: -amount }])
      return true
    },

    async deadInstances(leaseMs) {
      const deadline = clock.now() - leaseMs
      return [...instances]
        .filter(([, instance]) => !instance.buried && instance.seenAt <= deadline)
        .map(([id]) => id)
        .sort()
    },

    async budgets() {
      return books.states(clock.now())
    },

    async pulse(instanceId) {
      const instance = instances.get(instanceId)
      if (!instance || instance.buried) throw notAlive(instanceId)
      return { nowMs: clock.now(), recalls: books.recallsOf(instanceId) }
    },

    async now() {
      return clock.now()
    },

    async close() {},
  }
}
