/** The words that `risk` may have: how much a call may do in the world. */
export const RISKS = ['read_only', 'write', 'admin'] as const
/** One of them. */
export type Risk = (typeof RISKS)[number]

/** The words that `quality` may have. */
export const QUALITIES = ['economy', 'balanced', 'best'] as const
/** One of them. */
export type Quality = (typeof QUALITIES)[number]

/** The words that `data_sensitivity` may have, from the least to the most. */
export const SENSITIVITIES = ['public', 'internal', 'confidential', 'restricted'] as const
/** One of them. */
export type Sensitivity = (typeof SENSITIVITIES)[number]

/** How hard a call is, in a word. */
export const COMPLEXITIES = ['simple', 'medium', 'complex'] as const
/** One of them. */
export type ComplexityLabel = (typeof COMPLEXITIES)[number]

/** How hard a call is: in a word, and as a number from 0 to 1. */
export interface Complexity {
  readonly label: ComplexityLabel
  readonly score: number
}
