import type { NanoUsd } from '../canonical/money.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { LedgerStore } from '../storage/contracts/ledger-store.ts'
import { openMemoryStorage } from '../storage/memory/open.ts'
import { createMoney } from './create-money.ts'
import { callContext, DOLLAR, type HandClock, handClock, TestBudgets, usd } from './money.contract.ts'
import type { MoneyTimings } from './money-timings.ts'
import type { Money, Reservation } from './reservation.ts'

// Money rooms over storage in memory, for tests.

/** When tests begin. */
export const NOON = Date.parse('2026-11-21T12:00:00Z')

/** What a test wants to be different. */
export interface RoomOptions {
  /** Default: a dollar a day. */
  readonly budgets?: TestBudgets
  /** Methods of the store that behave otherwise. */
  readonly change?: (store: LedgerStore) => Partial<LedgerStore>
  readonly timings?: Partial<MoneyTimings>
  readonly dispatchDir?: string | null
  readonly onOutage?: 'refuse' | 'journal'
  readonly clock?: HandClock
  readonly storage?: ReturnType<typeof openMemoryStorage>
}

/** Opens rooms, and closes all of them when a test is over. */
export class TestRooms {
  readonly #open: Money[] = []

  async open(options: RoomOptions = {}) {
    const clock = options.clock ?? handClock(NOON)
    const storage = options.storage ?? openMemoryStorage({ clock })
    const budgets = options.budgets ?? TestBudgets.daily(DOLLAR)
    const money = await createMoney({
      store: { ...storage.ledger, ...options.change?.(storage.ledger) },
      clock,
      budgets,
      dispatchDir: options.dispatchDir ?? null,
      onOutage: options.onOutage ?? 'refuse',
      timings: {
        holdWaitMs: 200,
        settleWaitMs: 200,
        settlePauseMs: 1,
        settleMostPauseMs: 5,
        closeWaitMs: 100,
        ...options.timings,
      },
    })
    this.#open.push(money)
    return {
      clock,
      storage,
      budgets,
      money,
      reserve: (worstCase: NanoUsd, tenantId = 'acme'): Promise<Reservation> =>
        money.reserve({ traceId: 't', keyId: null, context: callContext(tenantId), worstCase: usd(worstCase) }),
      state: async () => (await storage.ledger.budgets())[0],
      rows: async () => (await storage.reader.events({ limit: 1000 })).rows,
    }
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((money) => money.close()))
  }
}

/** The answer of a store that is away. */
export const unavailable = () => Promise.reject(new GatewayError('ledger_unavailable', 'down'))

/** Whether a call was taken, or why not. */
export function outcome(reserving: Promise<Reservation>): Promise<string> {
  return reserving.then(
    () => 'taken',
    (error: GatewayError) => error.code,
  )
}
