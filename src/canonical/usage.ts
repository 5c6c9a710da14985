import type { JsonValue } from '../lib/json.ts'

/**
 * What a provider says one attempt consumed, in disjoint counters: no token is in two of them.
 * An absent counter means that the provider did not say; zero means that it said zero.
 * `raw` is the provider's own usage object, kept for audit.
 */
export interface Usage {
  /** Prompt tokens that no cache served or stored. */
  readonly inputUncached?: number
  /** Prompt tokens of text and pictures read from the provider's prompt cache. */
  readonly cacheRead?: number
  /** Prompt tokens of audio read from the provider's prompt cache. */
  readonly cacheReadAudio?: number
  /** Prompt tokens written to the provider's cache for five minutes (or its only lifetime). */
  readonly cacheWrite5m?: number
  /** Prompt tokens written to the provider's cache for one hour. */
  readonly cacheWrite1h?: number
  /** Prompt tokens of audio that no cache served. */
  readonly inputAudio?: number
  /** Generated tokens that are neither reasoning nor audio nor pictures. */
  readonly outputText?: number
  /** Generated tokens of hidden or visible reasoning. */
  readonly reasoning?: number
  /** Generated tokens of audio. */
  readonly outputAudio?: number
  /** Generated tokens of pictures. */
  readonly outputImage?: number
  /** Searches of the web that the provider made for the model. */
  readonly webSearches?: number
  /** Searches in stored files that the provider made for the model. */
  readonly fileSearches?: number
  /** Machines on which the provider ran code for the model and charges for. */
  readonly codeSessions?: number
  /** Uses of other tools that the provider runs itself and may charge for. */
  readonly otherToolUses?: number
  /** How the call was served, in the provider's own word: `default`, `priority`, `flex`, `batch`, `fast`. */
  readonly serviceTier?: string
  /** Where it was computed, when the provider charges by that: `us`. */
  readonly geography?: string
  /** What the provider itself says that the call costs, in USD. */
  readonly billedUsd?: number
  readonly raw?: JsonValue
}

/** Counters of things that are paid by the piece and not by the token. */
export const FEE_COUNTERS = ['webSearches', 'fileSearches', 'codeSessions', 'otherToolUses'] as const
/** One of them. */
export type FeeCounter = (typeof FEE_COUNTERS)[number]

/** The whole prompt in tokens: every input counter added up. */
export function inputTokens(usage: Usage): number {
  return (
    (usage.inputUncached ?? 0) +
    (usage.cacheRead ?? 0) +
    (usage.cacheReadAudio ?? 0) +
    (usage.cacheWrite5m ?? 0) +
    (usage.cacheWrite1h ?? 0) +
    (usage.inputAudio ?? 0)
  )
}

/** Everything generated, in tokens: text, reasoning, audio and pictures added up. */
export function outputTokens(usage: Usage): number {
  return (usage.outputText ?? 0) + (usage.reasoning ?? 0) + (usage.outputAudio ?? 0) + (usage.outputImage ?? 0)
}

/** Prompt tokens read from a provider's cache, whatever they were of. */
export function cacheReadTokens(usage: Usage): number {
  return (usage.cacheRead ?? 0) + (usage.cacheReadAudio ?? 0)
}

/** Prompt tokens written to a provider's cache, whatever their lifetime. */
export function cacheWriteTokens(usage: Usage): number {
  return (usage.cacheWrite5m ?? 0) + (usage.cacheWrite1h ?? 0)
}
