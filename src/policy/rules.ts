import type { CallFacts, Condition } from './conditions.ts'
import { valueText } from './conditions.ts'

/** A rule of a task: when all conditions hold, `then` is what applies. */
export interface Rule<Then> {
  readonly index: number
  /** In words: `when plan is free: balanced-medium`. */
  readonly text: string
  readonly conditions: readonly Condition[]
  readonly then: Then
}

/** A rule that was tried, for receipts. */
export interface RuleTrial {
  readonly index: number
  readonly text: string
  readonly matched: boolean
  /** Why it did not fit; null for the one that did. */
  readonly why: string | null
}

/** The first rule that fits, and all that were tried up to it. */
export function firstRule<Then>(
  rules: readonly Rule<Then>[],
  facts: CallFacts,
): { readonly rule: Rule<Then> | null; readonly trials: readonly RuleTrial[] } {
  const trials: RuleTrial[] = []
  for (const rule of rules) {
    const { index, text, conditions } = rule
    const failed = conditions.find((condition) => !condition.holds(facts))
    if (!failed) {
      trials.push({ index, text, matched: true, why: null })
      return { rule, trials }
    }
    const why = `${failed.text} does not hold: it is ${valueText(failed.attribute, facts)}`
    trials.push({ index, text, matched: false, why })
  }
  return { rule: null, trials }
}
