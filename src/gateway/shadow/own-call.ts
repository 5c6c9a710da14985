/*
 * Calls that nobody asked for but the operator: copies of calls, and those that compare their answers. They are decided for the caller whose call they come from, so that
 * the caller's data stay where they belong, and paid and booked for a tenant of their own.
 */
import type { CallContext } from '../../access/context.ts'
import { IN_PROCESS } from '../../access/principal.ts'
import { killSwitchOn } from '../../admission/kill-switch-refusal.ts'
import type { KillSubject } from '../../admission/kill-switch-scope.ts'
import type { CanonicalRequest } from '../../canonical/request.ts'
import { SHADOW_TENANT } from '../../canonical/shadow-tenant.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { Decision } from '../../policy/decision.ts'
import type { RouteAsk } from '../../policy/route.ts'
import { type Exchange, openExchange } from '../exchange.ts'
import { promptSize } from '../prompt-size.ts'
import { reserve } from '../stages/reserve.ts'
import { reserveNow } from '../stages/reserve-now.ts'
import { type Checked, type Missed, passed, type Reserved } from '../stages.ts'

/** What is to be called. */
export interface OwnCall {
  readonly request: CanonicalRequest
  /** What its request is marked with. */
  readonly flags: readonly string[]
  /** What the books name it by. Default: as the call that it comes from. */
  readonly names?: Pick<CallContext, 'feature' | 'task'>
  /** The trace that it is part of. Default: one of its own. */
  readonly traceparent?: string | null
}

/** Such a call, opened: to be entered, or refused. */
export interface OpenedCall {
  readonly exchange: Exchange
  readonly context: CallContext
  readonly request: CanonicalRequest
}

/** Opens such a call, which ends with `signal`, and with a switch that is turned on. */
export function openOwnCall(usual: Checked, own: OwnCall, signal: AbortSignal): OpenedCall {
  const { request, flags, names, traceparent = null } = own
  const none = { userId: null, teamId: null, plan: null, runId: null }
  const context = { ...usual.context, ...none, ...names, tenantId: SHADOW_TENANT }
  const stop = new AbortController()
  const exchange = openExchange(usual.exchange.engine, {
    face: 'library',
    request,
    context: {},
    traceparent,
    signal: AbortSignal.any([signal, stop.signal]),
    dismiss: (why: GatewayError) => stop.abort(why),
  })
  exchange.requestedModel = request.model
  exchange.flags.push(...flags)
  exchange.authenticated(IN_PROCESS, context)
  return { exchange, context, request }
}

/** Holds what it may cost. Rejects with GatewayError `kill_switch_on` and those of budgets; nothing is held or booked then. */
export async function enterOwnCall(
  usual: Checked,
  { exchange, context, request }: OpenedCall,
  { ask, decision }: { readonly ask: RouteAsk; readonly decision: Decision },
): Promise<Reserved> {
  const { switches, clock, running } = exchange.engine
  const subject = { context, keyId: IN_PROCESS.keyId, task: decision.task }
  const board = switches.board()
  const stopped = board.ofCall(callerOf(usual), clock.now()) ?? board.ofCall(subject, clock.now())
  if (stopped) throw killSwitchOn(stopped)
  refuseDowngrade(exchange, subject, decision)
  exchange.decided(decision, promptSize(request, null))
  running.begin(exchange, subject)
  const missed = passed<Missed>({
    ...{ exchange, request, original: null, principal: IN_PROCESS, context, contextMetadata: [] },
    ...{ decision, ask, contentChanged: true },
  })
  try {
    return reserveNow(missed) ?? (await reserve(missed))
  } catch (refused) {
    running.end(exchange)
    throw refused
  }
}

/** Other calls would go to a cheaper model here. These are about one model, and can wait until there is money again. */
function refuseDowngrade({ engine }: Exchange, { context, keyId, task }: KillSubject, decision: Decision): void {
  const [target] = decision.candidates
  const past = engine.money.downgradeOf({ context, keyId, task, target })
  if (past) throw new GatewayError('budget_exceeded', `The budget ${past.budget} is past its downgrade_at.`)
}

/** The call that it comes from, as switches see it. */
function callerOf({ context, principal, decision }: Checked): KillSubject {
  return { context, keyId: principal.keyId, task: decision.task }
}
