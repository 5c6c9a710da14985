import { GatewayError } from '../errors/gateway-error.ts'
import type { LedgerStore } from '../storage/contracts/ledger-store.ts'
import { isBuried } from '../storage/protocol/not-alive.ts'

/** What the money room asks of the store. */
export type Ledger = Omit<LedgerStore, 'adjust' | 'budgets' | 'notePrices' | 'close'>

/** A store whose answers tell whether it can be reached. */
export interface WatchedLedger {
  readonly store: Ledger
  /** True from the first answer that did not come until the next one that does. */
  readonly down: () => boolean
}

/** What a watcher is told. */
export interface WatchEvents {
  /** A settlement failed, which says nothing about the store, it may be the settlement's own fault: ask the store something simple. */
  readonly doubt: () => void
  /** The store does not answer any more. */
  readonly lost: (error: unknown) => void
  /** The store answers again. */
  readonly found: () => void
  /** The store says that it has buried the instance that asked. */
  readonly buried: (instanceId: string) => void
}

/** Watches a store. */
export function watchLedger(store: Ledger, events: WatchEvents): WatchedLedger {
  let down = false
  const answered = (): void => {
    if (down) events.found()
    down = false
  }
  const watched = async <Answer>(answer: Promise<Answer>, asker = ''): Promise<Answer> => {
    try {
      const told = await answer
      answered()
      return told
    } catch (error) {
      if (isBuried(error)) {
        answered()
        events.buried(asker)
      } else if (isUnavailable(error) && !down) {
        down = true
        events.lost(error)
      }
      throw error
    }
  }
  const settled = async <Answer>(asked: Promise<Answer>): Promise<Answer> => {
    try {
      const answer = await asked
      answered()
      return answer
    } catch (error) {
      events.doubt()
      throw error
    }
  }
  return {
    down: () => down,
    store: {
      registerInstance: (id) => watched(store.registerInstance(id), id),
      heartbeat: (id) => watched(store.heartbeat(id), id),
      growSlices: (id, requests) => watched(store.growSlices(id, requests), id),
      returnSlices: (id, returns) => watched(store.returnSlices(id, returns), id),
      keepSlices: (id, holdings) => watched(store.keepSlices(id, holdings), id),
      answerRecall: (id, returns) => watched(store.answerRecall(id, returns), id),
      settle: (id, settlements) => settled(store.settle(id, settlements)),
      buryInstance: (id, settlements, silentMs) => settled(store.buryInstance(id, settlements, silentMs)),
      deadInstances: (leaseMs) => watched(store.deadInstances(leaseMs)),
      pulse: (id) => watched(store.pulse(id), id),
      now: () => watched(store.now()),
    },
  }
}

/** Whether an error says that the ledger cannot be reached. */
export function isUnavailable(error: unknown): error is GatewayError {
  return error instanceof GatewayError && error.code === 'ledger_unavailable'
}
