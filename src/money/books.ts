import type { Amounts, Billionths } from '../canonical/amounts.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { Clock } from '../lib/clock.ts'
import { createBooksClock } from './books-clock.ts'
import { budgetsOf, type CallBudget } from './budget.ts'
import { BudgetMemory } from './budget-memory.ts'
import type { BudgetSource } from './budget-source.ts'
import type { DispatchDirectory } from './dispatch-directory.ts'
import { DispatchFile, type DispatchLog, noDispatchLog } from './dispatch-file.ts'
import { HeldReservation } from './held-reservation.ts'
import type { Hold } from './hold.ts'
import type { Host } from './host.ts'
import { isUnavailable, type Ledger, watchLedger } from './ledger-watch.ts'
import { LedgerWriter } from './ledger-writer.ts'
import { Membership } from './membership.ts'
import type { MoneyLog } from './money-log.ts'
import type { MoneyTimings } from './money-timings.ts'
import { recover } from './recover.ts'
import { shortOf } from './refusal.ts'
import type { Money } from './reservation.ts'
import { SliceBook } from './slice-book.ts'
import { createCalendar } from './window.ts'

/** The part of the money room that holds and writes. */
export type Books = Pick<Money, 'reserve' | 'record' | 'close'>

/** What the books are kept with. */
export interface BooksOptions {
  readonly store: Ledger
  readonly clock: Clock
  readonly budgets: BudgetSource
  /** Where dispatch files go; null when the store does not outlive the process. */
  readonly dispatchFiles: DispatchDirectory | null
  readonly host: Host
  /** Makes this instance's ids: the first, and another each time it was taken for dead. */
  readonly newInstanceId: () => string
  readonly log: MoneyLog
  readonly timings: MoneyTimings
}

/**
 * Opens the books: announces this instance, books what dead ones left, and starts its timers, which do not keep the process alive. Rejects with
 * GatewayError `ledger_unavailable` when the ledger cannot be reached.
 */
export async function openBooks(options: BooksOptions): Promise<Books> {
  const { clock: machineClock, budgets: source, dispatchFiles, host, log, timings } = options
  const ledger = watchLedger(options.store, {
    doubt: () => void membership.beat(),
    lost: (error) =>
      log.warn({ err: error }, 'the ledger does not answer; no call that costs money is taken until it does'),
    found: () => log.info({}, 'the ledger answers again'),
  })
  const clock = createBooksClock(ledger.store, machineClock)
  const calendar = createCalendar()
  const budgetMemory = new BudgetMemory<CallBudget>()
  const refuse = (budget: CallBudget, available: Billionths, held: Billionths, needed: Billionths): GatewayError =>
    shortOf({ budget, available, held, needed }, calendar, clock.now())
  const instanceId = (): string => membership.instanceId
  const { store } = ledger
  const slices = new SliceBook({ store, instanceId, clock, waitMs: timings.holdWaitMs, refuse, log })
  const writer = new LedgerWriter({
    store,
    instanceId,
    waitMs: timings.settleWaitMs,
    pauseMs: timings.settlePauseMs,
    mostPauseMs: timings.settleMostPauseMs,
    log,
  })
  const membership = new Membership({
    store,
    clock,
    leaseMs: timings.leaseMs,
    newInstanceId: options.newInstanceId,
    renamed: (id) => {
      slices.forget()
      dispatchLog.rename(id)
    },
    log,
  })
  const dispatchLog = openDispatchLog(dispatchFiles, host, instanceId())

  const bookTheDead = (): Promise<unknown> =>
    recover({
      store,
      directory: dispatchFiles,
      host,
      instanceId: instanceId(),
      leaseMs: timings.leaseMs,
      now: () => machineClock.now(),
      log,
    }).catch((error: unknown) => {
      if (!isUnavailable(error)) log.error({ err: error }, 'could not look for dead instances')
    })

  /** Asks the ledger for the time: a ledger that is gone is so known before the next call or settlement finds out. */
  const probe = (): Promise<void> => clock.sync().catch(() => undefined)

  /** A heartbeat when it is time for one or the ledger is away, else a probe. */
  const look = (): Promise<void> => {
    if (!ledger.down() && membership.silentMs < timings.heartbeatMs) return probe()
    dispatchLog.touch()
    return membership.beat()
  }

  await membership.join()
  await bookTheDead()
  const timers = [
    every(timings.probeMs, look),
    every(timings.sweepMs, () => slices.sweep()),
    every(timings.recoverMs, bookTheDead),
  ]
  let closing: Promise<void> | null = null
  let holds = 0

  /** Slices may be used only while the ledger answers and our lease is sure. */
  const ready = (): boolean => !closing && membership.trusted && !ledger.down()

  /** Asks the ledger once more, for a moment, and refuses the call when it does not answer. */
  const becomeReady = async (): Promise<void> => {
    if (closing) throw new GatewayError('ledger_unavailable', 'The gateway is shutting down and takes no new calls.')
    if (!membership.trusted) await within(timings.holdWaitMs, membership.beat())
    if (ready()) return
    throw new GatewayError(
      'ledger_unavailable',
      'The ledger cannot be reached, so no call that costs money is taken; try again shortly.',
      {
        retryAfterSeconds: 1,
      },
    )
  }

  const close = async (): Promise<void> => {
    for (const timer of timers) clearInterval(timer)
    await writer.idle(timings.closeWaitMs)
    const unwritten = writer.stop()
    await within(timings.closeWaitMs, slices.close())
    // Whoever leaves calls running or settlements unwritten is taken for dead by the next instance, which finds the dispatch file.
    if (unwritten === 0 && slices.held === 0n && dispatchLog.open === 0) {
      await within(timings.closeWaitMs, store.buryInstance(instanceId(), [])).catch(() => undefined)
    } else log.warn({ unwritten, open: dispatchLog.open }, 'closed with money on hold; the next start will book it')
    dispatchLog.close()
  }

  return {
    async reserve(ask) {
      if (!ready()) await becomeReady()
      const { context, keyId, target = null } = ask
      const question = { context, keyId, target, atMs: clock.now() }
      const budgets = budgetsOf(source, calendar, question, budgetMemory)
      const closed = budgets.find((budget) => budget.window.limit === 0n)
      if (closed) throw refuse(closed, 0n, 0n, ask.worstCase[closed.window.unit])
      const hold = await slices.hold(budgets, ask.worstCase)
      const windows = budgets.map((budget) => budget.window)
      holds += 1
      const rank = holds
      const extend = (larger: Hold, more: Amounts): boolean | Promise<boolean> =>
        ready() && slices.extend(budgets, { hold: larger, rank }, more)
      return new HeldReservation({ hold, windows, dispatchLog, writer, extend })
    },
    record: (exchange) => writer.write({ ...exchange, postings: [] }),
    close() {
      closing ??= close()
      return closing
    },
  }
}

function openDispatchLog(files: DispatchDirectory | null, { machine, self }: Host, instanceId: string): DispatchLog {
  return files === null ? noDispatchLog() : new DispatchFile(files, { instanceId, machine, ...self })
}

/** Does the work again and again, but never twice at the same time. */
function every(ms: number, work: () => Promise<unknown>): NodeJS.Timeout {
  let busy = false
  return setInterval(async () => {
    if (busy) return
    busy = true
    await work()
    busy = false
  }, ms).unref()
}

/** Waits for the work, but no longer than `ms`. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  try {
    await Promise.race([work, enough])
  } finally {
    clearTimeout(timer)
  }
}
