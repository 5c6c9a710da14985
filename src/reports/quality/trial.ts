import { MOST_LOOKED_AT } from '../../storage/contracts/quality-evidence.ts'
import { boundsAtEveryLook, isAbove, isBelow } from './at-every-look.ts'
import type { Cases } from './cases.ts'
import { casesMissing } from './choose.ts'
import type { Interval } from './interval.ts'

/** What a model must show before it is moved. */
export interface TrialBar {
  /** On a scale of 0 to 1, and neither. */
  readonly atLeast: number
  /** How sure one must be, such as 0.95: of all that is said of one task, over all looks. */
  readonly confidence: number
  /** Fewest cases. */
  readonly minCases: number
}

/** How a model stands against its bar, whenever one looks. */
export interface TrialVerdict extends Cases {
  readonly verdict: 'meets' | 'undecided'
  readonly bounds: Interval
  /** About how many more cases would show that it meets the bar if it is as good as it seems; null where none would, or none are needed. */
  readonly moreCases: number | null
}

/** Whether one of several models that are tried at a task is shown to meet the bar. The chance that any of them ever is and does not is one minus the confidence at most. */
export function passesTrial(seen: Cases, { atLeast, confidence, minCases }: TrialBar, models: number): boolean {
  return seen.n >= minCases && isAbove(seen, atLeast, (1 - confidence) / models)
}

/** The same with its figures. */
export function judgeTrial(seen: Cases, bar: TrialBar, models: number): TrialVerdict {
  const bounds = boundsAtEveryLook(seen, (1 - bar.confidence) / models)
  if (passesTrial(seen, bar, models)) return { ...seen, verdict: 'meets', bounds, moreCases: null }
  const mean = seen.good / seen.n
  const isEnough = (n: number): boolean => passesTrial({ n, good: mean * n }, bar, models)
  const moreCases = seen.n > 0 ? casesMissing(seen.n, isEnough, MOST_LOOKED_AT) : null
  return { ...seen, verdict: 'undecided', bounds, moreCases }
}

/** A time in which a promoted model is watched. */
export interface WatchSpan {
  /** ms since 1970; it lasts until now. */
  readonly from: number
  /** Its part of the chance to be wrong: those of all spans that ever begin add up to 1. */
  readonly part: number
}

const DAY_MS = 86_400_000
/** A busy model is known by the answers of a day, a quiet one by those of a month. */
const LENGTHS_MS: readonly number[] = [DAY_MS, 30 * DAY_MS]

/**
 * The spans of time in which a model that was promoted at `promotedAt` is watched now. One long watch would be slow to see that a model which was good for months is so no
 * more; so each day and each month begins a new one, which lasts for two of them, and each later one has to be a little surer.
 */
export function watchSpans(promotedAt: number, now: number): readonly WatchSpan[] {
  const parts = new Map<number, number>()
  for (const length of LENGTHS_MS) {
    const last = Math.max(0, Math.floor((now - promotedAt) / length))
    for (const at of last > 0 ? [last - 1, last] : [last]) {
      const from = promotedAt + at * length
      parts.set(from, (parts.get(from) ?? 0) + 1 / (LENGTHS_MS.length * (at + 1) * (at + 2)))
    }
  }
  return [...parts].map(([from, part]) => ({ from, part }))
}

/** Whether a promoted model is shown to be below the bar by what was seen of it in one of the spans. */
export function failsWatch(seen: Cases, { atLeast, confidence, minCases }: TrialBar, { part }: WatchSpan): boolean {
  return seen.n >= minCases && isBelow(seen, atLeast, (1 - confidence) * part)
}
