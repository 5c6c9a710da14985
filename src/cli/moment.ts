import { InvalidArgumentError } from 'commander'
import { parseDurationMs } from '../lib/duration.ts'

/** A point in time as flags say it: so long from now, or a time. */
export type Moment = { readonly fromNowMs: number } | { readonly at: number }

const ISO = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/

/** Reads `30d`, `12h` or an ISO time; throws commander's InvalidArgumentError for anything else. */
export function parseMoment(text: string): Moment {
  const fromNowMs = parseDurationMs(text)
  if (fromNowMs !== undefined) return { fromNowMs }
  const at = ISO.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at)) throw new InvalidArgumentError('It must be a time such as 30d, 12h or 2026-11-21T08:00:00Z.')
  return { at }
}

/** The moment as an ISO time, with durations counted forward. */
export function momentAfter(nowMs: number, moment: Moment): string {
  return iso('at' in moment ? moment.at : nowMs + moment.fromNowMs)
}

/** The moment as an ISO time, with durations counted back. */
export function momentBefore(nowMs: number, moment: Moment): string {
  return iso('at' in moment ? moment.at : nowMs - moment.fromNowMs)
}

const FIRST = 0
const LAST = Date.UTC(9999, 11, 31)

function iso(ms: number): string {
  return new Date(Math.min(Math.max(ms, FIRST), LAST)).toISOString()
}
