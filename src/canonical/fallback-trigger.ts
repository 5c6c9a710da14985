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

/** What passes by itself, so that another deployment is asked unless the operator says otherwise. */
export const TRANSIENT_TRIGGERS: ReadonlySet<FallbackTrigger> = new Set([
  'timeout',
  'rate_limited',
  'server_error',
  'saturated',
  'invalid_output',
])
