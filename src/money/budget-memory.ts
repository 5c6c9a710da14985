import { LruMap } from '../lib/lru-map.ts'
import type { BudgetPolicy } from './budget-source.ts'

/** How many budgets of one policy are kept: values that a stranger may name are many. */
const KEPT = 10_000

/**
 * Budgets that calls were in, so that the next call in the same window need not spell out their names again. A new configuration makes its policies
 * anew: the budgets of the old ones are then forgotten.
 */
export class BudgetMemory<Budget> {
  readonly #known = new WeakMap<BudgetPolicy, LruMap<string, Budget>>()

  /** The budgets of one policy, by whose they are. */
  of(policy: BudgetPolicy): LruMap<string, Budget> {
    let known = this.#known.get(policy)
    if (!known) {
      known = new LruMap(KEPT)
      this.#known.set(policy, known)
    }
    return known
  }
}
