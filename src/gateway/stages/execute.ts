import { killSwitchOn } from '../../admission/kill-switch-refusal.ts'
import { AttemptFailure } from '../../execution/attempt-failure.ts'
import type { Inbound } from '../../execution/encode-attempt.ts'
import { execute } from '../../execution/execute.ts'
import type { ExecuteAsk, Target } from '../../execution/execute-ask.ts'
import { jsonAnswerCheck } from '../../guards/output/json-answer.ts'
import { boundOf } from '../bound-of.ts'
import type { Exchange } from '../exchange.ts'
import { holdForSecond } from '../hedging.ts'
import type { WireCall } from '../inbound-call.ts'
import { firstHoldOf, isAffordable, meterOf } from '../metering.ts'
import type { Answered, Reserved, Routed } from '../stages.ts'
import { earlyHeaders } from './reply-headers.ts'

/** Top-level body fields that are Headgate's own and never travel on. */
const OWN_FIELDS = ['documents']

/** Headers that choose a version or a feature of a wire format; everything else a caller sends stays here. */
export const DIALECT_HEADERS: readonly string[] = ['anthropic-version', 'anthropic-beta', 'openai-beta']

function dialectHeaders({ headers }: WireCall): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const name of DIALECT_HEADERS) {
    const value = headers[name]
    if (value !== undefined) kept[name] = value
  }
  return kept
}

/** What came in, for as far as it may go out again unchanged. */
export function inboundOf({ exchange, decision, original, contextMetadata }: Routed, contentChanged = false): Inbound {
  return {
    dialect: exchange.call.face === 'wire' ? exchange.call.dialect : null,
    original: contentChanged ? null : original,
    body: original?.body ?? null,
    headers: exchange.call.face === 'wire' ? dialectHeaders(exchange.call) : {},
    remove: OWN_FIELDS,
    removeMetadata: contextMetadata,
    parametersChanged: decision.parametersChanged,
  }
}

/** What execution is asked to do for a call. */
export function executeAskOf(reserved: Reserved): ExecuteAsk {
  const { exchange, context, decision, request, contentChanged, promptCacheKey } = reserved
  const { engine } = exchange
  const handling = engine.handlingOf(decision.rule.task, context.risk)
  const isHedged = handling.hedge !== null
  return {
    targets: decision.candidates,
    firstChoice: decision.firstChoice.deployment,
    escalation: decision.escalation,
    request,
    inbound: inboundOf(reserved, contentChanged),
    promptCacheKey,
    deadlineAt: decision.deadlineMs === null ? null : exchange.started + decision.deadlineMs,
    signal: exchange.signal,
    tenantId: context.tenantId,
    handling,
    holdStreams: decision.delivery === 'whole',
    takeRemains: decision.partial === 'return',
    ...(decision.checksAnswer && request.responseFormat ? { check: jsonAnswerCheck(request.responseFormat) } : {}),
    onDispatch: (running, target) => {
      refuseDeploymentOff(reserved, target)
      if (running.isHedge) engine.running.servingBeside(exchange, target)
      else engine.running.serving(exchange, target)
      exchange.dispatched(running, boundOf(decision, target), firstHoldOf(reserved, target))
    },
    affordable: (target) => isAffordable(reserved, target),
    ...(isHedged ? { hedgeIsPaid: holdForSecond(reserved, handling) } : {}),
    meter: (running, target) => meterOf(reserved, running, target, isHedged),
    onFailed: (record) => exchange.attemptClosed(record),
    onPassedOver: ({ deployment }, reason, detail) => exchange.passedOver(deployment, reason, detail),
  }
}

/** Runs the attempts: gives the deployment that has begun to answer, or rejects with the last failure. */
export async function executeCall(reserved: Reserved): Promise<Answered> {
  const { exchange } = reserved
  const { engine } = exchange
  const ask = executeAskOf(reserved)
  const span = exchange.trace.open('execute', 'llm')
  if (exchange.stream) awaitStream(exchange)
  try {
    const executed = await execute(ask, engine.transport, engine.clock, engine.resilience)
    exchange.answeredBy(executed)
    if (ask.hedgeIsPaid) engine.running.serving(exchange, executed.target)
    if (executed.isBroken) exchange.flags.push('incomplete')
    exchange.trace.close(span, 'ok')
    return { ...reserved, executed }
  } catch (error) {
    exchange.trace.close(span, 'error')
    throw error
  }
}

/** From here on only the attempts decide what becomes of the call, and they may take long. Who was told that the answer comes later waits for no stream. */
function awaitStream(exchange: Exchange): void {
  const { call } = exchange
  if (call.face === 'wire' && call.line && !call.job?.isDetached) call.line.awaits(exchange, earlyHeaders)
}

/** A deployment may have been switched off since the route was decided: the next one has its turn then. */
function refuseDeploymentOff({ exchange, context, principal, decision }: Reserved, target: Target): void {
  const { switches, clock } = exchange.engine
  const board = switches.board()
  if (!board.hasTargets) return
  const subject = { context, keyId: principal.keyId, task: decision.task }
  const stopped = board.ofTarget(subject, target, clock.now())
  if (stopped) throw new AttemptFailure('kill_switch_on', killSwitchOn(stopped), false)
}
