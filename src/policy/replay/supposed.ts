import { COMPLEXITIES, type Complexity } from '../../canonical/call-words.ts'
import { saidComplexity } from '../complexity/said-complexity.ts'

/** What is taken for granted of requests that do not say it. */
export interface SupposedSignals {
  readonly complexity?: Complexity
  /** The share of the fullest budget that is used, 0 to 1. */
  readonly budgetUsed?: number
}

/** Values that are tried for what is not known, by the attribute and by what each is called. */
export const TRIED_VALUES: Readonly<Record<string, Readonly<Record<string, SupposedSignals>>>> = {
  complexity: Object.fromEntries(COMPLEXITIES.map((word) => [word, { complexity: saidComplexity(word) }])),
  budget_used: { '0': { budgetUsed: 0 }, '0.5': { budgetUsed: 0.5 }, '1': { budgetUsed: 1 } },
}

/** What an attribute is supposed to be, in a word; null when nothing is supposed of it. */
export function supposedText(attribute: string, { complexity, budgetUsed }: SupposedSignals): string | null {
  if (attribute === 'complexity' && complexity) return `${complexity.label} (${complexity.score})`
  return attribute === 'budget_used' && budgetUsed !== undefined ? String(budgetUsed) : null
}
