import type { Billionths, BudgetUnit } from '../../canonical/amounts.ts'
import { storableMoney } from '../columns/column.ts'
import type { BudgetState, BudgetWindow, Posting, SliceGrant, SliceRequest } from '../contracts/ledger-store.ts'
import { divideGrants } from '../protocol/divide-grants.ts'
import { windowName } from '../protocol/window-name.ts'

interface WindowEntry {
  readonly key: string
  readonly windowId: string
  readonly unit: BudgetUnit
  limit: Billionths
  endsAt: number
  posted: Billionths
  /** What each instance was lent and has not spent or returned; never zero. */
  readonly slices: Map<string, Billionths>
}

/** Budget windows and slices in memory. Every method is one synchronous step, so nothing comes between its reads and its writes. */
export class Books {
  readonly #windows = new Map<string, WindowEntry>()

  /** Lends, all requests or none. */
  lend(instanceId: string, requests: readonly SliceRequest[]): readonly SliceGrant[] {
    const { lent, grants } = divideGrants(requests, ({ window }) => {
      const entry = this.#entryOf(window)
      entry.limit = storableMoney(window.limit)
      entry.endsAt = window.endsAt
      return { posted: entry.posted, sliced: slicedOf(entry) }
    })
    if (!lent) return grants
    for (const [index, { window }] of requests.entries()) {
      const { slices } = this.#entryOf(window)
      const granted = grants[index]?.granted ?? 0n
      if (granted > 0n) slices.set(instanceId, (slices.get(instanceId) ?? 0n) + granted)
    }
    return grants
  }

  /** Gives back an amount of an instance's slice, or all that it has. */
  giveBack(instanceId: string, window: BudgetWindow, amount: Billionths): void {
    const entry = this.#windows.get(windowName(window))
    if (entry) takeFrom(entry, instanceId, amount)
  }

  /** Posts what was spent and takes it from the instance's slices as far as they reach. */
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

  #entryOf(window: BudgetWindow): WindowEntry {
    const name = windowName(window)
    const found = this.#windows.get(name)
    if (found) return found
    const [key = '', windowId = ''] = JSON.parse(name) as string[]
    const limit = storableMoney(window.limit)
    const entry = { key, windowId, unit: window.unit, limit, endsAt: window.endsAt, posted: 0n, slices: new Map() }
    this.#windows.set(name, entry)
    return entry
  }
}

function slicedOf(entry: WindowEntry): Billionths {
  let sum = 0n
  for (const amount of entry.slices.values()) sum += amount
  return sum
}

function takeFrom(entry: WindowEntry, instanceId: string, amount: Billionths): void {
  const held = entry.slices.get(instanceId) ?? 0n
  if (amount >= held) entry.slices.delete(instanceId)
  else if (amount > 0n) entry.slices.set(instanceId, held - amount)
}

function byName(left: WindowEntry, right: WindowEntry): number {
  if (left.key !== right.key) return left.key < right.key ? -1 : 1
  return left.windowId < right.windowId ? -1 : 1
}
