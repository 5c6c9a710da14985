import { findRunaway, type RepeatableCall, type RunawayWatches } from '../admission/runaway.ts'
import type { Alert } from '../alerts/alert.ts'
import type { RunawayConfig } from '../config/sections/runaway.ts'
import type { Routed } from './stages.ts'

/** Looks at every call that comes for signs of a program that has lost its way; null while nobody asked for it. */
export type RunawayCheck = ((routed: Routed) => void) | null

/** Parts of a body that make the conversation, in any wire format. */
const CONVERSATION: ReadonlySet<string> = new Set(['messages', 'system'])

/** Makes the check of a configuration. It throws GatewayError `rate_limited`, or flags the call. */
export function runawayCheck(
  policy: RunawayConfig | null,
  watches: RunawayWatches,
  raise: (alert: Alert) => void,
): RunawayCheck {
  if (!policy) return null
  return (routed) => {
    const finding = findRunaway(repeatable(routed), policy, watches)
    if (!finding) return
    const { sign, refusal } = finding
    raise({ ...sign, kind: 'runaway', details: { ...sign.scope, action: policy.action } })
    if (refusal) throw refusal
    routed.exchange.flags.push('runaway')
  }
}

function repeatable({ context, principal, request, original }: Routed): RepeatableCall {
  const conversation = (): readonly (Buffer | string)[] => {
    if (!original) return [JSON.stringify(request.messages)]
    const parts = original.members.list.filter(({ key }) => CONVERSATION.has(key))
    return parts.map(({ valueStart, end }) => original.bytes.subarray(valueStart, end))
  }
  return { context, keyId: principal.keyId, model: request.model, conversation }
}
