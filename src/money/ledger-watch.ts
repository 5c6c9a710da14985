import { GatewayError } from '../errors/gateway-error.ts'
import type { LedgerStore } from '../storage/contracts/ledger-store.ts'

/** What the money room asks of the store. */
export type Ledger = Omit<LedgerStore, 'budgets' | 'close'>

/** A store whose answers tell whether it can be reached. */
export interface WatchedLedger {
  readonly store: Ledger
  /** True from the first answer that did not come until the next one that does. */
  readonly down: () => boolean
}

/**
 * Watches a store. A settlement that fails says nothing about the store, it may be the settlement's own fault: then `probe` is called, which
 * should ask the store something simple.
 */
export function watchLedger(store: Ledger, probe: () => void): WatchedLedger {
  let down = false
  const watched = async <Answer>(answer: Promise<Answer>): Promise<Answer> => {
    try {
      const told = await answer
      down = false
      return told
    } catch (error) {
      if (isUnavailable(error)) down = true
      throw error
    }
  }
  const settled = async (answer: Promise<void>): Promise<void> => {
    try {
      await answer
      down = false
    } catch (error) {
      probe()
      throw error
    }
  }
  return {
    down: () => down,
    store: {
      registerInstance: (id) => watched(store.registerInstance(id)),
      heartbeat: (id) => watched(store.heartbeat(id)),
      growSlices: (id, requests) => watched(store.growSlices(id, requests)),
      returnSlice: (id, window, amount) => watched(store.returnSlice(id, window, amount)),
      settle: (id, settlements) => settled(store.settle(id, settlements)),
      buryInstance: (id, settlements) => settled(store.buryInstance(id, settlements)),
      deadInstances: (leaseMs) => watched(store.deadInstances(leaseMs)),
      now: () => watched(store.now()),
    },
  }
}

/** Whether an error says that the ledger cannot be reached. */
export function isUnavailable(error: unknown): error is GatewayError {
  return error instanceof GatewayError && error.code === 'ledger_unavailable'
}
