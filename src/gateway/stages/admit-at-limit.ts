import { LimitRefusal } from '../../admission/limit-refusal.ts'
import { countedFor, type LimitRule } from '../../admission/limit-rule.ts'
import type { Ticket } from '../../admission/ticket.ts'
import type { OnLimitConfig } from '../../config/sections/on-limit.ts'
import { mayDowngrade, onCheaperModel, onLimitOf, waitInLine } from '../at-limit.ts'
import type { Routed } from '../stages.ts'

/** A call that was let in, and what with. */
export interface LetIn {
  /** As it came, or on a cheaper model. */
  readonly call: Routed
  readonly ticket: Ticket
}

/** How the limits are asked; `queueMs` is how long the call may wait there, and `waived` are limits that it need not meet. */
export type Enter = (
  call: Routed,
  more?: { readonly queueMs?: number; readonly waived?: ReadonlySet<LimitRule> },
) => Ticket | Promise<Ticket>

/** Who comes while others wait for the same goes to the end of the line; null when nobody waits for it, or this call does not wait. */
export function joinLine(call: Routed, enter: Enter): Promise<LetIn> | null {
  const { lines, limitsOf } = call.exchange.engine
  if (lines.size === 0) return null
  for (const rule of limitsOf(call.context.tenantId)) {
    const line = lineOf(call, rule)
    const refusal = line === null ? null : lines.refusalOf(line)
    if (refusal instanceof LimitRefusal && onLimitOf(call, rule.policy.onLimit).action === 'queue') {
      return atLimit(call, refusal, enter)
    }
  }
  return null
}

/** What becomes of a call that a limit refused. Rejects with that refusal when nothing helps. */
export async function atLimit(call: Routed, refused: unknown, enter: Enter): Promise<LetIn> {
  if (!(refused instanceof LimitRefusal)) throw refused
  const onLimit = onLimitOf(call, refused.onLimit)
  if (onLimit.action !== 'queue') return downgraded(call, refused, onLimit, enter)
  try {
    return { call, ticket: await waited(call, refused, onLimit, enter) }
  } catch (late) {
    if (call.exchange.signal.aborted) throw late
    return downgraded(call, late, onLimit, enter)
  }
}

function waited(call: Routed, refusal: LimitRefusal, { maxWaitMs }: OnLimitConfig, enter: Enter): Promise<Ticket> {
  return waitInLine(call, {
    line: lineOf(call, refusal.rule) ?? refusal.rule.id,
    mostMs: maxWaitMs,
    roomInMs: refusal.rule.rate ? (refusal.retryAfterMs ?? null) : null,
    refusal,
    enter: async (queueMs) => enter(call, { queueMs: Math.max(1, queueMs) }),
  })
}

/**
 * Lets the call in on a cheaper model. What it was refused by need not be met again, or it would be refused again; but the total, and places for running calls, are there
 * to protect the gateway itself: those are waived only where the limit says `downgrade` of its own.
 */
async function downgraded(call: Routed, refused: unknown, onLimit: OnLimitConfig, enter: Enter): Promise<LetIn> {
  if (!mayDowngrade(onLimit)) throw refused
  const reason = refused instanceof LimitRefusal ? `limit ${refused.rule.id}` : 'the line is full'
  const cheaper = onCheaperModel(call, onLimit.downgradeTo, reason)
  if (!cheaper) throw refused
  const waived = new Set<LimitRule>()
  let refusal: unknown = refused
  for (;;) {
    if (refusal instanceof LimitRefusal && isWaivable(refusal.rule)) waived.add(refusal.rule)
    try {
      return { call: cheaper, ticket: await enter(cheaper, { waived }) }
    } catch (error) {
      if (!(error instanceof LimitRefusal) || waived.has(error.rule) || !isWaivable(error.rule)) throw refused
      refusal = error
    }
  }
}

function isWaivable({ policy: { per, windowMs, onLimit }, byModel }: LimitRule): boolean {
  if (byModel) return false
  return onLimit.action === 'downgrade' || (windowMs !== null && per !== 'total')
}

/** What a call waits for at a limit: room for its own value of the limit's scope. Null when the limit does not apply to it. */
function lineOf({ context, principal, decision }: Routed, rule: LimitRule): string | null {
  const [{ logicalName, deployment }] = decision.candidates
  const value = countedFor(rule, { context, keyId: principal.keyId, task: decision.task, logicalName, deployment })
  return value === null ? null : `limit ${rule.id}\n${value}`
}
