import type { Attributes } from '../tracing/span.ts'

/** What is known of a call whose first choice did not serve. */
export interface FallenBack {
  readonly fallbackReason: string | null
  readonly route: string | null
  readonly flags: readonly string[]
  /** With the attempts that failed before. */
  readonly costUsd: number
}

/** What the whole of a trace says of a fallback; the attempts before it are spans of their own. Undefined when there was none. */
export function fallbackFacts(call: FallenBack): Attributes | undefined {
  if (call.fallbackReason === null) return undefined
  const { fallbackReason, route, flags, costUsd } = call
  return {
    'headgate.fallback.reason': fallbackReason,
    'headgate.fallback.route': route ?? undefined,
    'headgate.fallback.downgraded': flags.includes('downgraded'),
    'headgate.fallback.cost_usd': costUsd,
  }
}
