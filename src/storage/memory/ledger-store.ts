import type { Clock } from '../../lib/clock.ts'
import { PRICE_COLUMNS } from '../columns/price-columns.ts'
import type { BudgetState, LedgerStore } from '../contracts/ledger-store.ts'
import { leaseless, livingInstance, register, renew } from '../protocol/instances.ts'
import {
  type InstanceState,
  type LedgerState,
  type Outcome,
  slicedOf,
  type WindowState,
} from '../protocol/ledger-state.ts'
import { answerRecall, giveBack, keep, lend, recallsOf } from '../protocol/lending.ts'
import { adjust, bury, settle } from '../protocol/settling.ts'
import { asStored, type LedgerRows } from './rows.ts'

/** The ledger in memory: the same promises as over PostgreSQL, but for durability. For tests and for trying things out. */
export function createMemoryLedger(rows: LedgerRows, clock: Clock): LedgerStore {
  const windows = new Map<string, WindowState>()
  const instances = new Map<string, InstanceState>()
  const { usage, requests, adjustments } = rows
  const state: LedgerState = { windows, instances, usage, requests, adjustments }

  /** Carries out what a step says. Nothing comes between the step and this: both are in one turn. */
  function carryOut<Answer>({ changes, answer }: Outcome<Answer>): Answer {
    for (const [name, window] of changes.windows ?? []) windows.set(name, window)
    for (const [id, instance] of changes.instances ?? []) instances.set(id, instance)
    for (const { settlement, usage } of changes.rows ?? []) rows.write(settlement, usage)
    for (const adjustment of changes.adjustments ?? []) rows.adjust(adjustment)
    return answer
  }

  return {
    async registerInstance(instanceId) {
      carryOut(register(state, instanceId, clock.now()))
    },

    async heartbeat(instanceId) {
      carryOut(renew(state, instanceId, clock.now()))
    },

    async growSlices(instanceId, requests) {
      return carryOut(lend(state, instanceId, requests, clock.now()))
    },

    async returnSlices(instanceId, returns) {
      for (const { window, amount } of returns) carryOut(giveBack(state, instanceId, window, amount))
    },

    async keepSlices(instanceId, holdings) {
      carryOut(keep(state, instanceId, holdings))
    },

    async answerRecall(instanceId, returns) {
      carryOut(answerRecall(state, instanceId, returns, clock.now()))
    },

    async settle(instanceId, settlements) {
      carryOut(settle(state, instanceId, settlements, clock.now()))
    },

    async buryInstance(deadInstanceId, settlements, silentMs) {
      return carryOut(bury(state, deadInstanceId, settlements, clock.now(), silentMs))
    },

    async notePrices(prices) {
      for (const price of prices) {
        if (!rows.prices.has(price.version)) rows.prices.set(price.version, asStored(PRICE_COLUMNS, price))
      }
    },

    async adjust(adjustment) {
      return carryOut(adjust(state, adjustment, clock.now()))
    },

    async deadInstances(leaseMs) {
      return leaseless(state, leaseMs, clock.now())
    },

    async budgets(only) {
      const nowMs = clock.now()
      return [...windows.values()]
        .filter(({ key, windowId }) => !only || (key === only.key && windowId === only.windowId))
        .filter(({ endsAt, slices }) => endsAt > nowMs || slices.size > 0)
        .sort(byName)
        .map(budgetState)
    },

    async pulse(instanceId) {
      livingInstance(state, instanceId)
      return { nowMs: clock.now(), recalls: recallsOf(state, instanceId) }
    },

    async now() {
      return clock.now()
    },

    async close() {},
  }
}

function budgetState(window: WindowState): BudgetState {
  const { key, windowId, unit, limit, posted, endsAt } = window
  return { key, windowId, unit, limit, posted, sliced: slicedOf(window), endsAt }
}

function byName(left: WindowState, right: WindowState): number {
  if (left.key !== right.key) return left.key < right.key ? -1 : 1
  return left.windowId < right.windowId ? -1 : 1
}
