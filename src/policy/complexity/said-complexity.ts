import type { Complexity, ComplexityLabel } from '../../canonical/call-words.ts'
import { labelled } from './scorer.ts'

/** What a word stands for where a bound asks for a score. */
const SCORES: Readonly<Record<ComplexityLabel, number>> = { simple: 0, medium: 0.5, complex: 1 }

/** How hard a call is that somebody says to be `simple`, `medium` or `complex`, or to have a score from 0 to 1. */
export function saidComplexity(said: ComplexityLabel | number): Complexity {
  return typeof said === 'number' ? labelled(said) : { label: said, score: SCORES[said] }
}
