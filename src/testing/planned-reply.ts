import type { JsonObject } from '../lib/json.ts'
import type { Step } from './step.ts'

/** Everything the wall will do with one call, decided before the first byte. */
export interface Reply {
  readonly steps: readonly Step[]
  /** The answer's id; null when there is no answer. */
  readonly responseId: string | null
  /** The provider's usage object of the whole answer. */
  readonly usage: JsonObject | null
  /** What a whole answer bills. */
  readonly billed: { readonly inputTokens: number; readonly outputTokens: number }
  /** The prompt, billed as soon as content flows. */
  readonly promptTokens: number
}

/** What a reply depends on besides its request and plan. */
export interface CallFacts {
  /** Counts the wall's calls from 1. */
  readonly number: number
  readonly nowMs: number
  /** The wall's own address. */
  readonly url: string
}
