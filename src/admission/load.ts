/*
 * How loaded this process is, as a pure function from what it was and the next measurement to what it is.
 *
 * Normal; busy, when what can wait is put off; overloaded, when nothing new is taken and what runs goes on. Two things are measured: how late a timer
 * fires, which is how long everything else waits for its turn, and how much of the heap that V8 may have is in use. A level is reached when several
 * measurements in a row ask for it and it lasted for a while: one long collection, one heavy call, or the first moments of many streams at once are over by the
 * time that they are noticed. It is left one
 * step at a time, after two seconds well below what led to it, so that a gateway near its limit does not swing to and fro.
 */

import type { LevelConfig, OverloadConfig } from '../config/sections/overload.ts'

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

/** When a level is reached and left. */
export interface LevelLimits {
  /** Either of the two asks for the level. */
  readonly enter: { readonly lagMs: number; readonly heapShare: number }
  /** Below both of these a measurement says that the level may be left. */
  readonly leave: { readonly lagMs: number; readonly heapShare: number }
  /** For so long measurements must ask for it. */
  readonly forMs: number
}

/** The limits of both levels. */
export type LoadLimits = Readonly<Record<'busy' | 'overloaded', LevelLimits>>

/** A level is left below half of the lag, and so much of the heap, that led to it. */
const HEAP_BELOW = 0.05

/** The limits as an operator wrote them. */
export function loadLimitsOf({ busy, overloaded }: OverloadConfig): LoadLimits {
  return { busy: levelLimitsOf(busy), overloaded: levelLimitsOf(overloaded) }
}

function levelLimitsOf({ lagMs, heapShare, forMs }: LevelConfig): LevelLimits {
  const enter = { lagMs: lagMs ?? Number.POSITIVE_INFINITY, heapShare: heapShare ?? Number.POSITIVE_INFINITY }
  return { enter, leave: { lagMs: enter.lagMs / 2, heapShare: enter.heapShare - HEAP_BELOW }, forMs }
}

/** What holds where nobody wrote anything. */
export const LOAD_LIMITS: LoadLimits = loadLimitsOf({
  busy: { lagMs: 200, heapShare: 0.85, forMs: 1_000 },
  overloaded: { lagMs: 1_000, heapShare: 0.92, forMs: 5_000 },
})

/** So many measurements in a row reach a level, at least. */
export const RISE_COUNT = 3
/** A level is left after so long a time. */
export const CALM_MS = 2_000

/** The load after one more measurement. */
export function afterSample(load: Load, sample: LoadSample, limits: LoadLimits = LOAD_LIMITS): Load {
  const overloaded = asks(sample, limits.overloaded) ? longer(load.overloaded, sample.at) : null
  const busy = overloaded || asks(sample, limits.busy) ? longer(load.busy, sample.at) : null
  const isReached = (run: Run | null, { forMs }: LevelLimits) =>
    run !== null && run.count >= RISE_COUNT && sample.at - run.since >= forMs
  const risen = isReached(overloaded, limits.overloaded)
    ? 'overloaded'
    : isReached(busy, limits.busy)
      ? 'busy'
      : 'normal'
  if (rank(risen) > rank(load.level)) return { level: risen, busy, overloaded, calm: null }
  const calm = load.level !== 'normal' && isWellBelow(sample, limits[load.level]) ? longer(load.calm, sample.at) : null
  if (calm && sample.at - calm.since >= CALM_MS) {
    return { level: load.level === 'overloaded' ? 'busy' : 'normal', busy, overloaded, calm: null }
  }
  return { level: load.level, busy, overloaded, calm }
}

/** 0 for the best level. */
export function rank(level: LoadLevel): number {
  return LOAD_LEVELS.indexOf(level)
}

function asks({ lagMs, heapShare }: LoadSample, { enter }: LevelLimits): boolean {
  return lagMs >= enter.lagMs || heapShare >= enter.heapShare
}

function isWellBelow({ lagMs, heapShare }: LoadSample, { leave }: LevelLimits): boolean {
  return lagMs < leave.lagMs && heapShare < leave.heapShare
}

function longer(run: Run | null, at: number): Run {
  return run ? { since: run.since, count: run.count + 1 } : { since: at, count: 1 }
}
