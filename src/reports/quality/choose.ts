import { type Interval, normalQuantile, wilson } from './interval.ts'

/** How good a model must be at a task. */
export interface Bar {
  /** A share or a mean, in the metric's own units. */
  readonly atLeast: number
  /** How sure one must be, such as 0.95. */
  readonly confidence: number
}

/** What is known of one model. */
export interface Seen {
  readonly model: string
  /** How many cases. */
  readonly n: number
  /** The share or mean that was seen, from 0 to 1; null when there are no cases. */
  readonly mean: number | null
  /** USD for each answer; null when nothing is known. */
  readonly costUsd: number | null
}

/** What may be said of one model: it meets the bar or fails it with the confidence that is asked for, or that cannot be told yet. */
export interface Judged extends Seen {
  readonly interval: Interval
  readonly verdict: 'meets' | 'fails' | 'undecided'
  /** About how many more cases would show that it meets the bar if it is as good as it seems; null where none would, or none are needed. */
  readonly moreCases: number | null
}

/** The models of a task against its bar. */
export interface Choice {
  readonly models: readonly Judged[]
  /** The cheapest that meets the bar; null when none is known to. */
  readonly cheapest: Judged | null
  /** What costs less than that and may yet meet the bar. */
  readonly undecided: readonly Judged[]
}

/**
 * The cheapest model that meets the bar. The chance that any model is said to meet it and does not is at most one minus the confidence, over all models together: with
 * several of them each has to be that much surer (Bonferroni).
 */
export function chooseModel(seen: readonly Seen[], bar: Bar): Choice {
  const z = normalQuantile(1 - (1 - bar.confidence) / Math.max(1, seen.length))
  const models = seen.map((one) => judge(one, bar.atLeast, z)).sort(byCost)
  const cheapest = models.find(({ verdict }) => verdict === 'meets') ?? null
  const undecided = models.filter(
    (one) => one.verdict === 'undecided' && (cheapest === null || byCost(one, cheapest) < 0),
  )
  return { models, cheapest, undecided }
}

function judge(seen: Seen, atLeast: number, z: number): Judged {
  const { n, mean } = seen
  const interval = wilson(mean ?? 0, n, z)
  const verdict = interval.low >= atLeast ? 'meets' : interval.high < atLeast ? 'fails' : 'undecided'
  const moreCases =
    verdict === 'undecided' && mean !== null ? casesMissing(n, (more) => wilson(mean, more, z).low >= atLeast) : null
  return { ...seen, interval, verdict, moreCases }
}

const MOST_CASES = 10_000_000

/** So many more than `n` until there are enough, of `most` at most; null when those are not enough either. More are never too many. */
export function casesMissing(n: number, isEnough: (n: number) => boolean, most = MOST_CASES): number | null {
  if (n >= most || !isEnough(most)) return null
  let [few, enough] = [n, most]
  while (enough - few > 1) {
    const middle = Math.floor((few + enough) / 2)
    if (isEnough(middle)) enough = middle
    else few = middle
  }
  return enough - n
}

/** What nobody knows the cost of comes last. */
function byCost(one: Seen, other: Seen): number {
  const [left, right] = [one.costUsd ?? Number.POSITIVE_INFINITY, other.costUsd ?? Number.POSITIVE_INFINITY]
  return left === right ? 0 : left - right
}
