import type { NanoUsd } from '../../canonical/money.ts'
import type { BudgetWindow } from './ledger-store.ts'
import { windowOf } from './samples.contract.ts'

/** One window as it should be. */
export interface ModelWindow {
  window: BudgetWindow
  /** The highest limit that it ever had. */
  highestLimit: NanoUsd
  posted: NanoUsd
  /** What was spent beyond slices: the only way past the limit. */
  beyondSlice: NanoUsd
  slices: Record<string, NanoUsd>
}

/** The books that the store must show. */
export class ModelBooks {
  readonly windows: readonly ModelWindow[]

  constructor(limits: readonly NanoUsd[]) {
    this.windows = limits.map((limit) => ({
      window: windowOf(limit),
      /** The highest limit that it ever had. */
      highestLimit: limit,
      posted: 0n,
      beyondSlice: 0n,
      slices: {},
    }))
  }

  /** The window of an index. */
  at(index: number): ModelWindow {
    const found = this.windows[index]
    if (!found) throw new RangeError(`no window ${index}`)
    return found
  }

  /** What the window has lent. */
  sliced(entry: ModelWindow): NanoUsd {
    return Object.values(entry.slices).reduce((sum, slice) => sum + slice, 0n)
  }

  /** What the window can still lend. */
  left(entry: ModelWindow): NanoUsd {
    const left = entry.window.limit - entry.posted - this.sliced(entry)
    return left < 0n ? 0n : left
  }

  /** Posts `spent` to each window and takes it from the instance's slice, no lower than zero. */
  spend(instance: string, indexes: readonly number[], spent: NanoUsd): void {
    for (const index of indexes) {
      const entry = this.at(index)
      const slice = entry.slices[instance] ?? 0n
      entry.posted += spent
      entry.beyondSlice += spent > slice ? spent - slice : 0n
      entry.slices[instance] = spent > slice ? 0n : slice - spent
    }
  }
}
