import { getHeapStatistics } from 'node:v8'
import type { Clock } from '../lib/clock.ts'
import { AT_REST, afterSample, type Load, type LoadLevel, type LoadLimits, rank } from './load.ts'

/** How loaded this process is; the levels in `load.ts`. */
export interface LoadView {
  readonly level: LoadLevel
  /** The last measurements: how late a timer was, and the part of the largest heap in use. */
  readonly lagMs: number
  readonly heapShare: number
}

/** A process that nobody measures: the library's, which belongs to its host. */
export const UNWATCHED: LoadView = { level: 'normal', lagMs: 0, heapShare: 0 }

/** Where changes are told. */
interface LoadLog {
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
}

const EVERY_MS = 100

/** Measures the process ten times a second. Asking it costs nothing. */
export class LoadWatch implements LoadView {
  readonly #clock: Clock
  readonly #log: LoadLog
  readonly #limits: () => LoadLimits
  readonly #timer: NodeJS.Timeout
  #due: number
  #load: Load = AT_REST
  lagMs = 0
  heapShare = 0

  /** Begins at once, and asks for the limits each time. Keeps no process alive. */
  constructor(clock: Clock, log: LoadLog, limits: () => LoadLimits) {
    this.#clock = clock
    this.#log = log
    this.#limits = limits
    this.heapShare = heapShareOfProcess()
    this.#due = clock.monotonic() + EVERY_MS
    this.#timer = setInterval(() => this.#measure(), EVERY_MS).unref()
  }

  get level(): LoadLevel {
    return this.#load.level
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #measure(): void {
    const at = this.#clock.monotonic()
    this.lagMs = Math.max(0, at - this.#due)
    this.#due = at + EVERY_MS
    this.heapShare = heapShareOfProcess()
    const before = this.#load.level
    this.#load = afterSample(this.#load, { at, lagMs: this.lagMs, heapShare: this.heapShare }, this.#limits())
    const { level } = this.#load
    if (level === before) return
    const facts = { level, before, event_loop_lag_ms: Math.round(this.lagMs), heap_used_share: this.heapShare }
    if (rank(level) > rank(before)) this.#log.warn(facts, `this gateway is ${level}: ${CONSEQUENCES[level]}`)
    else this.#log.info(facts, `this gateway is ${level} again: ${CONSEQUENCES[level]}`)
  }
}

const CONSEQUENCES: Readonly<Record<LoadLevel, string>> = {
  normal: 'all calls are taken',
  busy: 'calls of low priority are refused',
  overloaded: 'all new calls are refused, those that run go on',
}

function heapShareOfProcess(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
  return used / limit
}
