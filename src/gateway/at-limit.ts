/*
 * What becomes of a call that a limit or a budget has no room for: it is refused, waits for room, or goes to a cheaper model. Its task says which; where
 * that says nothing, the limit does.
 */
import type { CallSubject } from '../access/context.ts'
import type { OnLimitConfig } from '../config/sections/on-limit.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import { downgrade } from '../policy/downgrade.ts'
import { jobFacts } from './jobs/job-facts.ts'
import type { Routed } from './stages.ts'

/** What to do with this call; `own` is the limit's word. */
export function onLimitOf({ exchange, decision }: Routed, own: OnLimitConfig): OnLimitConfig {
  const { task } = decision.rule
  const policy = (task === null ? null : exchange.engine.onLimitOf(task)) ?? own
  const { job } = exchange.call
  if (!job?.waitsForRoom || policy.action === 'downgrade') return policy
  return { ...policy, action: 'queue', maxWaitMs: job.leftMs }
}

/** Whether a call is to go to a cheaper model, at once or after it has waited. */
export function mayDowngrade({ action, afterwards }: OnLimitConfig): boolean {
  return action === 'downgrade' || (action === 'queue' && afterwards === 'downgrade')
}

/** A place in a line. */
export interface LineAsk<Place> {
  readonly line: string
  /** All in ms. */
  readonly mostMs: number
  /** When there will be room, where that is known; null where it is not. */
  readonly roomInMs: number | null
  readonly refusal: GatewayError
  readonly enter: (mostMs: number) => Promise<Place>
}

/** The call as budgets see it: by the task that it is run as. So limits count too. */
export function payingSubject({ context, principal: { keyId }, decision: { task } }: Routed): CallSubject {
  return { context, keyId, task }
}

/** How long a call may wait that would wait for so long: not beyond the deadline of its task, or of the job that it is. */
export function timeLeft({ exchange, decision }: Routed, mostMs: number): number {
  const { job } = exchange.call
  if (job?.isPatient) return Math.min(mostMs, job.leftMs)
  if (decision.deadlineMs === null) return mostMs
  const leftMs = exchange.started + decision.deadlineMs - exchange.engine.clock.monotonic()
  return Math.max(0, Math.min(mostMs, leftMs))
}

/** Waits in a line, but not beyond the deadline of the task; a call that may become a job becomes one here. Rejects as `OverflowLines.wait` does. */
export async function waitInLine<Place>(call: Routed, ask: LineAsk<Place>): Promise<Place> {
  const { exchange, context } = call
  const { engine, signal } = exchange
  await exchange.call.job?.waits(jobFacts(call), ask)
  const waiting = { ...ask, mostMs: timeLeft(call, ask.mostMs), tenantId: context.tenantId, signal }
  return exchange.trace.span('wait in line', 'gateway', () => engine.lines.wait(waiting))
}

/** The same call on a cheaper model; null when there is none that it may go to. Nothing is noted before it gets in there: see `Exchange.downgraded`. */
export function onCheaperModel<Call extends Routed>(call: Call, to: string | null, reason: string): Call | null {
  const decision = downgrade(call.decision, call.ask, { to, reason }, call.exchange.engine.policy)
  return decision && { ...call, decision }
}
