import { killSwitchOn } from '../../admission/kill-switch-refusal.ts'
import type { CanonicalRequest } from '../../canonical/request.ts'
import { AttemptFailure } from '../../execution/attempt-failure.ts'
import type { Inbound } from '../../execution/encode-attempt.ts'
import { execute } from '../../execution/execute.ts'
import type { ExecuteAsk, PassReason, Target } from '../../execution/execute-ask.ts'
import type { FailureHandling } from '../../execution/failure-handling.ts'
import type { Meter } from '../../execution/meter.ts'
import type { AttemptRecord, RunningAttempt } from '../../execution/running-attempt.ts'
import { jsonAnswerCheck } from '../../guards/output/json-answer.ts'
import type { LeaveSignal } from '../../lib/leave-signal.ts'
import type { Deployment } from '../../providers/deployment.ts'
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

function dialectHeaders({ headers }: WireCall): Readonly<Record<string, string>> {
  let kept: Record<string, string> | null = null
  for (const name of DIALECT_HEADERS) {
    const value = headers[name]
    if (value === undefined) continue
    kept ??= {}
    kept[name] = value
  }
  return kept ?? NO_HEADERS
}

const NO_HEADERS: Readonly<Record<string, string>> = {}

/** What came in, for as far as it may go out again unchanged. */
export function inboundOf({ exchange, decision, original, contextMetadata }: Routed, contentChanged = false): Inbound {
  return {
    dialect: exchange.call.face === 'wire' ? exchange.call.dialect : null,
    original: contentChanged ? null : original,
    body: original?.body ?? null,
    headers: exchange.call.face === 'wire' ? dialectHeaders(exchange.call) : NO_HEADERS,
    remove: OWN_FIELDS,
    removeMetadata: contextMetadata,
    parametersChanged: decision.parametersChanged,
  }
}

/** What execution is asked to do for a call. */
export function executeAskOf(reserved: Reserved): ExecuteAsk {
  return new CallAsk(reserved)
}

/** One object with all that is asked: a call makes no closures for what nearly none needs. */
class CallAsk implements ExecuteAsk {
  readonly targets: ExecuteAsk['targets']
  readonly firstChoice: Deployment
  readonly escalation: ExecuteAsk['escalation']
  readonly request: CanonicalRequest
  readonly inbound: Inbound
  readonly promptCacheKey: string | undefined
  readonly deadlineAt: number | null
  readonly signal: LeaveSignal
  readonly tenantId: string
  readonly handling: FailureHandling
  readonly holdStreams: boolean
  readonly takeRemains: boolean
  readonly check: ExecuteAsk['check']
  readonly hedgeIsPaid: ExecuteAsk['hedgeIsPaid']
  readonly #reserved: Reserved

  constructor(reserved: Reserved) {
    const { exchange, context, decision, request, contentChanged, promptCacheKey } = reserved
    const handling = exchange.engine.handlingOf(decision.rule.task, context.risk)
    this.targets = decision.candidates
    this.firstChoice = decision.firstChoice.deployment
    this.escalation = decision.escalation
    this.request = request
    this.inbound = inboundOf(reserved, contentChanged)
    this.promptCacheKey = promptCacheKey
    this.deadlineAt = decision.deadlineMs === null ? null : exchange.started + decision.deadlineMs
    this.signal = exchange.signal
    this.tenantId = context.tenantId
    this.handling = handling
    this.holdStreams = decision.delivery === 'whole'
    this.takeRemains = decision.partial === 'return'
    this.check = decision.checksAnswer && request.responseFormat ? jsonAnswerCheck(request.responseFormat) : undefined
    this.hedgeIsPaid = handling.hedge === null ? undefined : holdForSecond(reserved, handling)
    this.#reserved = reserved
  }

  onDispatch(running: RunningAttempt, target: Target): void {
    const reserved = this.#reserved
    const { exchange, decision } = reserved
    refuseDeploymentOff(reserved, target)
    if (running.isHedge) exchange.engine.running.servingBeside(exchange, target)
    else exchange.engine.running.serving(exchange, target)
    exchange.dispatched(running, boundOf(decision, target), firstHoldOf(reserved, target))
  }

  affordable(target: Target): boolean | Promise<boolean> {
    return isAffordable(this.#reserved, target)
  }

  meter(running: RunningAttempt, target: Target): Meter | null {
    return meterOf(this.#reserved, running, target, this.handling.hedge !== null)
  }

  gather(): Promise<void> | null {
    const { exchange } = this.#reserved
    return exchange.engine.gathering.join(exchange)
  }

  onFailed(record: AttemptRecord): void {
    this.#reserved.exchange.attemptClosed(record)
  }

  onPassedOver({ deployment }: Target, reason: PassReason, detail: string): void {
    this.#reserved.exchange.passedOver(deployment, reason, detail)
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
    const at = engine.clock.monotonic()
    exchange.answeredBy(executed, at)
    if (ask.hedgeIsPaid) engine.running.serving(exchange, executed.target)
    if (executed.isBroken) exchange.flags.push('incomplete')
    exchange.trace.close(span, 'ok', undefined, at)
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
