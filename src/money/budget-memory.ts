import { LruMap } from '../lib/lru-map.ts'
import type { BudgetWindow } from '../storage/contracts/ledger-store.ts'
import type { BudgetPolicy } from './budget-source.ts'

/** What a budget is found by. */
export interface BudgetName {
  readonly policy: BudgetPolicy
  /** The value of the policy's scope. */
  readonly value: string
  /** The tenant within which the value means something; null for all. */
  readonly tenantId: string | null
  readonly zone: string
  readonly atMs: number
}

/** What the memory must know of a budget. */
export interface NamedBudget {
  readonly window: BudgetWindow
  readonly zone: string
}

/** A budget, and when its window began. */
export interface FoundBudget<Budget extends NamedBudget> {
  readonly startsAt: number
  readonly budget: Budget
}

const KEPT = 10_000

/**
 * Budgets that calls were in, so that the next call in the same window need not spell out their names again. What is remembered counts as long
 * as the limit, the zone and the window are the same.
 */
export class BudgetMemory<Budget extends NamedBudget> {
  /** By the policy's match, which a new configuration makes anew: its budgets are then forgotten. */
  readonly #known = new WeakMap<BudgetPolicy['match'], LruMap<string, FoundBudget<Budget>>>()

  /** The budget as remembered, or as `find` gives it. */
  budget({ policy, value, tenantId, zone, atMs }: BudgetName, find: () => FoundBudget<Budget>): Budget {
    let ofMatch = this.#known.get(policy.match)
    if (!ofMatch) {
      ofMatch = new LruMap(KEPT)
      this.#known.set(policy.match, ofMatch)
    }
    // The length keeps `a` and `b c` apart from `a b` and `c`.
    const name = `${policy.per} ${policy.unit} ${policy.window} ${tenantId?.length ?? '-'} ${tenantId} ${value}`
    const known = ofMatch.get(name)
    if (known && counts(known, policy, zone, atMs)) return known.budget
    const found = find()
    ofMatch.set(name, found)
    return found.budget
  }
}

function counts(
  { startsAt, budget }: FoundBudget<NamedBudget>,
  policy: BudgetPolicy,
  zone: string,
  atMs: number,
): boolean {
  const { limit, endsAt } = budget.window
  return limit === policy.limit && budget.zone === zone && startsAt <= atMs && atMs < endsAt
}
