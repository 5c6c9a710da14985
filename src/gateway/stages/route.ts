import { killReason } from '../../admission/kill-switch-refusal.ts'
import { needsOf } from '../../canonical/capability.ts'
import { decide, type RouteAsk } from '../../policy/route.ts'
import { askedCall } from '../asked-call.ts'
import { AskedSignals, asksForJson } from '../call-signals.ts'
import { priceAsks } from '../price-asks.ts'
import { promptSize } from '../prompt-size.ts'
import type { Authenticated, Routed } from '../stages.ts'

/** Decides which deployments may serve the call, in which order, under which caps. Throws the 400, 403 and 404 of the policy room. */
export function route(authenticated: Authenticated): Routed {
  const { exchange, request, context, principal, original } = authenticated
  const inboundDialect = exchange.call.face === 'wire' ? exchange.call.dialect : null
  const { temperature, topP, choices, reasoning } = request
  // Vectors are not output: they are paid by the prompt alone.
  const maxOutputTokens = request.embedding ? 0 : request.maxOutputTokens
  const span = exchange.trace.open('route', 'gateway')
  const tokens = exchange.call.supposed?.inputTokens
  const size = promptSize(request, original?.bytes ?? null)
  const prompt = tokens === undefined ? size : { ...size, tokens }
  const ask: RouteAsk = {
    model: request.model,
    context,
    traceId: exchange.traceId,
    keyAllowedModels: principal.allowedModels,
    prompt,
    inboundDialect,
    needs: needsOf(request),
    streams: request.stream,
    maxOutputTokens,
    requiresJson: asksForJson(request),
    temperature,
    topP,
    choices,
    reasoningTokens: reasoning?.budgetTokens,
    signals: exchange.engine.policy.asksForSignals ? new AskedSignals(authenticated) : undefined,
    switchedOff: switchedOff(authenticated),
    asks: priceAsks(request, inboundDialect),
  }
  exchange.asked = askedCall(authenticated, ask)
  const decision = decide(ask, exchange.engine.policy)
  exchange.decided(decision, prompt)
  exchange.trace.close(span, 'ok')
  const set = decision.parametersChanged ? { ...request, ...decision.parameters } : request
  const { contextMetadata, judged } = authenticated
  return { exchange, request: set, original, principal, context, contextMetadata, judged, decision, ask }
}

/** Which deployments an operator has switched off for this call; nothing is asked while no model or provider is. */
export function switchedOff({ exchange, context, principal }: Authenticated): RouteAsk['switchedOff'] {
  const { switches, clock } = exchange.engine
  const board = switches.board()
  if (!board.hasTargets) return undefined
  const subject = { context, keyId: principal.keyId, task: context.task }
  return (step) => {
    const row = board.ofTarget(subject, step, clock.now())
    return row && killReason(row)
  }
}
