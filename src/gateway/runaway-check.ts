import { findRunaway, type RepeatableCall, type RunawayWatches } from '../admission/runaway.ts'
import type { Alert } from '../alerts/alert.ts'
import type { RunawayConfig } from '../config/sections/runaway.ts'

/**
 * Looks at every call that comes for signs of a program that has lost its way; null while nobody asked for it. Gives the flag for a call that may run all the
 * same, null for one without signs; throws GatewayError `rate_limited`. With `notes` false the call is not counted, and nobody is told of it.
 */
export type RunawayCheck = ((call: RepeatableCall, notes?: boolean) => string | null) | null

/** Makes the check of a configuration. */
export function runawayCheck(
  policy: RunawayConfig | null,
  watches: RunawayWatches,
  raise: (alert: Alert) => void,
): RunawayCheck {
  if (!policy) return null
  return (call, notes = true) => {
    const finding = findRunaway(call, policy, watches, notes)
    if (!finding) return null
    const { sign, refusal } = finding
    if (notes) raise({ ...sign, kind: 'runaway', details: { ...sign.scope, action: policy.action } })
    if (refusal) throw refusal
    return 'runaway'
  }
}
