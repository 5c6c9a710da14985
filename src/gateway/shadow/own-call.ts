/*
 * Calls that nobody asked for but the operator: copies of calls, and those that compare them. They are decided for the caller whose call they come from, so that the
 * caller's data stay where they belong, and paid and booked for a tenant of their own.
 */
import { IN_PROCESS } from '../../access/principal.ts'
import { killSwitchOn } from '../../admission/kill-switch-refusal.ts'
import type { KillSubject } from '../../admission/kill-switch-scope.ts'
import type { CanonicalRequest } from '../../canonical/request.ts'
import { SHADOW_TENANT } from '../../canonical/shadow-tenant.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import type { Decision } from '../../policy/decision.ts'
import type { RouteAsk } from '../../policy/route.ts'
import { openExchange } from '../exchange.ts'
import { promptSize } from '../prompt-size.ts'
import type { Checked, Missed } from '../stages.ts'

/** What is to be called. */
export interface OwnCall {
  readonly request: CanonicalRequest
  readonly ask: RouteAsk
  readonly decision: Decision
  /** What the books name it by. Default: as the call that it comes from. */
  readonly feature?: string
  /** What its request is marked with. */
  readonly flags: readonly string[]
}

/** Opens such a call, which ends with `signal`, and with a switch that is turned on. Throws GatewayError `kill_switch_on`; nothing is open then. */
export function openOwnCall(
  usual: Checked,
  { request, ask, decision, flags, feature }: OwnCall,
  signal: AbortSignal,
): Missed {
  const { engine } = usual.exchange
  const none = { userId: null, teamId: null, plan: null, runId: null }
  const context = { ...usual.context, ...none, tenantId: SHADOW_TENANT, feature: feature ?? usual.context.feature }
  const subject = { context, keyId: IN_PROCESS.keyId, task: decision.task }
  const board = engine.switches.board()
  const stopped = board.ofCall(callerOf(usual), engine.clock.now()) ?? board.ofCall(subject, engine.clock.now())
  if (stopped) throw killSwitchOn(stopped)
  const stop = new AbortController()
  const exchange = openExchange(engine, {
    face: 'library',
    request,
    context: {},
    traceparent: null,
    signal: AbortSignal.any([signal, stop.signal]),
    dismiss: (why: GatewayError) => stop.abort(why),
  })
  exchange.requestedModel = request.model
  exchange.flags.push(...flags)
  exchange.authenticated(IN_PROCESS, context)
  exchange.decided(decision, promptSize(request, null))
  engine.running.begin(exchange, subject)
  return {
    ...{ exchange, request, original: null, principal: IN_PROCESS, context, contextMetadata: [] },
    ...{ decision, ask, admitted: true, contentChanged: true, promptCacheKey: undefined },
  }
}

/** The call that it comes from, as switches see it. */
function callerOf({ context, principal, decision }: Checked): KillSubject {
  return { context, keyId: principal.keyId, task: decision.task }
}
