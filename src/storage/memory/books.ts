import type { Billionths, BudgetUnit } from '../../canonical/amounts.ts'
import { storableMoney } from '../columns/column.ts'
import type {
  BudgetState,
  BudgetWindow,
  Posting,
  SliceGrant,
  SliceRequest,
  SliceReturn,
  WindowName,
} from '../contracts/ledger-store.ts'
import { divideGrants } from '../protocol/divide-grants.ts'
import { ANSWER_HOLDS_MS } from '../protocol/recall.ts'
import { windowName } from '../protocol/window-name.ts'

/** What an instance was lent and has not spent or returned; never zero. */
interface SliceEntry {
  amount: Billionths
  /** When it last answered a recall. */
  answeredAt: number | null
}

interface WindowEntry {
  readonly key: string
  readonly windowId: string
  readonly unit: BudgetUnit
  limit: Billionths
  endsAt: number
  posted: Billionths
  /** By instance. */
  readonly slices: Map<string, SliceEntry>
  recalledAt: number | null
}

/** Budget windows and slices in memory. Every method is one synchronous step, so nothing comes between its reads and its writes. */
export class Books {
  readonly #windows = new Map<string, WindowEntry>()
  readonly #recalled = new Set<WindowEntry>()

  /** Lends, all requests or none; what others may have free of a window that is short is recalled. */
  lend(instanceId: string, requests: readonly SliceRequest[], nowMs: number): readonly SliceGrant[] {
    const { lent, grants } = divideGrants(requests, ({ window }) => {
      const entry = this.#entryOf(window)
      entry.limit = storableMoney(window.limit)
      entry.endsAt = window.endsAt
      return { posted: entry.posted, sliced: slicedOf(entry) }
    })
    return requests.map(({ window, atLeast }, index) => {
      const entry = this.#entryOf(window)
      const grant = grants[index] ?? { granted: 0n, left: 0n, recalled: false }
      if (!lent) return { ...grant, recalled: grant.left < atLeast && this.#recall(entry, instanceId, nowMs) }
      if (grant.granted > 0n) {
        const slice = entry.slices.get(instanceId) ?? { amount: 0n, answeredAt: null }
        slice.amount += grant.granted
        entry.slices.set(instanceId, slice)
      }
      return grant
    })
  }

  /** Windows that were recalled and of which the instance has a slice that did not answer. */
  recallsOf(instanceId: string): readonly WindowName[] {
    const names: WindowName[] = []
    for (const { key, windowId, slices, recalledAt } of this.#recalled) {
      const slice = slices.get(instanceId)
      if (slice && recalledAt !== null && !hasAnswered(slice, recalledAt)) names.push({ key, windowId })
    }
    return names
  }

  /** Gives back what is free of recalled windows. */
  answer(instanceId: string, returns: readonly SliceReturn[], nowMs: number): void {
    for (const { window, amount } of returns) {
      const entry = this.#windows.get(windowName(window))
      if (!entry) continue
      takeFrom(entry, instanceId, amount)
      const slice = entry.slices.get(instanceId)
      if (slice) slice.answeredAt = nowMs
      const { recalledAt } = entry
      if (recalledAt !== null && [...entry.slices.values()].every((one) => hasAnswered(one, recalledAt))) {
        entry.recalledAt = null
        this.#recalled.delete(entry)
      }
    }
  }

  /** Gives back an amount of an instance's slice, or all that it has. */
  giveBack(instanceId: string, window: WindowName, amount: Billionths): void {
    const entry = this.#windows.get(windowName(window))
    if (entry) takeFrom(entry, instanceId, amount)
  }

  /** Posts what was spent and takes it from the instance's slices as far as they reach. Less than nothing is a credit. */
  post(instanceId: string, postings: readonly Posting[]): void {
    for (const { window, spent } of postings) {
      const entry = this.#entryOf(window)
      entry.posted = storableMoney(entry.posted + spent)
      takeFrom(entry, instanceId, spent)
    }
  }

  /** Gives back all slices of an instance. */
  release(instanceId: string): void {
    for (const entry of this.#windows.values()) entry.slices.delete(instanceId)
  }

  /** Windows that have not ended or have money lent, by key and window id. */
  states(nowMs: number): readonly BudgetState[] {
    return [...this.#windows.values()]
      .filter((entry) => entry.endsAt > nowMs || entry.slices.size > 0)
      .sort(byName)
      .map((entry) => ({
        key: entry.key,
        windowId: entry.windowId,
        unit: entry.unit,
        limit: entry.limit,
        posted: entry.posted,
        sliced: slicedOf(entry),
        endsAt: entry.endsAt,
      }))
  }

  /** Marks the window when another instance may have free money of it, and says whether one may. */
  #recall(entry: WindowEntry, instanceId: string, nowMs: number): boolean {
    for (const [owner, { answeredAt }] of entry.slices) {
      if (owner === instanceId || (answeredAt !== null && answeredAt > nowMs - ANSWER_HOLDS_MS)) continue
      entry.recalledAt = nowMs
      this.#recalled.add(entry)
      return true
    }
    return false
  }

  #entryOf(window: BudgetWindow): WindowEntry {
    const name = windowName(window)
    const found = this.#windows.get(name)
    if (found) return found
    const [key = '', windowId = ''] = JSON.parse(name) as string[]
    const limit = storableMoney(window.limit)
    const { unit, endsAt } = window
    const entry = { key, windowId, unit, limit, endsAt, posted: 0n, slices: new Map(), recalledAt: null }
    this.#windows.set(name, entry)
    return entry
  }
}

function hasAnswered({ answeredAt }: SliceEntry, recalledAt: number): boolean {
  return answeredAt !== null && answeredAt >= recalledAt
}

function slicedOf(entry: WindowEntry): Billionths {
  let sum = 0n
  for (const { amount } of entry.slices.values()) sum += amount
  return sum
}

function takeFrom(entry: WindowEntry, instanceId: string, amount: Billionths): void {
  const slice = entry.slices.get(instanceId)
  if (!slice || amount <= 0n) return
  if (amount >= slice.amount) entry.slices.delete(instanceId)
  else slice.amount -= amount
}

function byName(left: WindowEntry, right: WindowEntry): number {
  if (left.key !== right.key) return left.key < right.key ? -1 : 1
  return left.windowId < right.windowId ? -1 : 1
}
