import type { Billionths } from '../canonical/amounts.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { Clock } from '../lib/clock.ts'
import { createBooksClock } from './books-clock.ts'
import { type BudgetQuestion, budgetsOf, type CallBudget } from './budget.ts'
import { BudgetMemory } from './budget-memory.ts'
import { fullestShare } from './budget-share.ts'
import type { BudgetSource } from './budget-source.ts'
import type { DispatchDirectory } from './dispatch-directory.ts'
import { DispatchFile, type DispatchLog, noDispatchLog } from './dispatch-file.ts'
import { FileWatch } from './file-watch.ts'
import { HeldReservation, type ReservationDesk } from './held-reservation.ts'
import type { Hold } from './hold.ts'
import type { Host } from './host.ts'
import { type LadderStep, LadderWatch } from './ladder.ts'
import { isUnavailable, type Ledger, watchLedger } from './ledger-watch.ts'
import { LedgerWriter } from './ledger-writer.ts'
import { lookAtBudgets } from './look.ts'
import { Membership } from './membership.ts'
import type { MoneyLog } from './money-log.ts'
import type { MoneyTimings } from './money-timings.ts'
import { recover } from './recover.ts'
import { shortOf } from './refusal.ts'
import type { Money, ReserveAsk } from './reservation.ts'
import { FRUGAL, PROVIDENT } from './slice.ts'
import { SliceBook } from './slice-book.ts'
import { createCalendar } from './window.ts'

/** With so many settlements waiting for a ledger that is away, refusals are not recorded any more. */
const MOST_BACKLOG = 10_000

/** The part of the money room that holds and writes. */
export type Books = Pick<Money, 'reserve' | 'reserveNow' | 'look' | 'downgradeOf' | 'budgetUsed' | 'record' | 'close'>

/** What the books are kept with. */
export interface BooksOptions {
  readonly store: Ledger
  readonly clock: Clock
  readonly budgets: BudgetSource
  /** Told of every step of a budget's ladder that is reached; must not throw. Default: nobody is. */
  readonly onLadder?: (step: LadderStep) => void
  /** Where dispatch files go; null when the store does not outlive the process. */
  readonly dispatchFiles: DispatchDirectory | null
  /** What happens to calls while the ledger is away. `journal` needs files. Default `refuse`. */
  readonly onOutage?: 'refuse' | 'journal' | undefined
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
  const journaling = options.onOutage === 'journal' && dispatchFiles !== null
  const ledger = watchLedger(options.store, {
    doubt: () => void membership.beat(),
    lost: (error) => {
      const meanwhile = journaling ? 'calls go on within what is borrowed' : 'no call that costs money is taken'
      log.warn({ err: error }, `the ledger does not answer; ${meanwhile} until it does`)
      writer.keepAll()
      askingAgain = feelPulse()
        .catch(() => undefined)
        .finally(() => {
          askingAgain = null
        })
    },
    found: () => {
      answersSinceMs = machineClock.monotonic()
      log.info({}, 'the ledger answers again')
    },
    buried: (id) => membership.buried(id),
  })
  let answersSinceMs = machineClock.monotonic()
  /** Set from the first answer that did not come until the next ask is answered or not: one slow answer on a busy machine is no outage. */
  let askingAgain: Promise<void> | null = null
  const clock = createBooksClock(machineClock)
  const calendar = createCalendar()
  const budgetMemory = new BudgetMemory<CallBudget>()
  const ladder = new LadderWatch(clock, options.onLadder ?? (() => undefined))
  const refuse = (budget: CallBudget, available: Billionths, held: Billionths, needed: Billionths): GatewayError => {
    const known = budget.ladder && slices.known(budget.window)
    if (budget.ladder && known) ladder.refused({ ...budget, ladder: budget.ladder }, known, needed)
    return shortOf({ budget, available, held, needed }, calendar, clock.now())
  }
  const instanceId = (): string => membership.instanceId
  const { store } = ledger
  const slices = new SliceBook({
    store,
    instanceId,
    clock,
    waitMs: timings.holdWaitMs,
    patienceMs: timings.recallWaitMs,
    againMs: timings.recallAgainMs,
    refuse,
    ladder,
    away: ledger.down,
    habits: journaling ? PROVIDENT : FRUGAL,
    log,
  })
  const writer = new LedgerWriter({
    store,
    instanceId,
    journal: journaling ? { keep: (kept) => dispatchLog.keep(kept) } : null,
    away: ledger.down,
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
  dispatchLog.announce()

  const watch = new FileWatch(() => clock.monotonic())
  const bookTheDead = (): Promise<unknown> =>
    recover({
      store,
      directory: dispatchFiles,
      host,
      instanceId: instanceId(),
      leaseMs: timings.leaseMs,
      // After an outage everybody looks silent: others get as long as a lease to be heard again.
      leasesTell: !ledger.down() && clock.monotonic() - answersSinceMs >= timings.leaseMs,
      watch,
      log,
    }).catch((error: unknown) => {
      if (!isUnavailable(error)) log.error({ err: error }, 'could not look for dead instances')
    })

  /** Asks the ledger how things stand. One that is gone is so known before the next call or settlement finds out. */
  const feelPulse = async (): Promise<void> => {
    const askedAtMs = clock.monotonic()
    const { nowMs, recalls } = await store.pulse(instanceId())
    clock.heard(nowMs, askedAtMs, clock.monotonic())
    if (recalls.length > 0) await slices.recalled(recalls)
  }

  /** A heartbeat when it is time for one or the ledger is away, and a pulse. */
  const look = async (): Promise<void> => {
    if (ledger.down() || membership.silentMs >= timings.heartbeatMs) {
      dispatchLog.touch()
      await membership.beat()
      if (ledger.down()) return
    }
    await feelPulse().catch((error: unknown) => {
      if (!isUnavailable(error)) log.error({ err: error }, 'the ledger gives no pulse')
    })
    if (journaling) await slices.provide()
  }

  try {
    await membership.join()
    await feelPulse()
  } catch (error) {
    dispatchLog.close()
    throw error
  }
  await bookTheDead()
  const timers = [
    every(timings.probeMs, look),
    every(timings.sweepMs, () => slices.sweep()),
    every(timings.recoverMs, bookTheDead),
  ]
  let closing: Promise<void> | null = null
  let holds = 0

  /** Slices may be used only while our lease is sure, and while the ledger answers or settlements are kept. */
  const ready = (atMs = clock.monotonic()): boolean =>
    !closing && membership.trustedAt(atMs) && (journaling || !ledger.down())

  /** Asks the ledger once more, for a moment, and refuses the call when it does not answer. */
  const becomeReady = async (): Promise<void> => {
    if (closing) throw new GatewayError('ledger_unavailable', 'The gateway is shutting down and takes no new calls.')
    if (askingAgain) await within(timings.holdWaitMs, askingAgain)
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

  const budgetsFor = (question: BudgetQuestion): readonly CallBudget[] =>
    budgetsOf(source, calendar, question, budgetMemory)
  const questionOf = (ask: Omit<ReserveAsk, 'traceId' | 'worstCase'>, atMs: number): BudgetQuestion => {
    const { context, keyId, task, target = null } = ask
    return { context, keyId, task, target, atMs }
  }
  const lease = (): string | null => (membership.trusted ? instanceId() : null)
  const desk: ReservationDesk = { dispatchLog, writer, slices, budgetsOf: budgetsFor, ready, lease }

  const reservationOf = (
    ask: ReserveAsk,
    question: BudgetQuestion,
    budgets: readonly CallBudget[],
    hold: Hold,
    ours: string | null,
  ): HeldReservation => {
    holds += 1
    return new HeldReservation({ desk, hold, held: ask.worstCase, budgets, question, rank: holds, lease: ours })
  }

  const close = async (): Promise<void> => {
    for (const timer of timers) clearInterval(timer)
    await writer.idle(timings.closeWaitMs)
    const unwritten = writer.stop()
    await within(timings.closeWaitMs, slices.close())
    // Whoever leaves calls running or settlements unwritten is taken for dead by the next instance, which finds the dispatch file.
    const { open } = dispatchLog
    const isClean = unwritten === 0 && slices.held === 0n && open === 0
    // First, so that nothing can be sent any more while our slices go back.
    dispatchLog.close()
    if (isClean) await within(timings.closeWaitMs, store.buryInstance(instanceId(), [])).catch(() => undefined)
    else log.warn({ unwritten, open }, 'closed with money on hold; the next start will book it')
  }

  return {
    async reserve(ask) {
      if (!ready()) await becomeReady()
      const question = questionOf(ask, clock.now())
      const budgets = budgetsFor(question)
      const closed = budgets.find(isClosed)
      if (closed) throw refuse(closed, 0n, 0n, ask.worstCase[closed.window.unit])
      const taken = slices.hold(budgets, ask.worstCase)
      const hold = taken instanceof Promise ? await taken : taken
      return reservationOf(ask, question, budgets, hold, lease())
    },
    reserveNow(ask) {
      const atMs = clock.monotonic()
      if (!ready(atMs)) return null
      const question = questionOf(ask, clock.at(atMs))
      const budgets = budgetsFor(question)
      const hold = budgets.some(isClosed) ? null : slices.holdNow(budgets, ask.worstCase, atMs)
      return hold && reservationOf(ask, question, budgets, hold, instanceId())
    },
    async look(ask, from) {
      if (!ready()) await becomeReady()
      const budgets = budgetsOf(from.budgets, calendar, questionOf(ask, clock.now()))
      const states = await Promise.all(budgets.map(({ window }) => from.stateOf(window).catch(() => 'away' as const)))
      return lookAtBudgets({
        budgets,
        states,
        lentOf: ({ window }) => slices.lent(window),
        worstCase: ask.worstCase,
        refuse: (shortage) => shortOf(shortage, calendar, clock.now()),
      })
    },
    downgradeOf(ask) {
      if (!ladder.anyDowngraded) return null
      const budgets = budgetsFor(questionOf(ask, clock.now()))
      for (const { window, subject, ladder: steps } of budgets) {
        if (!steps || !ladder.isDowngraded({ window, subject, ladder: steps })) continue
        return { budget: window.key, to: steps.downgradeTo }
      }
      return null
    },
    budgetUsed({ context, keyId, task }) {
      const budgets = budgetsFor({ context, keyId, task, target: null, atMs: clock.now() })
      return fullestShare(budgets, (window) => slices.used(window))
    },
    async record(exchange) {
      // While the ledger is away refusals are many, and each waits in memory.
      if (ledger.down() && writer.backlog >= MOST_BACKLOG) return
      await writer.write({ ...exchange, postings: [] })
    },
    close() {
      closing ??= close()
      return closing
    },
  }
}

/** A budget of nothing refuses every call. */
function isClosed({ window }: CallBudget): boolean {
  return window.limit === 0n
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
