import type { Clock } from '../lib/clock.ts'
import { newId } from '../lib/ids.ts'
import type { LedgerStore } from '../storage/contracts/ledger-store.ts'
import { createAnswers } from './answers.ts'
import { openBooks } from './books.ts'
import type { BudgetSource } from './budget-source.ts'
import { openDispatchDirectory } from './dispatch-directory.ts'
import { thisHost } from './host.ts'
import type { LadderStep } from './ladder.ts'
import type { Ledger } from './ledger-watch.ts'
import { type MoneyLog, SILENT } from './money-log.ts'
import { DEFAULT_TIMINGS, type MoneyTimings } from './money-timings.ts'
import { createPriceLedger } from './price-ledger.ts'
import { createPricing } from './pricing.ts'
import type { Money } from './reservation.ts'

/** What the money room is made of. */
export interface MoneyOptions {
  /** The ledger's store. It stays open when the room closes. */
  readonly store: Ledger
  /** Where the prices that rows name are kept. Default: nowhere. */
  readonly prices?: Pick<LedgerStore, 'notePrices'>
  readonly clock: Clock
  /** The budgets in force; asked at each reserve, so a reload may change them at any time. */
  readonly budgets: BudgetSource
  /** Told of every step of a budget's ladder that is reached; must not throw. Default: nobody is. */
  readonly onLadder?: (step: LadderStep) => void
  /**
   * What happens to calls while the ledger is away: `refuse` them, or take them within the money that is borrowed already and keep settlements in a
   * `journal` until it is back; that needs a `dispatchDir`. Default `refuse`.
   */
  readonly onOutage?: 'refuse' | 'journal'
  /** Where dispatch files go, made when missing; null when the store does not outlive the process. */
  readonly dispatchDir: string | null
  /** Default: silence. */
  readonly log?: MoneyLog
  readonly timings?: Partial<MoneyTimings>
}

/** Opens the money room. Rejects with GatewayError `ledger_unavailable` when the ledger cannot be reached. */
export async function createMoney(options: MoneyOptions): Promise<Money> {
  const { dispatchDir, prices = NO_PRICES, ...rest } = options
  const log = options.log ?? SILENT
  const priceLedger = createPriceLedger(prices, options.clock, (error) =>
    log.warn({ err: error }, 'prices could not be kept; the next call tries again'),
  )
  const books = await openBooks({
    ...rest,
    dispatchFiles: dispatchDir === null ? null : await openDispatchDirectory(dispatchDir),
    host: thisHost(),
    newInstanceId: () => newId('gw'),
    log,
    timings: { ...DEFAULT_TIMINGS, ...options.timings },
  })
  return { ...createPricing(priceLedger.used), pricesKept: priceLedger.kept, answers: createAnswers(), ...books }
}

const NO_PRICES: Pick<LedgerStore, 'notePrices'> = { notePrices: async () => undefined }
