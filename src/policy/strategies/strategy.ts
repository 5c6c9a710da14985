/*
 * How one of several deployments of a logical model is chosen. A strategy puts all that may serve into an order: the first is asked, the others take over in
 * that order. It takes nobody away and adds nobody: what may not serve is not among its choices.
 */
import type { NanoUsd } from '../../canonical/money.ts'

/** A deployment to choose. */
export interface Choice {
  /** `provider/model`. */
  readonly id: string
  /** Its part of the calls, in proportion to the others; 0 only takes over. */
  readonly weight: number
  /** What the call could cost there, for an answer of the same length everywhere. */
  readonly cost: NanoUsd
  /** The 95th percentile of how long it took lately, in ms; null when too little is known. */
  readonly p95Ms: number | null
  /** Calls of this instance that run there now. */
  readonly running: number
}

/** The call that is to be served. */
export interface Draw {
  /** What chance is made of: the agent run that the call is part of, else its trace. The same gives the same choice. */
  readonly seed: string
  /** Names the beginning of the prompt that other calls have too. */
  prefix(): string
}

/** A way to choose. Pure: the same choices and the same draw give the same order. */
export interface Strategy {
  readonly name: StrategyName
  /** The choices in the order in which they are to be asked. */
  order<One extends Choice>(choices: readonly One[], draw: Draw): readonly One[]
}

/** Every strategy but `priority`, which is the order as written. */
export const STRATEGY_NAMES = ['weighted', 'cheapest', 'fastest', 'least-busy', 'prefix-affinity'] as const
/** One of them. */
export type StrategyName = (typeof STRATEGY_NAMES)[number]
