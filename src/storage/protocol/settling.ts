import { storableMoney } from '../columns/column.ts'
import type { BudgetAdjustment, LedgerAdjustment, Posting, Settlement, UsageRow } from '../contracts/ledger-store.ts'
import { correctionId, type LateSettlement, lateSettlementOf } from './late-settlement.ts'
import { type LedgerState, type NewRows, type Outcome, takenFrom, type WindowState } from './ledger-state.ts'
import { windowOf } from './lending.ts'
import { assertIdentified, identityOf, requestId } from './settlement-identity.ts'
import { sumPostings, windowName } from './window-name.ts'

/*
 * How money is spent for good: the rows of an exchange and what its windows owe are written in one step, once. What was spent is taken from the slices of
 * the instance as far as they reach.
 */

/** Writes closed exchanges; see `LedgerStore.settle`. Throws GatewayError `internal` for settlements that nothing identifies. */
export function settle(
  state: LedgerState,
  instanceId: string,
  settlements: readonly Settlement[],
  nowMs: number,
): Outcome<void> {
  assertIdentified(settlements)
  const rows: NewRows[] = []
  const adjustments: LedgerAdjustment[] = []
  const owed: Posting[] = []
  const written = new WrittenRows(state)
  for (const settlement of settlements) {
    const isNew = written.isNew(settlement)
    const late = isNew ? null : lateOf(settlement, written)
    if (!isNew && !late) continue
    for (const adjustment of late?.adjustments ?? []) adjustments.push({ ...adjustment, createdAt: nowMs })
    const news = { settlement, usage: late?.missing ?? settlement.usage }
    written.add(news, late?.adjustments ?? [])
    rows.push(news)
    owed.push(...(late ?? settlement).postings)
  }
  return { changes: { rows, adjustments, windows: posted(state, instanceId, owed) }, answer: undefined }
}

/** Takes over what a dead instance left; see `LedgerStore.buryInstance`. The second time changes nothing. */
export function bury(
  state: LedgerState,
  instanceId: string,
  settlements: readonly Settlement[],
  nowMs: number,
  silentMs: number | null = null,
): Outcome<boolean> {
  assertIdentified(settlements)
  const known = state.instances.get(instanceId)
  if (known?.buried) return { changes: {}, answer: true }
  if (known && silentMs !== null && known.seenAt > nowMs - silentMs) return { changes: {}, answer: false }
  const { changes } = settle(state, instanceId, settlements, nowMs)
  const windows = new Map(changes.windows)
  for (const [name, before] of state.windows) {
    const window = windows.get(name) ?? before
    const slice = window.slices.get(instanceId)
    if (slice) windows.set(name, takenFrom(window, instanceId, slice.amount))
  }
  const instances = new Map([[instanceId, { seenAt: known?.seenAt ?? nowMs, buried: true }]])
  return { changes: { ...changes, windows, instances }, answer: true }
}

/** Corrects what a window has posted; see `LedgerStore.adjust`. */
export function adjust(state: LedgerState, adjustment: BudgetAdjustment, nowMs: number): Outcome<boolean> {
  const { id, actor, reason, window, amount } = adjustment
  if (state.adjustments.has(id)) return { changes: {}, answer: false }
  const { key: budgetKey, windowId, unit } = window
  const row = { id, createdAt: nowMs, actor, reason, budgetKey, windowId, unit, amount, usageId: null }
  const windows = posted(state, '', [{ window, spent: -amount }])
  return { changes: { adjustments: [row], windows }, answer: true }
}

/** The windows after they have paid. Less than nothing is a credit. */
function posted(
  state: LedgerState,
  instanceId: string,
  postings: readonly Posting[],
): ReadonlyMap<string, WindowState> {
  const windows = new Map<string, WindowState>()
  for (const { window, spent } of sumPostings([{ postings }])) {
    const known = windowOf(state, window)
    const paid = { ...known, posted: storableMoney(known.posted + spent) }
    windows.set(windowName(window), takenFrom(paid, instanceId, spent))
  }
  return windows
}

/** The late truth about rows that had to be presumed; null when there is none, or it is known already. */
function lateOf(settlement: Settlement, written: WrittenRows): LateSettlement | null {
  const late = lateSettlementOf(settlement, written)
  return late?.corrected.some(({ id }) => written.isCorrected(id)) ? null : late
}

/** The rows there are, with those that earlier settlements of the same step have written. */
class WrittenRows {
  readonly #state: LedgerState
  readonly #usage = new Map<string, UsageRow>()
  readonly #requests = new Set<string>()
  readonly #adjustments = new Set<string>()

  constructor(state: LedgerState) {
    this.#state = state
  }

  get(id: string): UsageRow | undefined {
    return this.#usage.get(id) ?? this.#state.usage.get(id)
  }

  has(id: string): boolean {
    return this.#usage.has(id) || this.#state.usage.has(id)
  }

  isNew(settlement: Settlement): boolean {
    const known = (id: string): boolean =>
      settlement.usage.length > 0 ? this.has(id) : this.#requests.has(id) || this.#state.requests.has(id)
    return !identityOf(settlement).some(known)
  }

  isCorrected(usageId: string): boolean {
    const id = correctionId(usageId)
    return this.#adjustments.has(id) || this.#state.adjustments.has(id)
  }

  add({ settlement, usage }: NewRows, adjustments: readonly { readonly id: string }[]): void {
    for (const row of usage) this.#usage.set(row.id, row)
    if (settlement.request) this.#requests.add(requestId(settlement, settlement.request))
    for (const { id } of adjustments) this.#adjustments.add(id)
  }
}
