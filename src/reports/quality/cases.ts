import type { QualityMetric } from '../../config/sections/quality-bar.ts'
import type { QualityEvidence } from '../../storage/contracts/quality-evidence.ts'

/** What a bar is held against: so many cases, and how good they were together, each from 0 to 1. */
export interface Cases {
  readonly n: number
  readonly good: number
}

/** The cases that a metric counts. Copies of calls are compared by checks, or by a model where the task's shadow names one. */
export function casesOf(metric: QualityMetric, one: QualityEvidence, judgedByModel: boolean): Cases {
  switch (metric) {
    case 'valid':
      return { n: one.answers, good: one.valid }
    case 'feedback':
      return { n: one.feedback, good: one.meanScore === null ? 0 : one.feedback * scaled(one.meanScore) }
    case 'judge':
      return judgedByModel ? { n: one.judged, good: one.judgedNotWorse } : { n: one.compared, good: one.notWorse }
  }
}

/** A score from -1 to 1 on a scale of 0 to 1. */
export function scaled(score: number): number {
  return (score + 1) / 2
}

/** And back. */
export function unscaled(share: number): number {
  return share * 2 - 1
}
