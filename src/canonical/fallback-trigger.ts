/** What a task may leave a deployment for, in the words of its `fallback_policy`. */
export const FALLBACK_TRIGGERS = [
  'timeout',
  'rate_limited',
  'server_error',
  'saturated',
  'context_length',
  'invalid_output',
  'content_filter',
] as const

/** See FALLBACK_TRIGGERS. */
export type FallbackTrigger = (typeof FALLBACK_TRIGGERS)[number]

/** What another deployment may do better, so that it is asked unless the operator says otherwise: what passes by itself, and a window that is too small. */
export const DEFAULT_TRIGGERS: ReadonlySet<FallbackTrigger> = new Set([
  'timeout',
  'rate_limited',
  'server_error',
  'saturated',
  'context_length',
  'invalid_output',
])
