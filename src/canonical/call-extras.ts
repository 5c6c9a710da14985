import type { FeeCounter } from './usage.ts'

/** What a call asks for that changes its price, beside the model and its length. */
export interface CallExtras {
  /** How it is to be served, in the provider's word: `priority`, `flex`. */
  readonly serviceTier?: string
  /** Where it is to be computed, when the provider charges by that: `us`. */
  readonly geography?: string
  /** How often, at most, the provider may use tools that it runs itself. */
  readonly toolUses?: Readonly<Partial<Record<FeeCounter, number>>>
  /** How many tokens such tools may bring into the prompt; they are paid like it. Default: none. */
  readonly toolTokens?: number
}

/** How often a provider's own tool counts when the call sets no limit; providers end a turn after about so many rounds. */
export const UNLIMITED_TOOL_USES = 10

/** How many tokens one use of a provider's own tool counts as bringing into the prompt when the call sets no limit: a long web page. */
export const TOOL_USE_TOKENS = 10_000
