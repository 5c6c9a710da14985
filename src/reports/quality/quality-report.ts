import type { QualityBarConfig } from '../../config/sections/quality-bar.ts'
import type { QualityEvidence } from '../../storage/contracts/quality-evidence.ts'
import { barOf, casesOf, costOf, scaled, unscaled } from './cases.ts'
import { type Choice, chooseModel, type Judged, type Seen } from './choose.ts'
import { type Interval, normalQuantile, wilson } from './interval.ts'

/** A task, as the report sees it. */
export interface ReportedTask {
  readonly name: string
  /** Null when nobody says how good a model must be. */
  readonly bar: QualityBarConfig | null
  /** Whether a model compares the answers to copies of its calls. Default: checks do. */
  readonly judgedByModel?: boolean
}

/** One model at one task, as JSON. Shares are 0 to 1, scores -1 to 1, intervals two-sided. */
export type QualityRow = Readonly<Record<string, string | number | boolean | null>>

/** How sure the intervals of a task without a bar are. */
const USUAL_CONFIDENCE = 0.95

/** The rows of one task, the cheapest first: one for each model that has answered it. */
export function qualityRows(task: ReportedTask, evidence: readonly QualityEvidence[]): readonly QualityRow[] {
  const { bar } = task
  const measured = bar && measure(bar, evidence, task.judgedByModel ?? false)
  const byCost = measured?.choice.models.map(({ model }) => model) ?? cheapestFirst(evidence)
  return byCost.flatMap((model) => {
    const one = evidence.find(({ deployment }) => deployment === model)
    if (!one) return []
    const judged = measured?.choice.models.find((found) => found.model === model) ?? null
    return [{ ...figures(task, one), ...verdictOf(bar, measured, judged) }]
  })
}

interface Measured {
  readonly choice: Choice
  readonly advice: string
}

function measure(bar: QualityBarConfig, evidence: readonly QualityEvidence[], judgedByModel: boolean): Measured {
  const seen = evidence.map((one): Seen => {
    const { n, good } = casesOf(bar.metric, one, judgedByModel)
    return { model: one.deployment, n, mean: n > 0 ? good / n : null, costUsd: costOf([one]) }
  })
  const choice = chooseModel(seen, { atLeast: barOf(bar), confidence: bar.confidence })
  return { choice, advice: adviceOf(choice, bar) }
}

const UNITS = { valid: 'answers', feedback: 'ratings', judge: 'compared answers' } as const

/** What the report says of the task, in a sentence or two. */
function adviceOf({ models, cheapest, undecided }: Choice, { metric, atLeast, confidence }: QualityBarConfig): string {
  const unit = UNITS[metric]
  const bar = `${metric} ≥ ${atLeast}`
  const [next] = undecided
  const soon =
    next === undefined
      ? ''
      : next.moreCases === null
        ? ` Of ${next.model}, which costs less, it cannot be told.`
        : ` ${next.model}, which costs less, would need about ${next.moreCases} more ${unit}.`
  if (cheapest) {
    return `The cheapest model that meets the bar (${bar}) is ${cheapest.model}, with ${percent(confidence)} confidence.${soon}`
  }
  if (models.length === 0) return 'No model has served this task in that time.'
  if (next === undefined) return `No model meets the bar (${bar}), with ${percent(confidence)} confidence.`
  const hopeful = models.filter(({ moreCases }) => moreCases !== null)
  const [first] = hopeful.toSorted((one, other) => (one.moreCases ?? 0) - (other.moreCases ?? 0))
  if (!first) return `No model is shown to meet the bar (${bar}); none seems to.`
  return `Not enough evidence for the bar (${bar}): about ${first.moreCases} more ${unit} of ${first.model}.`
}

function verdictOf(bar: QualityBarConfig | null, measured: Measured | null, judged: Judged | null): QualityRow {
  const back = bar?.metric === 'feedback' ? unscaled : (share: number) => share
  const said = (value: number | null | undefined): number | null =>
    value === null || value === undefined ? null : rounded(back(value))
  return {
    bar_metric: bar?.metric ?? null,
    bar_at_least: bar?.atLeast ?? null,
    bar_confidence: bar?.confidence ?? null,
    quality: said(judged?.mean),
    quality_low: said(judged?.interval.low),
    quality_high: said(judged?.interval.high),
    n: judged?.n ?? null,
    verdict: judged?.verdict ?? null,
    more_needed: judged?.moreCases ?? null,
    is_cheapest: judged !== null && judged === measured?.choice.cheapest,
    advice: measured?.advice ?? null,
  }
}

function figures({ name, bar }: ReportedTask, one: QualityEvidence): QualityRow {
  const z = normalQuantile(1 - (1 - (bar?.confidence ?? USUAL_CONFIDENCE)) / 2)
  const valid = one.answers > 0 ? wilson(one.valid / one.answers, one.answers, z) : null
  const score = one.meanScore === null ? null : wilson(scaled(one.meanScore), one.feedback, z)
  return {
    task: name,
    model: one.deployment,
    attempts: one.attempts,
    answers: one.answers,
    valid_rate: share(one.valid, one.answers),
    ...bounds('valid', valid),
    incomplete_rate: share(one.incomplete, one.answers),
    invalid_rate: share(one.invalid, one.answers),
    refused_rate: share(one.refused, one.answers),
    error_rate: share(one.errors, one.attempts),
    compared: one.compared,
    not_worse_rate: share(one.notWorse, one.compared),
    ...bounds('not_worse', one.compared > 0 ? wilson(one.notWorse / one.compared, one.compared, z) : null),
    judged: one.judged,
    judge_failures: one.judgeFailures,
    judged_better_rate: share(one.judgedBetter, one.judged),
    judged_not_worse_rate: share(one.judgedNotWorse, one.judged),
    ...bounds('judged_not_worse', one.judged > 0 ? wilson(one.judgedNotWorse / one.judged, one.judged, z) : null),
    feedback: one.feedback,
    score: one.meanScore === null ? null : rounded(one.meanScore),
    ...bounds('score', score && { low: unscaled(score.low), high: unscaled(score.high) }),
    cost_usd_per_answer: costOf([one]),
    latency_ms: one.meanLatencyMs === null ? null : Math.round(one.meanLatencyMs),
    latency_p95_ms: one.p95LatencyMs,
  }
}

function bounds(name: string, interval: Interval | null): QualityRow {
  return {
    [`${name}_low`]: interval && rounded(interval.low),
    [`${name}_high`]: interval && rounded(interval.high),
  }
}

function cheapestFirst(evidence: readonly QualityEvidence[]): readonly string[] {
  const cost = (one: QualityEvidence): number => costOf([one]) ?? Number.MAX_VALUE
  return evidence.toSorted((one, other) => cost(one) - cost(other)).map(({ deployment }) => deployment)
}

function share(part: number, whole: number): number | null {
  return whole > 0 ? rounded(part / whole) : null
}

function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6
}

function percent(value: number): string {
  return `${Number((value * 100).toFixed(2))} %`
}
