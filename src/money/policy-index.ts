import type { MatchField } from '../config/sections/call-match.ts'
import type { BudgetMatch, BudgetPolicy } from './budget-source.ts'

/*
 * Budgets by what they ask for, so that a call looks at those that may be its own: with a hundred thousand budgets, one for each of as many customers, it looks
 * at a few. A policy is kept under each value of one of its conditions, or with those that ask for nothing.
 */

/** The conditions that tell most calls apart come first. */
const FIELDS: readonly MatchField[] = ['user', 'tenant', 'key', 'team', 'run_id', 'feature', 'task']

/** Fewer policies than these are looked at one by one. */
const FEW = 16

/** Policies by the values of their conditions. */
export class PolicyIndex {
  readonly #all: readonly BudgetPolicy[]
  readonly #general: BudgetPolicy[] = []
  readonly #byValue = new Map<MatchField, Map<string, BudgetPolicy[]>>()

  constructor(policies: readonly BudgetPolicy[]) {
    this.#all = policies
    if (policies.length < FEW) return
    for (const policy of policies) {
      const condition = tellingCondition(policy)
      if (condition) this.#file(policy, condition)
      else this.#general.push(policy)
    }
  }

  /** The policies that a call with these values may be in. */
  of(valueIn: (field: MatchField) => string | readonly string[] | null): readonly BudgetPolicy[] {
    if (this.#all.length < FEW) return this.#all
    const found = [...this.#general]
    for (const [field, byValue] of this.#byValue) {
      const value = valueIn(field)
      if (typeof value === 'string') found.push(...(byValue.get(value) ?? []))
    }
    return found
  }

  #file(policy: BudgetPolicy, { field, values }: BudgetMatch): void {
    let byValue = this.#byValue.get(field)
    if (!byValue) {
      byValue = new Map()
      this.#byValue.set(field, byValue)
    }
    for (const value of new Set(values)) {
      const known = byValue.get(value)
      if (known) known.push(policy)
      else byValue.set(value, [policy])
    }
  }
}

function tellingCondition({ match }: BudgetPolicy): BudgetMatch | null {
  for (const field of FIELDS) {
    const condition = match.find((one) => one.field === field)
    if (condition) return condition
  }
  return null
}
