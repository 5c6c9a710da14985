import type { EnterAsk } from '../../admission/admission.ts'
import { killSwitchOn } from '../../admission/kill-switch-refusal.ts'
import type { KillSubject } from '../../admission/kill-switch-scope.ts'
import type { LimitRule } from '../../admission/limit-rule.ts'
import { refuseLowPriority } from '../../admission/overload-refusal.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { type Admitted, passed, type Routed } from '../stages.ts'
import { atLimit, type Enter, joinLine, type LetIn } from './admit-at-limit.ts'
import { repeatableCall } from './repeatable-call.ts'

/**
 * Lets the call in, or not: an operator may have switched off what it is in, a gateway that is shutting down finishes what it has and takes
 * nothing new, the caller may have lost its way, and a limit on rates or running calls may be in the way, where the call may wait or go to a cheaper
 * model. From here on a switch that is turned on ends it. It answers at once where the counts are in this process.
 */
export function admit(routed: Routed): Admitted | Promise<Admitted> {
  const { exchange, context } = routed
  const { engine } = exchange
  if (engine.draining()) {
    throw new GatewayError('no_deployment_available', 'This gateway is shutting down; send the call to another one.', {
      retryAfterSeconds: 1,
    })
  }
  // What was accepted once is not refused for being many.
  if (!exchange.call.job?.waitsForRoom) refuseLowPriority(engine.load, context.priority)
  const subject = refuseSwitchedOff(routed)
  const flag = exchange.call.job?.isCounted ? null : engine.runaway?.(repeatableCall(routed))
  if (flag) exchange.flags.push(flag)
  engine.running.begin(exchange, subject)
  const inLine = joinLine(routed, enter)
  if (inLine) return inLine.then(letIn)
  try {
    const ticket = enter(routed)
    if (!(ticket instanceof Promise)) return letIn({ call: routed, ticket })
    const entered = ticket.then(
      (taken) => ({ call: routed, ticket: taken }),
      (refused: unknown) => atLimit(routed, refused, enter),
    )
    return entered.then(letIn)
  } catch (refused) {
    return atLimit(routed, refused, enter).then(letIn)
  }
}

/** Throws GatewayError `kill_switch_on` when an operator has switched off what the call is in; gives the call as switches see it. */
export function refuseSwitchedOff({ exchange, context, principal, decision }: Routed): KillSubject {
  const { switches, clock } = exchange.engine
  const subject = { context, keyId: principal.keyId, task: decision.task }
  const board = switches.board()
  const stopped = board.switches.length > 0 ? board.ofCall(subject, clock.now()) : null
  if (stopped) throw killSwitchOn(stopped)
  return subject
}

const enter: Enter = (call, more) => call.exchange.engine.admission.enter(enterAskOf(call, more?.waived, more?.queueMs))

/** What the limits are asked for a call; `waived` are those that it need not meet, `queueMs` how long it may wait. */
export function enterAskOf(
  { exchange, decision, context, principal }: Routed,
  waived?: ReadonlySet<LimitRule>,
  queueMs = 0,
): EnterAsk {
  const { engine, signal } = exchange
  const { candidates, estimate, answers, task } = decision
  const { logicalName, deployment } = candidates[0]
  const expected = engine.money.answers.expected(deployment, task) * answers
  const tokens = estimate.inputTokens + Math.min(estimate.outputTokens, expected)
  const all = engine.limitsOf(context.tenantId)
  const counted = exchange.call.job?.isCounted ?? false
  const rules = waived || counted ? all.filter((rule) => !waived?.has(rule) && !(counted && rule.rate)) : all
  return { context, keyId: principal.keyId, task, logicalName, deployment, rules, tokens, signal, queueMs }
}

function letIn({ call, ticket }: LetIn): Admitted {
  const { exchange, decision } = call
  if (decision.downgraded) exchange.downgraded(decision)
  exchange.admitted(ticket)
  return passed<Admitted>(call)
}
