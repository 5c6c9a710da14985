import type { JsonValue } from '../lib/json.ts'

/**
 * What a provider says one attempt consumed, in disjoint counters: no token is in two of them.
 * An absent counter means that the provider did not say; zero means that it said zero.
 * `raw` is the provider's own usage object, kept for audit.
 */
export interface Usage {
  /** Prompt tokens that no cache served or stored. */
  readonly inputUncached?: number
  /** Prompt tokens read from the provider's prompt cache. */
  readonly cacheRead?: number
  /** Prompt tokens written to the provider's cache for five minutes (or its only lifetime). */
  readonly cacheWrite5m?: number
  /** Prompt tokens written to the provider's cache for one hour. */
  readonly cacheWrite1h?: number
  /** Prompt tokens of audio. */
  readonly inputAudio?: number
  /** Generated tokens that are neither reasoning nor audio. */
  readonly outputText?: number
  /** Generated tokens of hidden or visible reasoning. */
  readonly reasoning?: number
  /** Generated tokens of audio. */
  readonly outputAudio?: number
  readonly raw?: JsonValue
}

/** The whole prompt in tokens: every input counter added up. */
export function inputTokens(usage: Usage): number {
  return (
    (usage.inputUncached ?? 0) +
    (usage.cacheRead ?? 0) +
    (usage.cacheWrite5m ?? 0) +
    (usage.cacheWrite1h ?? 0) +
    (usage.inputAudio ?? 0)
  )
}

/** Everything generated, in tokens: text, reasoning and audio added up. */
export function outputTokens(usage: Usage): number {
  return (usage.outputText ?? 0) + (usage.reasoning ?? 0) + (usage.outputAudio ?? 0)
}

/** Prompt tokens written to a provider's cache, whatever their lifetime. */
export function cacheWriteTokens(usage: Usage): number {
  return (usage.cacheWrite5m ?? 0) + (usage.cacheWrite1h ?? 0)
}
