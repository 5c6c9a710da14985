/*
 * How loaded this process is, as a pure function from what it was and the next measurement to what it is.
 *
 * Normal; busy, when what can wait is put off; overloaded, when nothing new is taken and what runs goes on. Two things are measured: how late a timer
 * fires, which is how long everything else waits for its turn, and how much of the heap that V8 may have is in use. A level is reached when several
 * measurements in a row ask for it and it lasted for a second: one long collection, or one heavy call, is over by the time that it is noticed. It is left one
 * step at a time, after two seconds well below what led to it, so that a gateway near its limit does not swing to and fro.
 */

/** The levels, from the best to the worst. */
export const LOAD_LEVELS = ['normal', 'busy', 'overloaded'] as const

/** See LOAD_LEVELS. */
export type LoadLevel = (typeof LOAD_LEVELS)[number]

/** One measurement. */
export interface LoadSample {
  /** On the monotonic clock. */
  readonly at: number
  /** How late the timer was. */
  readonly lagMs: number
  /** The part of the largest heap that is in use, 0 to 1. */
  readonly heapShare: number
}

/** Measurements in a row that say the same. */
interface Run {
  readonly since: number
  readonly count: number
}

/** The load at one moment. Never changed in place. */
export interface Load {
  readonly level: LoadLevel
  /** Measurements in a row that ask for `busy` or more. */
  readonly busy: Run | null
  /** Measurements in a row that ask for `overloaded`. */
  readonly overloaded: Run | null
  /** Measurements in a row that are well below the level. */
  readonly calm: Run | null
}

/** How a process begins. */
export const AT_REST: Load = { level: 'normal', busy: null, overloaded: null, calm: null }

/** What a level is asked for by: either of the two. */
export const ENTER = {
  busy: { lagMs: 100, heapShare: 0.85 },
  overloaded: { lagMs: 200, heapShare: 0.92 },
} as const

/** Below both of these a measurement says that a level may be left. */
export const LEAVE = {
  busy: { lagMs: 50, heapShare: 0.8 },
  overloaded: { lagMs: 100, heapShare: 0.87 },
} as const

/** So many measurements in a row, over so long a time, reach a level. */
export const RISE = { count: 3, ms: 1_000 } as const
/** A level is left after so long a time. */
export const CALM_MS = 2_000

/** The load after one more measurement. */
export function afterSample(load: Load, sample: LoadSample): Load {
  const overloaded = asks(sample, 'overloaded') ? longer(load.overloaded, sample.at) : null
  const busy = overloaded || asks(sample, 'busy') ? longer(load.busy, sample.at) : null
  const risen = reached(overloaded, sample.at) ? 'overloaded' : reached(busy, sample.at) ? 'busy' : 'normal'
  if (rank(risen) > rank(load.level)) return { level: risen, busy, overloaded, calm: null }
  const calm = isWellBelow(load.level, sample) ? longer(load.calm, sample.at) : null
  if (calm && sample.at - calm.since >= CALM_MS) {
    return { level: load.level === 'overloaded' ? 'busy' : 'normal', busy, overloaded, calm: null }
  }
  return { level: load.level, busy, overloaded, calm }
}

/** 0 for the best level. */
export function rank(level: LoadLevel): number {
  return LOAD_LEVELS.indexOf(level)
}

function asks({ lagMs, heapShare }: LoadSample, level: 'busy' | 'overloaded'): boolean {
  return lagMs >= ENTER[level].lagMs || heapShare >= ENTER[level].heapShare
}

function isWellBelow(level: LoadLevel, { lagMs, heapShare }: LoadSample): boolean {
  return level !== 'normal' && lagMs < LEAVE[level].lagMs && heapShare < LEAVE[level].heapShare
}

function longer(run: Run | null, at: number): Run {
  return run ? { since: run.since, count: run.count + 1 } : { since: at, count: 1 }
}

function reached(run: Run | null, at: number): boolean {
  return run !== null && run.count >= RISE.count && at - run.since >= RISE.ms
}
