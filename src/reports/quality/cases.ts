import { usdNumber } from '../../canonical/money.ts'
import type { QualityBarConfig, QualityMetric } from '../../config/sections/quality-bar.ts'
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

/** By the answers of a model to copies of another's calls: how often the other one was as good or better. */
export function casesOfOther(one: QualityEvidence, judgedByModel: boolean): Cases {
  return judgedByModel
    ? { n: one.judged, good: one.judged - one.judgedBetter }
    : { n: one.compared, good: one.compared - one.better }
}

/** All of them. */
export function together(cases: readonly Cases[]): Cases {
  const sum = (which: keyof Cases): number => cases.reduce((total, one) => total + one[which], 0)
  return { n: sum('n'), good: sum('good') }
}

/** What a bar asks for, from 0 to 1. */
export function barOf({ metric, atLeast }: QualityBarConfig): number {
  return metric === 'feedback' ? scaled(atLeast) : atLeast
}

/** What an answer costs in USD, with the attempts that gave none; null without answers. */
export function costOf(evidence: readonly QualityEvidence[]): number | null {
  const answers = evidence.reduce((sum, one) => sum + one.answers, 0)
  return answers > 0 ? usdNumber(evidence.reduce((sum, { cost }) => sum + cost, 0n)) / answers : null
}

/** A score from -1 to 1 on a scale of 0 to 1. */
export function scaled(score: number): number {
  return (score + 1) / 2
}

/** And back. */
export function unscaled(share: number): number {
  return share * 2 - 1
}
