import type { Billionths, BudgetUnit } from '../../canonical/amounts.ts'
import type { LedgerAdjustment, Settlement, UsageRow } from '../contracts/ledger-store.ts'

/*
 * The ledger as plain data, and what a step changes of it.
 *
 * Every step (`lending.ts`, `settling.ts`, `instances.ts`) is a function of the state, what is asked and the time: it changes nothing, it says what is to
 * be changed and what the answer is. The memory store carries the changes out in place. A model carries them out on a copy, and so can go
 * back and take another way: `test/model` walks through every way there is. The statements of PostgreSQL do the same; the contract suite holds
 * them against it.
 */

/** What an instance was lent of a window and has not spent or returned; above zero. */
export interface SliceState {
  readonly amount: Billionths
  /** When it last answered a recall, ms since 1970. */
  readonly answeredAt: number | null
}

/** A budget window. */
export interface WindowState {
  readonly key: string
  readonly windowId: string
  readonly unit: BudgetUnit
  /** The last one that a request named. */
  readonly limit: Billionths
  readonly endsAt: number
  /** Spent for good. */
  readonly posted: Billionths
  /** By instance. */
  readonly slices: ReadonlyMap<string, SliceState>
  /** When money was last asked back from those who have slices; null when nobody is asked. */
  readonly recalledAt: number | null
}

/** An instance that has, or had, a lease. */
export interface InstanceState {
  /** When it was last heard of, ms since 1970. */
  readonly seenAt: number
  readonly buried: boolean
}

/** Everything that steps look at. */
export interface LedgerState {
  /** By `windowName`. */
  readonly windows: ReadonlyMap<string, WindowState>
  readonly instances: ReadonlyMap<string, InstanceState>
  /** By attempt. */
  readonly usage: Pick<ReadonlyMap<string, UsageRow>, 'get' | 'has'>
  /** By `requestId`. */
  readonly requests: Pick<ReadonlyMap<string, unknown>, 'has'>
  readonly adjustments: Pick<ReadonlyMap<string, unknown>, 'has'>
}

/** Rows of a settlement that are to be written: `usage` are those that are not there yet. */
export interface NewRows {
  readonly settlement: Settlement
  readonly usage: readonly UsageRow[]
}

/** What a step changes. Windows and instances are given as they are afterwards. */
export interface LedgerChanges {
  readonly windows: ReadonlyMap<string, WindowState>
  readonly instances: ReadonlyMap<string, InstanceState>
  readonly rows: readonly NewRows[]
  readonly adjustments: readonly LedgerAdjustment[]
}

/** What came of a step. */
export interface Outcome<Answer> {
  readonly changes: Partial<LedgerChanges>
  readonly answer: Answer
}

/** What a window has lent. */
export function slicedOf({ slices }: WindowState): Billionths {
  let sum = 0n
  for (const { amount } of slices.values()) sum += amount
  return sum
}

/** The window when an instance's slice is smaller by an amount, or by all that it has. */
export function takenFrom(window: WindowState, instanceId: string, amount: Billionths): WindowState {
  const slice = window.slices.get(instanceId)
  if (!slice || amount <= 0n) return window
  const slices = new Map(window.slices)
  if (amount >= slice.amount) slices.delete(instanceId)
  else slices.set(instanceId, { ...slice, amount: slice.amount - amount })
  return { ...window, slices }
}
