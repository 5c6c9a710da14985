/*
 * The one table of reasons for which a deployment does not serve a call: codes for programs, held against docs/reference/skip-reasons.md by a test. A code never
 * changes its meaning.
 */

/** Why a deployment was passed over, and when that is found out: before the call (`route`), at a limit or budget (`limit`), or when its turn came (`turn`). */
export const SKIP_REASONS = {
  outside_region: 'route',
  not_private: 'route',
  model_not_allowed: 'route',
  kill_switch_on: 'route',
  capability_missing: 'route',
  prompt_too_long: 'route',
  price_unknown: 'route',
  over_cost_ceiling: 'route',
  over_latency_ceiling: 'route',
  downgraded: 'limit',
  over_model_budget: 'limit',
  circuit_open: 'turn',
  saturated: 'turn',
  downgrade_not_allowed: 'turn',
} as const satisfies Readonly<Record<string, 'route' | 'limit' | 'turn'>>

/** Why a deployment was passed over. */
export type SkipReason = keyof typeof SKIP_REASONS
